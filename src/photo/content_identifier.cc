#include "photo/content_identifier.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "photo/iso_boxes.h"

namespace calotype {
namespace {

using namespace std::string_view_literals;

// Limits for hostile files: phones write about ten boxes and keys, and a few hundred items per photo.
constexpr uint64_t kMaxBoxes = 1000;
constexpr uint64_t kMaxItems = 10'000;
constexpr uint64_t kMaxEntries = 512;
constexpr uint64_t kMaxSegments = 100;
constexpr uint64_t kMaxText = 128;  // an UUID has 36

// A range of bytes in the file.
struct Range {
  uint64_t begin = 0;
  uint64_t end = 0;

  bool Holds(uint64_t at, uint64_t bytes) const { return at >= begin && at <= end && end - at >= bytes; }
  // Starts at `at` and ends at the latest where this range ends.
  Range Part(uint64_t at, uint64_t bytes) const {
    const uint64_t first = std::clamp(at, begin, end);
    return {.begin = first, .end = first + std::min(bytes, end - first)};
  }
  Range From(uint64_t skipped) const { return Part(begin + skipped, end - begin); }
};

// Reads numbers and text at given offsets. Beyond the end of the file they are zero and empty.
class Reader {
 public:
  explicit Reader(int descriptor) : descriptor_(descriptor) {
    struct stat info{};
    if (fstat(descriptor, &info) == 0 && S_ISREG(info.st_mode)) {
      whole_.end = static_cast<uint64_t>(info.st_size);
    }
  }

  const Range& whole() const { return whole_; }

  uint64_t Number(uint64_t at, uint64_t bytes, bool big_endian = true) {
    uint64_t number = 0;
    for (uint64_t i = 0; whole_.Holds(at, bytes) && i < bytes; ++i) {
      number = number << 8 | Byte(at + (big_endian ? i : bytes - 1 - i));
    }
    return number;
  }
  std::string Text(uint64_t at, uint64_t bytes) {
    std::string text;
    for (uint64_t i = 0; whole_.Holds(at, bytes) && i < std::min(bytes, kMaxText); ++i) {
      text += static_cast<char>(Byte(at + i));
    }
    return text;
  }

 private:
  uint8_t Byte(uint64_t at) {
    const uint64_t page = at - at % page_bytes_.size();
    if (page != page_) {
      page_bytes_.fill(0);  // in case the file has become shorter
      page_ = pread(descriptor_, page_bytes_.data(), page_bytes_.size(), static_cast<off_t>(page)) < 0 ? kNone : page;
    }
    return page_bytes_[at - page];
  }

