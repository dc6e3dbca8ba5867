// The lists of an XMP packet in which programs keep keywords and people. Only this folder includes this header.
//
// A keyword with levels is "Events|party" in PhotoFacts, whatever the separator of the list. Programs write its last
// level to dc:subject, too: such a word is no keyword of its own.
#pragma once

#include <exiv2/exiv2.hpp>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace calotype {

// The first level of the labels that the models found. They are never read as keywords.
inline constexpr std::string_view kLabelRoot = "Calotype";

// The URI behind the prefix "calotype". Its only property, Written, records what Calotype added to a sidecar and is no
// keyword of the user: "dc:subject=Ada", "lr:hierarchicalSubject=People|Ada", "mwg-rs:Name=Ada".
inline constexpr const char* kCalotypeNamespace = "urn:calotype:xmp:1#";

struct XmpLists {
  std::vector<std::string> subject;    // dc:subject
  std::vector<std::string> lightroom;  // lr:hierarchicalSubject, levels separated by "|"
  std::vector<std::string> digikam;    // digiKam:TagsList, levels separated by "/"
  std::vector<std::string> people;     // Iptc4xmpExt:PersonInImage
  std::set<std::string> written;       // calotype:Written
};

XmpLists ReadLists(const Exiv2::XmpData& xmp);

// Writes the lists in which `after` differs from `before`. Returns one line for each added ("+ dc:subject "Ada"") and
// removed entry.
std::vector<std::string> WriteLists(const XmpLists& before, const XmpLists& after, Exiv2::XmpData& xmp);

// Adds the keyword once, cleaned. More keywords than any photo has are dropped, so that hostile files do not fill the
// catalogue.
void AddKeyword(std::string_view text, std::vector<std::string>& keywords);

// The keywords of the user: without labels, and without the names that Calotype wrote.
std::vector<std::string> KeywordsOf(const XmpLists& lists);

// Makes KeywordsOf() include the keywords; with those that it includes already, nothing changes.
void AddKeywords(const std::vector<std::string>& keywords, XmpLists& lists);

// Removes the words where they are keywords without levels.
void RemoveWords(const std::vector<std::string>& words, XmpLists& lists);

// Adds the name of a person to all four lists; in those with levels below "People", unless it is there at the top.
void AddPerson(const std::string& name, XmpLists& lists);

// The same in keywords as in PhotoFacts.
std::string RenamedKeyword(const std::string& keyword, const std::string& old_name, const std::string& name);

// Replaces the name of a person. Keywords that end in the name but do not start with "People" stay.
void RenamePerson(const std::string& old_name, const std::string& name, XmpLists& lists);

// Replaces everything below kLabelRoot with these labels ("object|dog"). KeywordsOf() does not change.
void SetLabels(const std::vector<std::string>& labels, XmpLists& lists);

// Adds the keywords to TagsList, if there is one: digiKam reads no other list then.
void CompleteTagsList(XmpLists& lists);

// The record that Calotype gave this name to a region.
std::string RegionRecord(std::string_view name);

}  // namespace calotype
