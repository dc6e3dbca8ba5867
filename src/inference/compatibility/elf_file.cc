#include "inference/compatibility/elf_file.h"

#include <elf.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cstring>
#include <type_traits>

namespace calotype {
namespace {

static_assert(std::endian::native == std::endian::little,
              "the file's little-endian numbers are used without conversion");

// Real dynamic sections have a few dozen entries, and names of libraries a few dozen bytes.
constexpr uint64_t kMaxDynamicEntries = 4096;
constexpr uint64_t kMaxText = 4096;

template <typename T>
StatusOr<T> ReadStruct(const ElfFile& file, uint64_t offset) {
  static_assert(std::is_trivially_copyable_v<T>);
  std::array<uint8_t, sizeof(T)> bytes{};
  CALOTYPE_RETURN_IF_ERROR(file.Read(offset, bytes));
  T value;
  std::memcpy(&value, bytes.data(), sizeof(T));
  return value;
}

}  // namespace

Status ElfFile::Broken(std::string_view what) const {
  return absl::InvalidArgumentError(fmt::format("{} is not a readable library: {}", path_.string(), what));
}

StatusOr<ElfFile> ElfFile::Open(const std::filesystem::path& path) {
  ElfFile elf;
  elf.path_ = path;
  CALOTYPE_ASSIGN_OR_RETURN(elf.file_, OpenForReading(path));
  struct stat info{};
  if (fstat(elf.file_.get(), &info) != 0) {
    return ErrnoStatus(errno, fmt::format("cannot read {}", path.string()));
  }
  elf.size_ = static_cast<uint64_t>(info.st_size);
  CALOTYPE_RETURN_IF_ERROR(elf.ReadHeader());
  return elf;
}

Status ElfFile::Read(uint64_t offset, std::span<uint8_t> bytes) const {
  if (offset > size_ || bytes.size() > size_ - offset) {
    return Broken(fmt::format("it has {} bytes but refers to byte {}", size_, offset));
  }
  while (!bytes.empty()) {
    const ssize_t count = pread(file_.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) {
      continue;
    }
    if (count <= 0) {
      return Broken("it became shorter while it was read");
    }
    bytes = bytes.subspan(static_cast<std::size_t>(count));
    offset += static_cast<uint64_t>(count);
  }
  return absl::OkStatus();
}

Status ElfFile::ReadHeader() {
  CALOTYPE_ASSIGN_OR_RETURN(const auto header, ReadStruct<Elf64_Ehdr>(*this, 0));
  if (std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0) {
    return Broken("it is not an ELF file");
  }
  if (header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_ident[EI_DATA] != ELFDATA2LSB) {
    return Broken("it is not 64-bit little-endian");
  }
  machine_ = header.e_machine;
  sections_offset_ = header.e_shoff;
  section_count_ = header.e_shnum;
  section_names_ = header.e_shstrndx;
  if (header.e_phnum > 0 && header.e_phentsize != sizeof(Elf64_Phdr)) {
    return Broken(fmt::format("its program headers have {} bytes, not {}", header.e_phentsize, sizeof(Elf64_Phdr)));
  }
  if (header.e_shnum > 0 && header.e_shentsize != sizeof(Elf64_Shdr)) {
    return Broken(fmt::format("its section headers have {} bytes, not {}", header.e_shentsize, sizeof(Elf64_Shdr)));
  }
  return ReadSegments(header.e_phoff, header.e_phnum);
}

Status ElfFile::ReadSegments(uint64_t offset, uint16_t count) {
  for (uint16_t i = 0; i < count; ++i) {
    CALOTYPE_ASSIGN_OR_RETURN(const auto header, ReadStruct<Elf64_Phdr>(*this, offset + i * sizeof(Elf64_Phdr)));
    if (header.p_type == PT_LOAD || header.p_type == PT_DYNAMIC) {
      segments_.push_back(
          {.type = header.p_type, .offset = header.p_offset, .address = header.p_vaddr, .size = header.p_filesz});
    }
  }
  return absl::OkStatus();
}

StatusOr<std::vector<ElfFile::Entry>> ElfFile::Dynamic() const {
  std::vector<Entry> entries;
  const auto segment = std::ranges::find(segments_, uint32_t{PT_DYNAMIC}, &Segment::type);
  if (segment == segments_.end()) {
    return entries;
  }
  const uint64_t count = segment->size / sizeof(Elf64_Dyn);
  if (count > kMaxDynamicEntries) {
    return Broken(fmt::format("its dynamic section has {} entries, the limit is {}", count, kMaxDynamicEntries));
  }
  for (uint64_t i = 0; i < count; ++i) {
    CALOTYPE_ASSIGN_OR_RETURN(const auto entry, ReadStruct<Elf64_Dyn>(*this, segment->offset + i * sizeof(Elf64_Dyn)));
    if (entry.d_tag == DT_NULL) {
      break;
    }
    entries.push_back({.tag = static_cast<uint64_t>(entry.d_tag), .value = entry.d_un.d_val});
  }
  return entries;
}

StatusOr<std::string> ElfFile::TextAtOffset(uint64_t offset) const {
  if (offset >= size_) {
    return Broken(fmt::format("it has {} bytes but refers to a name at byte {}", size_, offset));
  }
  std::vector<uint8_t> bytes(std::min(kMaxText, size_ - offset));
  CALOTYPE_RETURN_IF_ERROR(Read(offset, bytes));
  const auto end = std::ranges::find(bytes, uint8_t{0});
  if (end == bytes.end()) {
    return Broken("a name has no end");
  }
  return std::string(bytes.begin(), end);
}

StatusOr<std::string> ElfFile::TextAt(uint64_t address) const {
  for (const Segment& segment : segments_) {
    if (segment.type == PT_LOAD && address >= segment.address && address - segment.address < segment.size) {
      return TextAtOffset(segment.offset + (address - segment.address));
    }
  }
  return Broken("a name lies outside the loaded segments");
}

StatusOr<ElfFile::Range> ElfFile::Section(std::string_view name) const {
  if (section_names_ >= section_count_) {
    return Range{};
  }
  const auto header = [this](uint16_t i) {
    return ReadStruct<Elf64_Shdr>(*this, sections_offset_ + i * sizeof(Elf64_Shdr));
  };
  CALOTYPE_ASSIGN_OR_RETURN(const Elf64_Shdr names, header(section_names_));
  for (uint16_t i = 0; i < section_count_; ++i) {
    CALOTYPE_ASSIGN_OR_RETURN(const Elf64_Shdr section, header(i));
    CALOTYPE_ASSIGN_OR_RETURN(const std::string found, TextAtOffset(names.sh_offset + section.sh_name));
    if (found == name) {
      if (section.sh_offset > size_ || section.sh_size > size_ - section.sh_offset) {
        return Broken(fmt::format("its section {} extends beyond its end", name));
      }
      return Range{.offset = section.sh_offset, .size = section.sh_size};
    }
  }
  return Range{};
}

}  // namespace calotype