  static constexpr uint64_t kNone = ~uint64_t{0};
  const int descriptor_;
  Range whole_;
  uint64_t page_ = kNone;
  std::array<uint8_t, 4096> page_bytes_{};
};

// --- ISO base media and QuickTime files: boxes with a size, a type and content.

struct IsoBox {
  uint32_t type = 0;
  Range content;
};

// Returns the box at the beginning of `range`; nullopt when there is none.
std::optional<IsoBox> BoxAt(Reader& reader, const Range& range) {
  if (!range.Holds(range.begin, 8)) {
    return std::nullopt;
  }
  uint64_t header = 8;
  uint64_t size = reader.Number(range.begin, 4);
  if (size == 1) {
    header = 16;
    size = reader.Number(range.begin + 8, 8);
  } else if (size == 0) {
    size = range.end - range.begin;  // all that is left
  }
  if (size < header || !range.Holds(range.begin, size)) {
    return std::nullopt;
  }
  return IsoBox{.type = static_cast<uint32_t>(reader.Number(range.begin + 4, 4)),
                .content = range.Part(range.begin + header, size - header)};
}

// Returns the content of the first box of that type.
std::optional<Range> FindBox(Reader& reader, Range range, uint32_t type) {
  for (uint64_t i = 0; i < kMaxBoxes; ++i) {
    const std::optional<IsoBox> box = BoxAt(reader, range);
    if (!box.has_value() || box->type == type) {
      return box.has_value() ? std::optional(box->content) : std::nullopt;
    }
    range.begin = box->content.end;
  }
  return std::nullopt;
}

// --- EXIF.

constexpr uint64_t kExifDirectory = 0x8769;
constexpr uint64_t kMakerNote = 0x927c;
constexpr uint64_t kAppleContentIdentifier = 0x0011;

// Finds the value of `tag` in the directory at `at`. Offsets count from the beginning of `block`.
std::optional<Range> FindTag(Reader& reader, const Range& block, bool big_endian, uint64_t at, uint64_t tag) {
  constexpr std::array<uint64_t, 14> kTypeBytes = {0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4};
  const uint64_t count = std::min(reader.Number(block.begin + at, 2, big_endian), kMaxEntries);
  for (uint64_t i = 0; i < count; ++i) {
    const uint64_t entry = block.begin + at + 2 + 12 * i;
    if (!block.Holds(entry, 12)) {
      return std::nullopt;
    }
    if (reader.Number(entry, 2, big_endian) == tag) {
      const uint64_t type = reader.Number(entry + 2, 2, big_endian);
      const uint64_t bytes =
          reader.Number(entry + 4, 4, big_endian) * (type < kTypeBytes.size() ? kTypeBytes[type] : 0);
      const uint64_t value = bytes <= 4 ? entry + 8 : block.begin + reader.Number(entry + 8, 4, big_endian);
      return block.Holds(value, bytes) ? std::optional(block.Part(value, bytes)) : std::nullopt;
    }
  }
  return std::nullopt;
}

bool IsBigEndian(Reader& reader, uint64_t at) { return reader.Number(at, 2) == IsoType("MM"); }

// `block` begins with the header of TIFF.
std::string FromExif(Reader& reader, const Range& block) {
  const bool big_endian = IsBigEndian(reader, block.begin);
  const uint64_t first = reader.Number(block.begin + 4, 4, big_endian);
  const auto exif = FindTag(reader, block, big_endian, first, kExifDirectory);
  if (!exif.has_value()) {
    return {};
  }
  const auto note = FindTag(reader, block, big_endian, reader.Number(exif->begin, 4, big_endian), kMakerNote);
  // Apple's note has a name, a version, a byte order, and a directory whose offsets count from the note.
  if (!note.has_value() || reader.Text(note->begin, 10) != "Apple iOS\0"sv) {
    return {};
  }
  const auto text = FindTag(reader, *note, IsBigEndian(reader, note->begin + 12), 14, kAppleContentIdentifier);
  return text.has_value() ? reader.Text(text->begin, text->end - text->begin) : std::string();
}

std::string FromJpeg(Reader& reader) {
  uint64_t at = 2;
  for (uint64_t i = 0; i < kMaxSegments && reader.Number(at, 1) == 0xff; ++i) {
    const uint64_t marker = reader.Number(at + 1, 1);
    const uint64_t size = reader.Number(at + 2, 2);
    if (marker == 0xda || size < 2) {
      break;
    }
    if (marker == 0xe1 && reader.Text(at + 4, 6) == "Exif\0\0"sv) {
      return FromExif(reader, reader.whole().Part(at + 10, size - std::min<uint64_t>(size, 8)));
    }
    at += 2 + size;
  }
  return {};
}

// --- HEIC: "iinf" names the item of type Exif, "iloc" tells its position (ISO 14496-12, 8.11).

std::optional<uint64_t> ExifItem(Reader& reader, const Range& infos) {
  const uint64_t version = reader.Number(infos.begin, 1);
  Range rest = infos.From(version == 0 ? 6 : 8);
  for (uint64_t i = 0; i < kMaxItems; ++i) {
    const std::optional<IsoBox> info = BoxAt(reader, rest);
    if (!info.has_value()) {
      return std::nullopt;
    }
    const uint64_t at = info->content.begin;
    const uint64_t id_bytes = reader.Number(at, 1) == 2 ? 2 : 4;
    if (info->type == IsoType("infe") && reader.Number(at + 4 + id_bytes + 2, 4) == IsoType("Exif")) {
      return reader.Number(at + 4, id_bytes);
    }
    rest.begin = info->content.end;
  }
  return std::nullopt;
}

// Reads the numbers of "iloc" one after another.
class Locations {
 public:
  Locations(Reader& reader, const Range& box) : reader_(reader), at_(box.begin), end_(box.end) {
    version_ = Next(1);
    Next(3);
    const uint64_t sizes = Next(2);
    offset_bytes_ = sizes >> 12U & 0xfU;
    length_bytes_ = sizes >> 8U & 0xfU;
    base_bytes_ = sizes >> 4U & 0xfU;
    index_bytes_ = version_ == 0 ? 0 : sizes & 0xfU;
  }

