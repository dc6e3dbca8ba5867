// What a shared library needs to be loaded, read from its file; and where the system's loader would find that.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace calotype {

// What the dynamic section says.
struct ElfNeeds {
  std::string soname;
  std::vector<std::string> needed;   // sonames, in the order in which the loader looks for them
  std::vector<std::string> rpath;    // folders; "$ORIGIN" stands for the library's own
  std::vector<std::string> runpath;  // the same; where there is one, rpath does not count
};

// kNotFound, kPermissionDenied; kInvalidArgument when it is no 64-bit little-endian ELF file, or a broken one.
StatusOr<ElfNeeds> ReadElfNeeds(const std::filesystem::path& library);

// Where libraries are looked for.
struct LibrarySearch {
  std::vector<std::filesystem::path> preloaded;    // folders whose libraries are loaded before all (see preload.h)
  std::vector<std::filesystem::path> environment;  // LD_LIBRARY_PATH
  std::vector<std::filesystem::path> system;       // /etc/ld.so.conf and the standard folders
};

// As the loader of this process has it. LD_LIBRARY_PATH is read now; the loader read it when the process started.
LibrarySearch SystemLibrarySearch();

// The folders that an ld.so.conf names, "include" lines followed.
std::vector<std::filesystem::path> ReadLoaderConfig(const std::filesystem::path& file);

// A library that is needed, directly or by one that is needed.
struct NeededLibrary {
  std::string soname;
  std::filesystem::path path;  // empty: missing
  std::string needed_by;       // file name

  bool missing() const { return path.empty(); }
};

// What `library` needs, breadth first, each soname once; libraries that belong to the C and C++ runtime are left out.
// Nothing is loaded.
StatusOr<std::vector<NeededLibrary>> ResolveNeeded(const std::filesystem::path& library, const LibrarySearch& search);

// The file that the loader would take for `soname` when no library asks for it (dlopen by name); empty when none.
std::filesystem::path FindLibrary(std::string_view soname, const LibrarySearch& search);

}  // namespace calotype
