// For tests: builds minimal shared libraries.
#pragma once

#include <elf.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace calotype {

struct ElfParts {
  std::string soname;
  std::vector<std::string> needed;
  std::string rpath;
  std::string runpath;
  std::string fatbin;  // content of .nv_fatbin
};

inline void AppendBytes(std::string& bytes, const void* data, std::size_t size) {
  bytes.append(static_cast<const char*>(data), size);
}

// The file has one segment, which maps it all at address 0, the dynamic section and three sections.
inline std::string BuildElf(const ElfParts& parts) {
  std::string names(1, '\0');
  std::vector<Elf64_Dyn> dynamic;
  const auto add = [&](Elf64_Sxword tag, const std::string& text) {
    Elf64_Dyn entry{.d_tag = tag, .d_un = {.d_val = names.size()}};
    dynamic.push_back(entry);
    names += text + '\0';
  };
  for (const std::string& soname : parts.needed) {
    add(DT_NEEDED, soname);
  }
  if (!parts.soname.empty()) {
    add(DT_SONAME, parts.soname);
  }
  if (!parts.rpath.empty()) {
    add(DT_RPATH, parts.rpath);
  }
  if (!parts.runpath.empty()) {
    add(DT_RUNPATH, parts.runpath);
  }
  const std::string section_names = std::string("\0.nv_fatbin\0.shstrtab\0", 22);
  constexpr std::size_t kSegments = 2;
  constexpr std::size_t kSections = 3;
  const std::size_t dynamic_at = sizeof(Elf64_Ehdr) + kSegments * sizeof(Elf64_Phdr);
  const std::size_t names_at = dynamic_at + (dynamic.size() + 2) * sizeof(Elf64_Dyn);
  const std::size_t fatbin_at = names_at + names.size();
  const std::size_t section_names_at = fatbin_at + parts.fatbin.size();
  const std::size_t sections_at = section_names_at + section_names.size();
  const std::size_t size = sections_at + kSections * sizeof(Elf64_Shdr);
  dynamic.push_back({.d_tag = DT_STRTAB, .d_un = {.d_val = names_at}});
  dynamic.push_back({.d_tag = DT_NULL, .d_un = {.d_val = 0}});

  Elf64_Ehdr header{};
  std::memcpy(header.e_ident, ELFMAG, SELFMAG);
  header.e_ident[EI_CLASS] = ELFCLASS64;
  header.e_ident[EI_DATA] = ELFDATA2LSB;
  header.e_type = ET_DYN;
#ifdef __aarch64__
  header.e_machine = EM_AARCH64;
#else
  header.e_machine = EM_X86_64;
#endif
  header.e_phoff = sizeof(Elf64_Ehdr);
  header.e_phentsize = sizeof(Elf64_Phdr);
  header.e_phnum = kSegments;
  header.e_shoff = sections_at;
  header.e_shentsize = sizeof(Elf64_Shdr);
  header.e_shnum = kSections;
  header.e_shstrndx = 2;

  Elf64_Phdr load{.p_type = PT_LOAD, .p_filesz = size, .p_memsz = size};
  Elf64_Phdr table{.p_type = PT_DYNAMIC, .p_offset = dynamic_at, .p_vaddr = dynamic_at};
  table.p_filesz = dynamic.size() * sizeof(Elf64_Dyn);
  Elf64_Shdr none{};
  Elf64_Shdr fatbin{.sh_name = 1, .sh_offset = fatbin_at, .sh_size = parts.fatbin.size()};
  Elf64_Shdr strings{.sh_name = 12, .sh_offset = section_names_at, .sh_size = section_names.size()};

  std::string bytes;
  AppendBytes(bytes, &header, sizeof(header));
  AppendBytes(bytes, &load, sizeof(load));
  AppendBytes(bytes, &table, sizeof(table));
  AppendBytes(bytes, dynamic.data(), dynamic.size() * sizeof(Elf64_Dyn));
  bytes += names + parts.fatbin + section_names;
  AppendBytes(bytes, &none, sizeof(none));
  AppendBytes(bytes, &fatbin, sizeof(fatbin));
  AppendBytes(bytes, &strings, sizeof(strings));
  return bytes;
}

inline std::filesystem::path WriteBytes(const std::filesystem::path& file, const std::string& bytes) {
  std::filesystem::create_directories(file.parent_path());
  std::ofstream(file, std::ios::binary) << bytes;
  return file;
}

inline std::filesystem::path WriteElf(const std::filesystem::path& file, const ElfParts& parts) {
  return WriteBytes(file, BuildElf(parts));
}

struct FatbinPart {
  uint16_t kind = 2;  // 1: PTX, 2: machine code
  uint32_t architecture = 0;
};

// A container with these parts in nvcc's format.
inline std::string BuildFatbin(const std::vector<FatbinPart>& parts) {
  constexpr uint32_t kHeaderSize = 64;
  constexpr uint64_t kPayload = 8;
  std::string content;
  for (const FatbinPart& part : parts) {
    std::string header(kHeaderSize, '\0');
    std::memcpy(header.data(), &part.kind, sizeof(part.kind));
    std::memcpy(header.data() + 4, &kHeaderSize, sizeof(kHeaderSize));
    std::memcpy(header.data() + 8, &kPayload, sizeof(kPayload));
    std::memcpy(header.data() + 28, &part.architecture, sizeof(part.architecture));
    content += header + std::string(kPayload, 'x');
  }
  std::string container(16, '\0');
  const uint32_t magic = 0xba55ed50;
  const uint16_t version = 1;
  const uint16_t header_size = 16;
  const uint64_t size = content.size();
  std::memcpy(container.data(), &magic, sizeof(magic));
  std::memcpy(container.data() + 4, &version, sizeof(version));
  std::memcpy(container.data() + 6, &header_size, sizeof(header_size));
  std::memcpy(container.data() + 8, &size, sizeof(size));
  return container + content;
}

}  // namespace calotype