  // Finds only items that are stored in one piece, as phones write them.
  std::optional<Range> Find(uint64_t item) {
    const uint64_t count = std::min(Next(version_ < 2 ? 2 : 4), kMaxItems);
    for (uint64_t i = 0; i < count && at_ < end_; ++i) {
      const bool is_it = Next(version_ < 2 ? 2 : 4) == item;
      const bool in_file = version_ == 0 || (Next(2) & 0xfU) == 0;
      Next(2);  // the file that it lies in: this one
      const uint64_t base = Next(base_bytes_);
      const uint64_t pieces = Next(2);
      if (is_it) {
        Next(index_bytes_);
        const uint64_t offset = base + Next(offset_bytes_);
        const uint64_t length = Next(length_bytes_);
        return in_file && pieces == 1 ? std::optional(reader_.whole().Part(offset, length)) : std::nullopt;
      }
      at_ += pieces * (index_bytes_ + offset_bytes_ + length_bytes_);
    }
    return std::nullopt;
  }

 private:
  uint64_t Next(uint64_t bytes) {
    const uint64_t number = at_ < end_ ? reader_.Number(at_, bytes) : 0;
    at_ += bytes;
    return number;
  }

  Reader& reader_;
  uint64_t at_;
  const uint64_t end_;
  uint64_t version_ = 0;
  uint64_t offset_bytes_ = 0;
  uint64_t length_bytes_ = 0;
  uint64_t base_bytes_ = 0;
  uint64_t index_bytes_ = 0;
};

std::string FromHeic(Reader& reader, const Range& meta) {
  const Range boxes = meta.From(4);
  const auto infos = FindBox(reader, boxes, IsoType("iinf"));
  const auto places = FindBox(reader, boxes, IsoType("iloc"));
  const auto item = infos.has_value() ? ExifItem(reader, *infos) : std::nullopt;
  const auto exif = item.has_value() && places.has_value() ? Locations(reader, *places).Find(*item) : std::nullopt;
  return exif.has_value() ? FromExif(reader, exif->From(4 + reader.Number(exif->begin, 4))) : std::string();
}

// --- Videos: "keys" has the names of the values in "ilst".

// Returns the number of the key, from 1; 0 when it is missing.
uint32_t FindKey(Reader& reader, const Range& keys) {
  constexpr std::string_view kKey = "mdtacom.apple.quicktime.content.identifier";
  const uint64_t count = std::min(reader.Number(keys.begin + 4, 4), kMaxEntries);
  uint64_t at = keys.begin + 8;
  for (uint32_t i = 1; i <= count && keys.Holds(at, 8); ++i) {
    const uint64_t size = reader.Number(at, 4);
    if (size < 8 || !keys.Holds(at, size)) {
      return 0;
    }
    if (size == 4 + kKey.size() && reader.Text(at + 4, kKey.size()) == kKey) {
      return i;
    }
    at += size;
  }
  return 0;
}

std::string FromVideo(Reader& reader, const Range& movie) {
  auto meta = FindBox(reader, movie, IsoType("meta"));
  if (!meta.has_value()) {
    return {};
  }
  auto keys = FindBox(reader, *meta, IsoType("keys"));
  if (!keys.has_value()) {
    // In an MP4 file a version precedes the boxes; in a QuickTime file it does not.
    meta = meta->From(4);
    keys = FindBox(reader, *meta, IsoType("keys"));
  }
  const uint32_t key = keys.has_value() ? FindKey(reader, *keys) : 0;
  const auto values = key == 0 ? std::nullopt : FindBox(reader, *meta, IsoType("ilst"));
  const auto value = values.has_value() ? FindBox(reader, *values, key) : std::nullopt;
  const auto data = value.has_value() ? FindBox(reader, *value, IsoType("data")) : std::nullopt;
  constexpr uint64_t kUtf8 = 1;
  return data.has_value() && reader.Number(data->begin, 4) == kUtf8
             ? reader.Text(data->begin + 8, data->end - std::min(data->end, data->begin + 8))
             : std::string();
}

std::string Find(Reader& reader) {
  if (reader.Number(0, 2) == 0xffd8) {
    return FromJpeg(reader);
  }
  if (const auto meta = FindBox(reader, reader.whole(), IsoType("meta")); meta.has_value()) {
    if (std::string found = FromHeic(reader, *meta); !found.empty()) {
      return found;
    }
  }
  const auto movie = FindBox(reader, reader.whole(), IsoType("moov"));
  return movie.has_value() ? FromVideo(reader, *movie) : std::string();
}

}  // namespace

std::string ContentIdentifier(int descriptor) {
  Reader reader(descriptor);
  std::string found = Find(reader);
  found.erase(std::ranges::find(found, '\0'), found.end());
  const bool is_one = std::ranges::all_of(found, [](char c) { return c > ' ' && c <= '~'; });
  return is_one ? found : std::string();
}

}  // namespace calotype
