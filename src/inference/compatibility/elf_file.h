// A shared library read as bytes, without loading it: 64-bit little-endian ELF, which x86-64 and aarch64 use. Every
// number in the file is held against the file's size before it is followed, so that a broken file is an error.
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
  // kNotFound, kPermissionDenied; kInvalidArgument when the file is no ELF file of this kind, or broken.
  static StatusOr<ElfFile> Open(const std::filesystem::path& path);

  // What the processor is (e_machine); a library of another one cannot be loaded.
  uint16_t machine() const { return machine_; }

  struct Entry {
    uint64_t tag = 0;
    uint64_t value = 0;
  };
  // The dynamic section; empty when there is none.
  StatusOr<std::vector<Entry>> Dynamic() const;
  // The text at `address` of the loaded library (of its string table).
  StatusOr<std::string> TextAt(uint64_t address) const;

  struct Range {
    uint64_t offset = 0;
    uint64_t size = 0;
  };
  // Where the section `name` lies in the file; size 0 when there is no such section.
  StatusOr<Range> Section(std::string_view name) const;

  // Fills `bytes` from `offset`; kInvalidArgument when the file ends before that.
  Status Read(uint64_t offset, std::span<uint8_t> bytes) const;

 private:
  struct Segment {
    uint32_t type = 0;
    uint64_t offset = 0;
    uint64_t address = 0;
    uint64_t size = 0;  // in the file
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
  uint16_t section_names_ = 0;  // which section holds the names
  std::vector<Segment> segments_;
};

}  // namespace calotype
