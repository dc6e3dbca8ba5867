// The files that a scan skips, in the syntax of gitignore.
#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace calotype {

// A file of this name may be in any folder. Its lines are patterns for that folder and all below it.
inline constexpr std::string_view kIgnoreFileName = ".calotypeignore";

// The patterns of one folder and of the folders above it, with the rules of gitignore(5):
//   # starts a comment; ! includes again what an earlier pattern excluded; a backslash escapes the next character.
//   A slash at the end: the pattern matches only folders.
//   A slash at the beginning or in the middle: the pattern is relative to the folder of the ignore file.
//   *, ? and [a-z] do not match a slash; ** does.
// The last matching pattern decides. A file in an excluded folder cannot be included again. Immutable.
class IgnoreRules {
 public:
  // The rules for `folder` and below: those of `above` (may be null), then the patterns `lines`.
  IgnoreRules(std::filesystem::path folder, std::span<const std::string> lines,
              std::shared_ptr<const IgnoreRules> above);

  // `path` lies below the folder. The caller has already checked the folders above it.
  bool Ignores(const std::filesystem::path& path, bool is_folder) const;

  bool empty() const { return patterns_.empty(); }

 private:
  enum class Verdict { kNone, kIgnored, kIncluded };
  struct Pattern {
    std::vector<std::string> segments;  // between slashes
    bool included_again = false;        // starts with !
    bool folders_only = false;
    bool anywhere = false;  // without a slash: matches a name at any depth
  };

  void AddLine(std::string_view line);
  Verdict Judge(const std::filesystem::path& path, bool is_folder) const;

  const std::filesystem::path folder_;
  std::vector<Pattern> patterns_;
  const std::shared_ptr<const IgnoreRules> above_;
};

// Returns the lines of the ignore file in `folder`; none when there is no such file. A file that exists and cannot be
// read is an error, since otherwise excluded photos would be scanned.
StatusOr<std::vector<std::string>> ReadIgnoreFile(const std::filesystem::path& folder);

}  // namespace calotype
