#include "photo/heif_work.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "photo/exif_limits.h"
#include "photo/iso_boxes.h"

namespace calotype {
namespace {

using Bytes = std::span<const uint8_t>;
using Item = uint32_t;

constexpr int64_t kHeifChannels = 3;
constexpr int64_t kLeastOfTile = int64_t{512} * 512;  // pixels
constexpr int64_t kMostWork = std::numeric_limits<int64_t>::max() / 4;
// Real ones have at most three levels: a picture, a grid, and its tiles.
constexpr int kMaxHeifDepth = 16;
constexpr int64_t kMaxItemsOfHeif = 4000;
constexpr std::size_t kVersion = 4;  // version and flags, with which some boxes begin

Bytes MetaOf(Bytes file) {
  const Bytes meta = FindIsoBox(file, IsoType("meta"));
  return meta.subspan(std::min(meta.size(), kVersion));
}

// The boxes of ISO/IEC 14496-12, 8.11 and ISO/IEC 23008-12, 9.3 that say what a picture is made of.
class HeifItems {
 public:
  explicit HeifItems(Bytes file) {
    const Bytes meta = MetaOf(file);
    ReadPrimary(FindIsoBox(meta, IsoType("pitm")));
    ReadReferences(FindIsoBox(meta, IsoType("iref")));
    const Bytes properties = FindIsoBox(meta, IsoType("iprp"));
    ReadSizes(FindIsoBox(properties, IsoType("ipco")));
    Bytes rest = properties;
    while (const std::optional<IsoMediaBox> box = TakeIsoBox(rest)) {
      if (box->type == IsoType("ipma")) {
        ReadAssociations(box->content);
      }
    }
  }

  StatusOr<int64_t> Work() {
    CALOTYPE_ASSIGN_OR_RETURN(int64_t work, WorkOf(primary_, 0));
    for (const Item auxiliary : auxiliaries_) {
      CALOTYPE_ASSIGN_OR_RETURN(const int64_t more, WorkOf(auxiliary, 0));
      work = std::min(work + more, kMostWork);
    }
    return work;
  }

 private:
  void ReadPrimary(Bytes box) {
    BigEndianReader reader(box);
    const bool is_long = reader.Take(kVersion) >> 24 > 0;
    primary_ = static_cast<Item>(reader.Take(is_long ? 4 : 2));
  }

  void ReadReferences(Bytes box) {
    const std::size_t bytes = BigEndianReader(box).Take(kVersion) >> 24 > 0 ? 4 : 2;
    Bytes rest = box.subspan(std::min<std::size_t>(box.size(), kVersion));
    while (const std::optional<IsoMediaBox> reference = TakeIsoBox(rest)) {
      BigEndianReader reader(reference->content);
      const auto from = static_cast<Item>(reader.Take(bytes));
      const auto count = static_cast<std::size_t>(reader.Take(2));
      for (std::size_t i = 0; i < count && !reader.at_end(); ++i) {
        const auto to = static_cast<Item>(reader.Take(bytes));
        if (reference->type == IsoType("dimg")) {
          parts_[from].push_back(to);
        } else if (reference->type == IsoType("auxl") && to == primary_) {
          auxiliaries_.insert(from);
        }
      }
    }
  }

  // The size in pixels of each property; 0 for those that are no size.
  void ReadSizes(Bytes properties) {
    while (const std::optional<IsoMediaBox> box = TakeIsoBox(properties)) {
      BigEndianReader reader(box->content);
      reader.Skip(kVersion);
      const auto width = static_cast<int64_t>(reader.Take(4));
      const auto height = static_cast<int64_t>(reader.Take(4));
      constexpr int64_t kMaxSide = int64_t{1} << 28;
      sizes_.push_back(box->type == IsoType("ispe") ? std::min(width, kMaxSide) * std::min(height, kMaxSide) : 0);
    }
  }

  void ReadAssociations(Bytes box) {
    BigEndianReader reader(box);
    const uint64_t version_and_flags = reader.Take(kVersion);
    const std::size_t item_bytes = version_and_flags >> 24 > 0 ? 4 : 2;
    const bool is_long = (version_and_flags & 1) != 0;
    const uint64_t count = reader.Take(4);
    for (uint64_t i = 0; i < count && !reader.at_end(); ++i) {
      const auto item = static_cast<Item>(reader.Take(item_bytes));
      const uint64_t properties = reader.Take(1);
      for (uint64_t j = 0; j < properties && !reader.at_end(); ++j) {
        const uint64_t property = is_long ? reader.Take(2) & 0x7FFF : reader.Take(1) & 0x7F;  // from 1
        if (property >= 1 && property <= sizes_.size()) {
          int64_t& size = size_of_[item];
          size = std::max(size, sizes_[property - 1]);
        }
      }
    }
  }

