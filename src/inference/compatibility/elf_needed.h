// Finds the libraries that a shared library needs, as the system's loader would, without loading anything.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace calotype {

// The relevant entries of the dynamic section.
struct ElfNeeds {
  std::string soname;
  std::vector<std::string> needed;   // sonames, in the loader's order
  std::vector<std::string> rpath;    // folders; "$ORIGIN" means the library's own folder
  std::vector<std::string> runpath;  // folders; if not empty, rpath is ignored
};

// kNotFound, kPermissionDenied; kInvalidArgument if it is broken or not a 64-bit little-endian ELF file.
StatusOr<ElfNeeds> ReadElfNeeds(const std::filesystem::path& library);

// The folders in which libraries are searched.
struct LibrarySearch {
  std::vector<std::filesystem::path> preloaded;    // folders whose libraries were loaded in advance (preload.h)
  std::vector<std::filesystem::path> environment;  // LD_LIBRARY_PATH
  std::vector<std::filesystem::path> system;       // /etc/ld.so.conf and the standard folders
};

// The search path of this process's loader. LD_LIBRARY_PATH is read now; the loader read it when the process started.
LibrarySearch SystemLibrarySearch();

// The folders that an ld.so.conf lists; follows "include" lines.
std::vector<std::filesystem::path> ReadLoaderConfig(const std::filesystem::path& file);

// A library that is needed directly or indirectly.
struct NeededLibrary {
  std::string soname;
  std::filesystem::path path;  // empty: missing
  std::string needed_by;       // file name of the library that needs it

  bool missing() const { return path.empty(); }
};

// The libraries that `library` needs directly or indirectly, breadth first, each soname once, without those of the C
// and C++ runtime. Nothing is loaded.
StatusOr<std::vector<NeededLibrary>> ResolveNeeded(const std::filesystem::path& library, const LibrarySearch& search);

// The file that dlopen(soname) would load; empty if there is none.
std::filesystem::path FindLibrary(std::string_view soname, const LibrarySearch& search);

}  // namespace calotype
