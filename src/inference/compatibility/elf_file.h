// Reads a shared library's file (64-bit little-endian ELF, as on x86-64 and aarch64) without loading it. Every offset
// is checked against the file's size, so a broken file gives an error.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"
#include "base/status.h"

namespace calotype {

class ElfFile {
 public:
  // kNotFound, kPermissionDenied; kInvalidArgument if the file is broken or not an ELF file of this kind.
  static StatusOr<ElfFile> Open(const std::filesystem::path& path);

  // The processor architecture (e_machine). A library for another one cannot be loaded.
  uint16_t machine() const { return machine_; }

  struct Entry {
    uint64_t tag = 0;
    uint64_t value = 0;
  };
  // The entries of the dynamic section; empty if there is none.
  StatusOr<std::vector<Entry>> Dynamic() const;
  // The string at `address`, an address in the loaded library (in its string table).
  StatusOr<std::string> TextAt(uint64_t address) const;

  struct Range {
    uint64_t offset = 0;
    uint64_t size = 0;
  };
  // The position of section `name` in the file; size 0 if there is no such section.
  StatusOr<Range> Section(std::string_view name) const;

  // Fills `bytes` with the file's content from `offset` on. kInvalidArgument if the file is too short.
  Status Read(uint64_t offset, std::span<uint8_t> bytes) const;

 private:
  struct Segment {
    uint32_t type = 0;
    uint64_t offset = 0;
    uint64_t address = 0;
    uint64_t size = 0;  // bytes in the file
  };

  Status ReadHeader();
  Status ReadSegments(uint64_t offset, uint16_t count);
  StatusOr<std::string> TextAtOffset(uint64_t offset) const;
  Status Broken(std::string_view what) const;

  std::filesystem::path path_;
  UniqueFd file_;
  uint64_t size_ = 0;
  uint16_t machine_ = 0;
  uint64_t sections_offset_ = 0;
  uint16_t section_count_ = 0;
  uint16_t section_names_ = 0;  // index of the section with the names
  std::vector<Segment> segments_;
};

}  // namespace calotype