  // NOLINTNEXTLINE(misc-no-recursion): at most kMaxHeifDepth deep, and each item once
  StatusOr<int64_t> WorkOf(Item item, int depth) {
    if (depth > kMaxHeifDepth) {
      return absl::InvalidArgumentError("its pictures are made of each other without an end");
    }
    if (const auto known = work_of_.find(item); known != work_of_.end()) {
      return known->second;
    }
    const auto size = size_of_.find(item);
    const int64_t pixels = size == size_of_.end() ? 0 : size->second;
    const auto parts = parts_.find(item);
    int64_t work = 0;
    if (parts == parts_.end()) {
      work = (depth > 0 ? std::max(pixels, kLeastOfTile) : pixels) * kHeifChannels;
    } else {
      for (const Item part : parts->second) {
        CALOTYPE_ASSIGN_OR_RETURN(const int64_t more, WorkOf(part, depth + 1));
        work = std::min(work + more, kMostWork);
      }
      work = std::max(work, std::min(pixels, kMostWork / kHeifChannels) * kHeifChannels);
    }
    work = std::min(work, kMostWork);
    work_of_[item] = work;
    return work;
  }

  Item primary_ = 0;
  std::set<Item> auxiliaries_;               // transparency, depth and others of the primary picture
  std::map<Item, std::vector<Item>> parts_;  // of a picture that is made of others
  std::vector<int64_t> sizes_;               // by property, in pixels
  std::map<Item, int64_t> size_of_;          // of an item, in pixels
  std::map<Item, int64_t> work_of_;          // of an item, when it is known
};

// The boxes that describe one item each (ISO/IEC 14496-12, 8.11.6).
Bytes ItemInfos(Bytes meta) {
  BigEndianReader reader(FindIsoBox(meta, IsoType("iinf")));
  const bool is_long = reader.Take(4) >> 24 > 0;
  reader.Skip(is_long ? 4 : 2);
  return reader.rest();
}

int64_t CountItems(Bytes file) {
  Bytes rest = ItemInfos(MetaOf(file));
  int64_t items = 0;
  while (TakeIsoBox(rest).has_value()) {
    ++items;
  }
  return items;
}

// The items of type Exif.
std::set<Item> ExifItems(Bytes rest) {
  std::set<Item> items;
  while (const std::optional<IsoMediaBox> box = TakeIsoBox(rest)) {
    BigEndianReader info(box->content);
    const std::size_t bytes = info.Take(4) >> 24 > 2 ? 4 : 2;
    const auto item = static_cast<Item>(info.Take(bytes));
    info.Skip(2);
    if (info.Take(4) == IsoType("Exif")) {
      items.insert(item);
    }
  }
  return items;
}

// The content of the items, whose pieces may be in the file or in the box "idat" (8.11.3). Ten times the file is more
// than any file has.
std::vector<std::vector<uint8_t>> ExifBlocks(Bytes file) {
  const Bytes meta = MetaOf(file);
  const std::set<Item> items = ExifItems(ItemInfos(meta));
  const Bytes inside = FindIsoBox(meta, IsoType("idat"));
  BigEndianReader reader(FindIsoBox(meta, IsoType("iloc")));
  const uint64_t version = reader.Take(4) >> 24;
  const uint64_t sizes = reader.Take(2);
  const std::size_t id_bytes = version < 2 ? 2 : 4;
  const uint64_t count = reader.Take(id_bytes);
  std::vector<std::vector<uint8_t>> blocks;
  std::size_t total = 0;
  for (uint64_t i = 0; i < count && !reader.at_end(); ++i) {
    const bool is_exif = items.contains(static_cast<Item>(reader.Take(id_bytes)));
    const Bytes source = version > 0 && (reader.Take(2) & 0xF) == 1 ? inside : file;
    reader.Skip(2);  // the file that it is in: this one
    const uint64_t base = reader.Take(sizes >> 4 & 0xF);
    const uint64_t pieces = reader.Take(2);
    std::vector<uint8_t> block;
    for (uint64_t piece = 0; piece < pieces && !reader.at_end(); ++piece) {
      reader.Skip(version > 0 ? sizes & 0xF : 0);
      const uint64_t offset = std::min<uint64_t>(base + reader.Take(sizes >> 12 & 0xF), source.size());
      const uint64_t length = std::min<uint64_t>(reader.Take(sizes >> 8 & 0xF), source.size() - offset);
      total += is_exif ? length : 0;
      if (is_exif && total <= 10 * file.size()) {
        const Bytes part = source.subspan(offset, length);
        block.insert(block.end(), part.begin(), part.end());
      }
    }
    if (is_exif) {
      blocks.push_back(std::move(block));
    }
  }
  return blocks;
}

}  // namespace

Status CheckHeifItems(Bytes file, const DecodeLimits& limits) {
  if (const int64_t items = CountItems(file); items > kMaxItemsOfHeif) {
    return absl::ResourceExhaustedError(
        fmt::format("it consists of {} tiles and other items, the limit is {}, a fixed one", items, kMaxItemsOfHeif));
  }
  for (const std::vector<uint8_t>& block : ExifBlocks(file)) {
    // libvips passes over the offset of the block, whatever it is.
    constexpr std::size_t kOffset = 4;
    const Bytes exif = Bytes(block).subspan(std::min(block.size(), kOffset));
    CALOTYPE_RETURN_IF_ERROR(CheckExif(WithoutExifMark(exif), limits).exif);
  }
  return absl::OkStatus();
}

StatusOr<int64_t> HeifWork(Bytes file) { return HeifItems(file).Work(); }

}  // namespace calotype
