// Which files a scan leaves out, in gitignore's syntax.
#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace calotype {

// The file in any folder whose lines are patterns for what lies at or below that folder.
inline constexpr std::string_view kIgnoreFileName = ".calotypeignore";

// The patterns of one folder, with those of the folders above it. As git has them (gitignore(5)): `#` begins a comment,
// `!` takes back what an earlier pattern left out, a slash at the end means folders only, one at the beginning or in
// the middle binds the pattern to the folder of the file, `*`, `?` and `[a-z]` stop at slashes, `**` does not, a
// backslash takes the meaning from the next character. The last pattern that fits decides. What lies in a folder that
// is left out cannot be taken back, since nobody looks there. Immutable.
class IgnoreRules {
 public:
  // The rules for `folder` and below: those of `above` (may be null), then the patterns `lines`.
  IgnoreRules(std::filesystem::path folder, std::span<const std::string> lines,
              std::shared_ptr<const IgnoreRules> above);

  // `path` lies below the folder; a folder above it that is left out is the caller's to have seen.
  bool Ignores(const std::filesystem::path& path, bool is_folder) const;

  bool empty() const { return patterns_.empty(); }

 private:
  enum class Verdict { kNone, kIgnored, kTakenBack };
  struct Pattern {
    std::vector<std::string> segments;  // between slashes
    bool taken_back = false;            // begins with !
    bool folders_only = false;
    bool anywhere = false;  // without a slash: fits a name at any depth
  };

  void AddLine(std::string_view line);
  Verdict Judge(const std::filesystem::path& path, bool is_folder) const;

  const std::filesystem::path folder_;
  std::vector<Pattern> patterns_;
  const std::shared_ptr<const IgnoreRules> above_;
};

// The lines of `folder`'s ignore file; none when there is no such file. An error when it is there and cannot be read:
// a photo that was to be left out would be looked at.
StatusOr<std::vector<std::string>> ReadIgnoreFile(const std::filesystem::path& folder);

}  // namespace calotype
