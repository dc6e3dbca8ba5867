// Content identifiers of files as phones lay them out, made here byte by byte; whole, cut and garbled.
#include "photo/content_identifier.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"

namespace calotype {
namespace {

using namespace std::string_literals;

const std::string kId = "6B1F1A0E-5C5D-4C3E-9B0A-0F5C2A9D7E11";

// The lowest `bytes` of `number`, highest first.
std::string Number(uint64_t number, int bytes) {
  std::string text;
  for (int i = bytes - 1; i >= 0; --i) {
    text += static_cast<char>(number >> static_cast<unsigned>(8 * i));
  }
  return text;
}

std::string Box(std::string_view type, const std::string& content) {
  return Number(8 + content.size(), 4) + std::string(type) + content;
}

// A directory entry of TIFF.
std::string Entry(uint64_t tag, uint64_t type, uint64_t count, uint64_t value) {
  return Number(tag, 2) + Number(type, 2) + Number(count, 4) + Number(value, 4);
}

std::string AppleNote(const std::string& id) {
  const std::string head = "Apple iOS\0\0\1MM"s + Number(2, 2);
  const std::size_t text = head.size() + 2 * std::size_t{12} + 4;
  return head + Entry(0x0001, 9, 1, 14) + Entry(0x0011, 2, id.size() + 1, text) + Number(0, 4) + id + '\0';
}

std::string Exif(const std::string& note) {
  return "MM\0*"s + Number(8, 4) + Number(1, 2) + Entry(0x8769, 4, 1, 26) + Number(0, 4) +  //
         Number(1, 2) + Entry(0x927c, 7, note.size(), 44) + Number(0, 4) + note;
}

std::string Jpeg(const std::string& exif) {
  const std::string segment = "Exif\0\0"s + exif;
  return "\xff\xd8\xff\xe0"s + Number(6, 2) + "JFIF" + "\xff\xe1" + Number(segment.size() + 2, 2) + segment +
         "\xff\xda";
}

std::string Heic(const std::string& exif, int iloc_version = 1) {
  const std::string ftyp = Box("ftyp", "heic\0\0\0\0mif1heic"s);
  const auto item = [](int id, const char* type) {
    return Box("infe", "\2\0\0\0"s + Number(static_cast<uint64_t>(id), 2) + Number(0, 2) + type + '\0');
  };
  const std::string infos = Box("iinf", Number(0, 4) + Number(2, 2) + item(1, "hvc1") + item(7, "Exif"));
  const auto meta = [&](uint64_t at) {
    const auto place = [&](uint64_t id, uint64_t offset, uint64_t length) {
      return Number(id, 2) + (iloc_version == 0 ? "" : Number(0, 2)) + Number(0, 2) + Number(1, 2) + Number(offset, 4) +
             Number(length, 4);
    };
    return Box("meta",
               Number(0, 4) + Box("hdlr", std::string(20, '\0')) + infos +
                   Box("iloc", Number(static_cast<uint64_t>(iloc_version), 1) + Number(0, 3) + Number(0x4400, 2) +
                                   Number(2, 2) + place(1, 1, 2) + place(7, at, exif.size() + 10)));
  };
  const std::string picture(500, 'p');
  const uint64_t at = ftyp.size() + meta(0).size() + 8 + picture.size();
  return ftyp + meta(at) + Box("mdat", picture + Number(6, 4) + "Exif\0\0"s + exif);
}

std::string Keys(const std::vector<std::string>& names) {
  std::string keys = Number(0, 4) + Number(names.size(), 4);
  for (const std::string& name : names) {
    keys += Box("mdta", name);
  }
  return Box("keys", keys);
}

std::string Metadata(const std::string& id, bool with_version) {
  const std::string text = Box("data", Number(1, 4) + Number(0, 4) + "Apple");
  return Box("meta",
             (with_version ? Number(0, 4) : "") + Box("hdlr", std::string(25, '\0')) +
                 Keys({"com.apple.quicktime.make", "com.apple.quicktime.content.identifier"}) +
                 Box("ilst", Box("\0\0\0\1"s, text) + Box("\0\0\0\2"s, Box("data", Number(1, 4) + Number(0, 4) + id))));
}

// The pictures come first, as phones write them, in a box with a size of 64 bits.
std::string Video(const std::string& id, bool is_mp4 = false) {
  const std::string pictures(3000, 'v');
  return Box("ftyp", is_mp4 ? "mp42\0\0\0\0mp42"s : "qt  \0\0\0\0qt  "s) + Number(1, 4) + "mdat" +
         Number(16 + pictures.size(), 8) + pictures +
         Box("moov", Box("mvhd", std::string(100, '\0')) + Metadata(id, is_mp4));
}

std::string IdentifierOf(std::string_view file) {
  const UniqueFd descriptor(memfd_create("calotype-test", 0));
  EXPECT_EQ(write(descriptor.get(), file.data(), file.size()), static_cast<ssize_t>(file.size()));
  return ContentIdentifier(descriptor.get());
}

TEST(ContentIdentifier, OfBothHalves) {
  EXPECT_EQ(IdentifierOf(Jpeg(Exif(AppleNote(kId)))), kId);
  EXPECT_EQ(IdentifierOf(Heic(Exif(AppleNote(kId)))), kId);
  EXPECT_EQ(IdentifierOf(Heic(Exif(AppleNote(kId)), 0)), kId);
  EXPECT_EQ(IdentifierOf(Video(kId)), kId);
  EXPECT_EQ(IdentifierOf(Video(kId, true)), kId);
}

TEST(ContentIdentifier, IsEmptyWhereThereIsNone) {
  std::string other_maker = AppleNote(kId);
  other_maker.replace(0, 5, "Nikon");
  for (const std::string& file : {
           ""s,
           "II*\0"s,
           "not a photo"s,
           Jpeg(Exif("")),
           Jpeg(Exif(other_maker)),
           Jpeg(""),
           Heic(""),
           Video(""),
           Video("with a blank"),
           Video("\x01\x02"),
           Box("ftyp", "qt  ") + Box("moov", ""),
           Box("ftyp", "qt  ") + Box("moov", Box("meta", Keys({}) + Box("ilst", ""))),
       }) {
    EXPECT_EQ(IdentifierOf(file), "");
  }
}

// Whatever is cut off or changed: an answer, soon, and never more of it than there is.
TEST(ContentIdentifier, BrokenFilesAreHarmless) {
  std::mt19937 random(1);
  for (const std::string& whole : {Jpeg(Exif(AppleNote(kId))), Heic(Exif(AppleNote(kId))),
                                   Heic(Exif(AppleNote(kId)), 0), Video(kId), Video(kId, true)}) {
    for (std::size_t length = 0; length < whole.size(); ++length) {
      const std::string found = IdentifierOf(whole.substr(0, length));
      EXPECT_TRUE(found.empty() || found == kId) << found << " of " << length << " bytes";
    }
    for (int i = 0; i < 5000; ++i) {
      std::string garbled = whole;
      for (int changes = 1 + i % 4; changes > 0; --changes) {
        constexpr std::string_view kBytes = "\0\1\x7f\x80\xff";
        garbled[random() % garbled.size()] = i % 2 == 0 ? static_cast<char>(random()) : kBytes[random() % 5];
      }
      EXPECT_LE(IdentifierOf(garbled).size(), 128U);
    }
  }
}

TEST(ContentIdentifier, SizesThatCannotBeAreNotFollowed) {
  for (const uint64_t size : {0ULL, 1ULL, 7ULL, 0x7fffffffULL, 0xffffffffULL}) {
    EXPECT_EQ(IdentifierOf(Number(size, 4) + "moov" + Metadata(kId, false)), size == 0 ? kId : "") << size;
  }
  for (const uint64_t size : {0ULL, 15ULL, ~0ULL, ~0ULL - 15}) {
    EXPECT_EQ(IdentifierOf(Number(1, 4) + "moov" + Number(size, 8) + Metadata(kId, false)), "") << size;
  }
  // A thousand boxes and more, and boxes in boxes that never end.
  std::string many;
  for (int i = 0; i < 1500; ++i) {
    many += Box("free", "");
  }
  EXPECT_EQ(IdentifierOf(many + Video(kId)), "");
  const std::string exif = Exif(AppleNote(kId));
  std::string loop = exif;
  loop.replace(4, 4, Number(0xfffffff0, 4));
  EXPECT_EQ(IdentifierOf(Jpeg(loop)), "");
}

}  // namespace
}  // namespace calotype
