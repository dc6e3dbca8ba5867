#include "inference/compatibility/cuda_code.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <set>
#include <span>

#include "inference/compatibility/elf_file.h"

namespace calotype {
namespace {

// NVIDIA does not document the layout. These offsets were found in libraries of CUDA 12.2 and 13.0.
constexpr uint32_t kMagic = 0xba55ed50;
constexpr uint64_t kContainerHeader = 16;  // magic u32, version u16, header size u16, size u64 of what follows
constexpr uint64_t kPartHeader = 32;       // kind u16, version u16, header size u32, size u64, ..., architecture u32
constexpr uint16_t kPtx = 1;
constexpr uint16_t kBinary = 2;
constexpr uint64_t kAlignment = 8;
constexpr uint64_t kMaxPadding = 4096;  // between containers; a longer gap means that this is not such a section
constexpr int kBase = 10;               // sm_120 is 12.0

template <typename T>
T At(std::span<const uint8_t> bytes, std::size_t offset) {
  T value;
  std::memcpy(&value, bytes.subspan(offset, sizeof(T)).data(), sizeof(T));
  return value;
}

struct Found {
  std::set<int> binary;
  std::set<int> ptx;
};

// Reads the parts of the container at [begin, end) of the file.
Status ReadParts(const ElfFile& elf, uint64_t begin, uint64_t end, Found& found) {
  std::array<uint8_t, kPartHeader> header{};
  while (end - begin >= kPartHeader) {
    CALOTYPE_RETURN_IF_ERROR(elf.Read(begin, header));
    const auto kind = At<uint16_t>(header, 0);
    const auto header_size = At<uint32_t>(header, 4);
    const auto size = At<uint64_t>(header, 8);
    if ((kind != kPtx && kind != kBinary) || header_size < kPartHeader || header_size > end - begin ||
        size > end - begin - header_size) {
      return absl::OkStatus();  // unknown kind of part, so the next one cannot be found
    }
    (kind == kPtx ? found.ptx : found.binary).insert(static_cast<int>(At<uint32_t>(header, 28)));
    begin += header_size + size;
  }
  return absl::OkStatus();
}

}  // namespace

bool HasBinaryFor(const CudaCode& code, int gpu) {
  return std::ranges::any_of(code.binary, [gpu](int built) { return built / kBase == gpu / kBase && built <= gpu; });
}

bool HasPtxFor(const CudaCode& code, int gpu) {
  return std::ranges::any_of(code.ptx, [gpu](int built) { return built <= gpu; });
}

StatusOr<CudaCode> ReadCudaCode(const std::filesystem::path& library) {
  CALOTYPE_ASSIGN_OR_RETURN(const ElfFile elf, ElfFile::Open(library));
  CALOTYPE_ASSIGN_OR_RETURN(const ElfFile::Range section, elf.Section(".nv_fatbin"));
  Found found;
  std::array<uint8_t, kContainerHeader> header{};
  const uint64_t end = section.offset + section.size;
  uint64_t at = section.offset;
  uint64_t padding = 0;
  while (end - at >= kContainerHeader && padding < kMaxPadding) {
    CALOTYPE_RETURN_IF_ERROR(elf.Read(at, header));
    const uint64_t header_size = At<uint16_t>(header, 6);
    const auto size = At<uint64_t>(header, 8);
    if (At<uint32_t>(header, 0) != kMagic) {
      at += kAlignment;
      padding += kAlignment;
      continue;
    }
    if (header_size < kContainerHeader || header_size > end - at || size > end - at - header_size) {
      break;
    }
    CALOTYPE_RETURN_IF_ERROR(ReadParts(elf, at + header_size, at + header_size + size, found));
    at += header_size + size;
    padding = 0;
  }
  return CudaCode{.binary = {found.binary.begin(), found.binary.end()}, .ptx = {found.ptx.begin(), found.ptx.end()}};
}

}  // namespace calotype
