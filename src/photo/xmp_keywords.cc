#include "photo/xmp_keywords.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <tuple>
#include <utility>

#include "base/text.h"
#include "photo/facts_text.h"

namespace calotype {
namespace {

using Words = std::vector<std::string>;

constexpr std::size_t kMaxKeywords = 1000;
constexpr const char* kWritten = "Xmp.calotype.Written";
constexpr std::string_view kPeople = "people";  // in any case

struct List {
  Words XmpLists::* entries;
  const char* key;
  std::string_view name;
  char separator;  // '\0': no levels
  Exiv2::TypeId type;
};
constexpr List kSubject = {&XmpLists::subject, "Xmp.dc.subject", "dc:subject", '\0', Exiv2::xmpBag};
constexpr List kLightroom = {&XmpLists::lightroom, "Xmp.lr.hierarchicalSubject", "lr:hierarchicalSubject", '|',
                             Exiv2::xmpBag};
constexpr List kDigikam = {&XmpLists::digikam, "Xmp.digiKam.TagsList", "digiKam:TagsList", '/', Exiv2::xmpSeq};
constexpr List kPersons = {&XmpLists::people, "Xmp.iptcExt.PersonInImage", "Iptc4xmpExt:PersonInImage", '\0',
                           Exiv2::xmpBag};
constexpr std::array kLists = {kSubject, kLightroom, kDigikam, kPersons};
constexpr std::array kWithLevels = {kLightroom, kDigikam};

bool Has(const Words& words, std::string_view word) { return std::ranges::find(words, word) != words.end(); }

void AddOnce(const std::string& word, Words& words) {
  if (!Has(words, word)) {
    words.push_back(word);
  }
}

Words EntriesOf(const Exiv2::XmpData& xmp, const char* key) {
  Words entries;
  const auto found = xmp.findKey(Exiv2::XmpKey(key));
  const std::size_t count = found == xmp.end() ? 0 : static_cast<std::size_t>(found->count());
  for (std::size_t i = 0; i < count; ++i) {
    entries.push_back(found->toString(static_cast<long>(i)));  // NOLINT(google-runtime-int): exiv2's type
  }
  return entries;
}

void SetEntries(const Words& entries, const char* key, Exiv2::TypeId type, Exiv2::XmpData& xmp) {
  if (const auto found = xmp.findKey(Exiv2::XmpKey(key)); found != xmp.end()) {
    const Exiv2::TypeId known = found->typeId();
    type = known == Exiv2::xmpBag || known == Exiv2::xmpSeq || known == Exiv2::xmpAlt ? known : type;
    xmp.erase(found);
  }
  const auto value = Exiv2::Value::create(type);
  for (const std::string& entry : entries) {
    value->read(entry);
  }
  if (!entries.empty()) {
    xmp.add(Exiv2::XmpKey(key), value.get());
  }
}

Words Levels(std::string_view entry, char separator) {
  Words levels;
  while (!entry.empty()) {
    const std::size_t end = separator == '\0' ? entry.size() : std::min(entry.find(separator), entry.size());
    if (std::string level = CleanText(entry.substr(0, end)); !level.empty()) {
      levels.push_back(std::move(level));
    }
    entry.remove_prefix(std::min(end + 1, entry.size()));
  }
  return levels;
}

std::string Joined(const Words& levels, char separator) {
  return fmt::format("{}", fmt::join(levels, std::string_view(&separator, 1)));
}

std::string Record(const List& list, std::string_view entry) { return fmt::format("{}={}", list.name, entry); }

bool IsLabel(const Words& levels) { return levels.size() > 1 && levels.front() == kLabelRoot; }

bool IsPerson(const Words& levels, const std::string& name) {
  return !levels.empty() && levels.back() == name && (levels.size() == 1 || ToLowerAscii(levels.front()) == kPeople);
}

// Adds the entry with these levels, recorded as ours. A list cannot hold a level with its separator.
void AddWritten(const List& list, const Words& levels, XmpLists& lists) {
  const bool fits = std::ranges::none_of(
      levels, [&](const std::string& level) { return level.find(list.separator) != std::string::npos; });
  std::string entry = Joined(levels, list.separator);
  if (fits && !Has(lists.*list.entries, entry)) {
    lists.written.insert(Record(list, entry));
    (lists.*list.entries).push_back(std::move(entry));
  }
}

// A word of dc:subject that became the last level of something else is a keyword again as an entry of its own.
void KeepKeywords(const Words& keywords, XmpLists& lists) {
  const Words now = KeywordsOf(lists);
  for (const std::string& keyword : keywords) {
    if (!Has(now, keyword)) {
      AddOnce(keyword, lists.lightroom);
    }
  }
}

}  // namespace

XmpLists ReadLists(const Exiv2::XmpData& xmp) {
  XmpLists lists;
  for (const List& list : kLists) {
    lists.*list.entries = EntriesOf(xmp, list.key);
  }
  const Words written = EntriesOf(xmp, kWritten);
  lists.written.insert(written.begin(), written.end());
  return lists;
}

std::vector<std::string> WriteLists(const XmpLists& before, const XmpLists& after, Exiv2::XmpData& xmp) {
  std::vector<std::string> changes;
  for (const List& list : kLists) {
    const Words& old = before.*list.entries;
    const Words& now = after.*list.entries;
    if (old == now) {
      continue;
    }
    for (const auto& [sign, from, to] : {std::tuple('-', &old, &now), std::tuple('+', &now, &old)}) {
      for (const std::string& entry : *from) {
        if (!Has(*to, entry)) {
          changes.push_back(fmt::format("{} {} \"{}\"", sign, list.name, entry));
        }
      }
    }
    SetEntries(now, list.key, list.type, xmp);
  }
  if (before.written != after.written) {
    SetEntries(Words(after.written.begin(), after.written.end()), kWritten, Exiv2::xmpBag, xmp);
  }
  return changes;
}

void AddKeyword(std::string_view text, std::vector<std::string>& keywords) {
  std::string word = CleanText(text);
  if (!word.empty() && keywords.size() < kMaxKeywords) {
    AddOnce(word, keywords);
  }
}

std::vector<std::string> KeywordsOf(const XmpLists& lists) {
  Words with_levels;
  std::set<std::string> parts;
  for (const List& list : kWithLevels) {
    for (const std::string& entry : lists.*list.entries) {
      const Words levels = Levels(entry, list.separator);
      if (lists.written.contains(Record(list, entry))) {
        continue;
      }
      if (IsLabel(levels)) {
        parts.insert(levels.back());
        continue;
      }
      parts.insert(levels.begin(), levels.end());
      AddKeyword(Joined(levels, '|'), with_levels);
    }
  }
  Words keywords;
  for (const std::string& word : lists.subject) {
    const std::string clean = Joined(Levels(word, '|'), '|');
    if (!parts.contains(clean) && !lists.written.contains(Record(kSubject, word))) {
      AddKeyword(clean, keywords);
    }
  }
  for (const std::string& keyword : with_levels) {
    AddKeyword(keyword, keywords);
  }
  return keywords;
}

void AddKeywords(const std::vector<std::string>& keywords, XmpLists& lists) {
  Words known = KeywordsOf(lists);
  for (const std::string& keyword : keywords) {
    const Words levels = Levels(keyword, '|');
    if (Has(known, keyword) || levels.empty()) {
      continue;
    }
    known.push_back(keyword);
    AddOnce(levels.back(), lists.subject);
    if (levels.size() > 1) {
      AddOnce(keyword, lists.lightroom);
      AddWritten(kDigikam, levels, lists);
    } else if (!lists.digikam.empty()) {
      AddWritten(kDigikam, levels, lists);
    }
  }
  KeepKeywords(known, lists);
}

void RemoveWords(const std::vector<std::string>& words, XmpLists& lists) {
  const Words keywords = KeywordsOf(lists);  // a word that is the last level of another keyword stays
  for (const List& list : {kSubject, kLightroom, kDigikam}) {
    std::erase_if(lists.*list.entries, [&](const std::string& entry) {
      const std::string word = CleanText(entry);
      const bool unwanted = Has(words, word) && Has(keywords, word);
      if (unwanted) {
        lists.written.erase(Record(list, entry));
      }
      return unwanted;
    });
  }
}

void AddPerson(const std::string& name, XmpLists& lists) {
  if (!Has(lists.subject, name)) {
    AddWritten(kSubject, {name}, lists);
  }
  for (const List& list : kWithLevels) {
    const bool known = std::ranges::any_of(
        lists.*list.entries, [&](const std::string& entry) { return IsPerson(Levels(entry, list.separator), name); });
    if (!known) {
      AddWritten(list, {"People", name}, lists);
    }
  }
  AddOnce(name, lists.people);
}

std::string RenamedKeyword(const std::string& keyword, const std::string& old_name, const std::string& name) {
  Words levels = Levels(keyword, '|');
  if (!IsPerson(levels, old_name)) {
    return keyword;
  }
  levels.back() = name;
  return Joined(levels, '|');
}

void RenamePerson(const std::string& old_name, const std::string& name, XmpLists& lists) {
  for (const List& list : kLists) {
    const Words before = std::exchange(lists.*list.entries, {});
    Words& now = lists.*list.entries;
    for (const std::string& entry : before) {
      Words levels = Levels(entry, list.separator);
      if (!IsPerson(levels, old_name)) {
        now.push_back(entry);
        continue;
      }
      levels.back() = name;
      const bool ours = lists.written.erase(Record(list, entry)) > 0;
      const std::string renamed = Joined(levels, list.separator);
      if (Has(before, renamed) || Has(now, renamed)) {
        continue;
      }
      if (ours) {
        AddWritten(list, levels, lists);
      } else {
        now.push_back(renamed);
      }
    }
  }
}

void SetLabels(const std::vector<std::string>& labels, XmpLists& lists) {
  const Words keywords = KeywordsOf(lists);
  for (const List& list : kWithLevels) {
    Words wanted;
    for (const std::string& label : labels) {
      Words levels = Levels(label, '|');
      levels.emplace(levels.begin(), kLabelRoot);
      wanted.push_back(Joined(levels, list.separator));
    }
    std::erase_if(lists.*list.entries, [&](const std::string& entry) {
      const Words levels = Levels(entry, list.separator);
      const bool outdated = IsLabel(levels) && !Has(wanted, entry);
      // Another program may have copied the label, which would become a keyword now.
      if (outdated && !Has(keywords, levels.back())) {
        std::erase(lists.subject, levels.back());
      }
      return outdated;
    });
    for (const std::string& entry : wanted) {
      AddOnce(entry, lists.*list.entries);
    }
  }
  KeepKeywords(keywords, lists);
}

void CompleteTagsList(XmpLists& lists) {
  if (lists.digikam.empty()) {
    return;
  }
  for (const std::string& keyword : KeywordsOf(lists)) {
    AddWritten(kDigikam, Levels(keyword, '|'), lists);
  }
}

std::string RegionRecord(std::string_view name) { return fmt::format("mwg-rs:Name={}", name); }

}  // namespace calotype
