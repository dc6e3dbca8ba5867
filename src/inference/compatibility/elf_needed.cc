#include "inference/compatibility/elf_needed.h"

#include <elf.h>
#include <fmt/format.h>
#include <glob.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <deque>
#include <fstream>
#include <optional>
#include <set>
#include <system_error>

#include "base/text.h"
#include "inference/compatibility/elf_file.h"

namespace calotype {
namespace {

namespace fs = std::filesystem;

// Every machine that runs this program has these.
constexpr std::array<std::string_view, 9> kRuntimeOfCpp = {"ld-linux",     "libc.so.",      "libdl.so.",
                                                           "libgcc_s.so.", "libm.so.",      "libpthread.so.",
                                                           "librt.so.",    "libstdc++.so.", "linux-vdso.so."};

// Folders that the loaders of Debian, Red Hat and Arch search even if no file lists them.
constexpr std::array<std::string_view, 8> kStandardFolders = {
#ifdef __aarch64__
    "/lib/aarch64-linux-gnu",
    "/usr/lib/aarch64-linux-gnu",
#else
    "/lib/x86_64-linux-gnu",
    "/usr/lib/x86_64-linux-gnu",
#endif
    "/lib64",
    "/usr/lib64",
    "/lib",
    "/usr/lib",
    "/usr/lib/wsl/lib",
    "/usr/local/lib"};

constexpr int kMaxIncludes = 8;  // nesting depth of "include" lines

bool BelongsToCpp(std::string_view soname) {
  return std::ranges::any_of(kRuntimeOfCpp, [&](std::string_view prefix) { return soname.starts_with(prefix); });
}

// To the loader, an empty folder in such a list is the current one. It is ignored here.
std::vector<std::string> SplitList(std::string_view text) {
  std::vector<std::string> folders;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(':'), text.size());
    if (end > 0) {
      folders.emplace_back(text.substr(0, end));
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return folders;
}

std::vector<fs::path> Expand(const std::vector<std::string>& folders, const fs::path& origin) {
  std::vector<fs::path> expanded;
  for (std::string folder : folders) {
    for (const std::string_view variable : {"${ORIGIN}", "$ORIGIN"}) {
      if (const std::size_t at = folder.find(variable); at != std::string::npos) {
        folder.replace(at, variable.size(), origin.string());
      }
    }
    expanded.emplace_back(folder);
  }
  return expanded;
}

// Like the loader, skip a file with the right name for another processor.
bool FitsThisMachine(const fs::path& file) {
#ifdef __aarch64__
  constexpr uint16_t kMachine = EM_AARCH64;
#else
  constexpr uint16_t kMachine = EM_X86_64;
#endif
  std::error_code error;
  if (!fs::exists(file, error)) {
    return false;
  }
  const StatusOr<ElfFile> elf = ElfFile::Open(file);
  return elf.ok() && elf->machine() == kMachine;
}

fs::path FindIn(const std::vector<fs::path>& folders, std::string_view soname) {
  for (const fs::path& folder : folders) {
    if (fs::path file = folder / soname; FitsThisMachine(file)) {
      return file;
    }
  }
  return {};
}

// The loader's order: loaded libraries, RPATH, LD_LIBRARY_PATH, RUNPATH, the system's folders.
fs::path FindFor(const ElfNeeds& needs, const fs::path& library, std::string_view soname, const LibrarySearch& search) {
  const fs::path origin = library.parent_path();
  const auto rpath = needs.runpath.empty() ? Expand(needs.rpath, origin) : std::vector<fs::path>();
  const auto runpath = Expand(needs.runpath, origin);
  for (const std::vector<fs::path>* folders :
       {&search.preloaded, &rpath, &search.environment, &runpath, &search.system}) {
    if (fs::path found = FindIn(*folders, soname); !found.empty()) {
      return found;
    }
  }
  return {};
}

std::vector<fs::path> Glob(const std::string& pattern) {
  std::vector<fs::path> files;
  glob_t found{};
  if (glob(pattern.c_str(), 0, nullptr, &found) == 0) {
    for (std::size_t i = 0; i < found.gl_pathc; ++i) {
      files.emplace_back(found.gl_pathv[i]);
    }
  }
  globfree(&found);
  return files;
}

void AddLoaderConfig(const fs::path& file, int depth, std::vector<fs::path>& folders) {
  std::ifstream stream(file);
  for (std::string line; depth < kMaxIncludes && std::getline(stream, line);) {
    const std::string_view words = Trim(std::string_view(line).substr(0, line.find('#')));
    if (words.starts_with("include ")) {
      const fs::path pattern = file.parent_path() / Trim(words.substr(words.find(' ')));
      for (const fs::path& included : Glob(pattern.string())) {
        AddLoaderConfig(included, depth + 1, folders);
      }
    } else if (words.starts_with('/')) {
      folders.emplace_back(words);
    }
  }
}

}  // namespace

StatusOr<ElfNeeds> ReadElfNeeds(const fs::path& library) {
  CALOTYPE_ASSIGN_OR_RETURN(const ElfFile elf, ElfFile::Open(library));
  CALOTYPE_ASSIGN_OR_RETURN(const std::vector<ElfFile::Entry> entries, elf.Dynamic());
  const auto names = std::ranges::find(entries, uint64_t{DT_STRTAB}, &ElfFile::Entry::tag);
  ElfNeeds needs;
  for (const ElfFile::Entry& entry : entries) {
    if (entry.tag != DT_NEEDED && entry.tag != DT_SONAME && entry.tag != DT_RPATH && entry.tag != DT_RUNPATH) {
      continue;
    }
    if (names == entries.end()) {
      return absl::InvalidArgumentError(
          fmt::format("{} refers to library names but has no string table", library.string()));
    }
    CALOTYPE_ASSIGN_OR_RETURN(std::string text, elf.TextAt(names->value + entry.value));
    switch (entry.tag) {
      case DT_NEEDED:
        needs.needed.push_back(std::move(text));
        break;
      case DT_SONAME:
        needs.soname = std::move(text);
        break;
      case DT_RPATH:
        needs.rpath = SplitList(text);
        break;
      default:
        needs.runpath = SplitList(text);
    }
  }
  return needs;
}

std::vector<fs::path> ReadLoaderConfig(const fs::path& file) {
  std::vector<fs::path> folders;
  AddLoaderConfig(file, 0, folders);
  return folders;
}

LibrarySearch SystemLibrarySearch() {
  LibrarySearch search;
  if (const char* const value = std::getenv("LD_LIBRARY_PATH"); value != nullptr) {
    for (std::string& folder : SplitList(value)) {
      search.environment.emplace_back(std::move(folder));
    }
  }
  search.system = ReadLoaderConfig("/etc/ld.so.conf");
  search.system.insert(search.system.end(), kStandardFolders.begin(), kStandardFolders.end());
  return search;
}

fs::path FindLibrary(std::string_view soname, const LibrarySearch& search) { return FindFor({}, {}, soname, search); }

StatusOr<std::vector<NeededLibrary>> ResolveNeeded(const fs::path& library, const LibrarySearch& search) {
  std::vector<NeededLibrary> libraries;
  std::set<std::string> seen;
  std::deque<fs::path> open = {library};
  for (bool first = true; !open.empty(); first = false) {
    const fs::path user = open.front();
    open.pop_front();
    const StatusOr<ElfNeeds> needs = ReadElfNeeds(user);
    if (!needs.ok()) {
      // Report errors of the library itself only: of a needed library that is broken, it was decided above that it is
      // missing.
      if (first) {
        return needs.status();
      }
      continue;
    }
    for (const std::string& soname : needs->needed) {
      if (BelongsToCpp(soname) || !seen.insert(soname).second) {
        continue;
      }
      const fs::path found = FindFor(*needs, user, soname, search);
      libraries.push_back({.soname = soname, .path = found, .needed_by = user.filename().string()});
      if (!found.empty()) {
        open.push_back(found);
      }
    }
  }
  return libraries;
}

}  // namespace calotype
