#include "pipeline/ignore_rules.h"

#include <fmt/format.h>
#include <fnmatch.h>

#include <algorithm>
#include <system_error>
#include <utility>

#include "base/file.h"

namespace calotype {
namespace {

namespace fs = std::filesystem;

bool Matches(const std::string& pattern, const std::string& name) {
  return fnmatch(pattern.c_str(), name.c_str(), 0) == 0;
}

// `**` matches any number of segments; at the end of the pattern at least one.
bool MatchesAll(std::span<const std::string> patterns, std::span<const std::string> names) {
  if (patterns.empty()) {
    return names.empty();
  }
  if (patterns.front() != "**") {
    return !names.empty() && Matches(patterns.front(), names.front()) &&
           MatchesAll(patterns.subspan(1), names.subspan(1));
  }
  if (patterns.size() == 1) {
    return !names.empty();
  }
  for (std::size_t skipped = 0; skipped <= names.size(); ++skipped) {
    if (MatchesAll(patterns.subspan(1), names.subspan(skipped))) {
      return true;
    }
  }
  return false;
}

std::vector<std::string> Split(std::string_view text) {
  std::vector<std::string> segments;
  while (!text.empty()) {
    const std::size_t slash = std::min(text.find('/'), text.size());
    if (slash > 0) {
      segments.emplace_back(text.substr(0, slash));
    }
    text.remove_prefix(std::min(slash + 1, text.size()));
  }
  return segments;
}

// Removes spaces at the end, except one after a backslash.
std::string_view WithoutTrailingSpace(std::string_view line) {
  while (line.ends_with(' ') && !line.ends_with("\\ ")) {
    line.remove_suffix(1);
  }
  return line;
}

}  // namespace

IgnoreRules::IgnoreRules(fs::path folder, std::span<const std::string> lines, std::shared_ptr<const IgnoreRules> above)
    : folder_(std::move(folder)), above_(std::move(above)) {
  for (const std::string& line : lines) {
    AddLine(line);
  }
}

void IgnoreRules::AddLine(std::string_view line) {
  line = WithoutTrailingSpace(line);
  if (line.empty() || line.starts_with('#')) {
    return;
  }
  Pattern pattern;
  if (line.starts_with('!')) {
    pattern.included_again = true;
    line.remove_prefix(1);
  }
  if (line.ends_with('/')) {
    pattern.folders_only = true;
    line.remove_suffix(1);
  }
  pattern.anywhere = line.find('/') == std::string_view::npos;
  pattern.segments = Split(line);
  if (!pattern.segments.empty()) {
    patterns_.push_back(std::move(pattern));
  }
}

IgnoreRules::Verdict IgnoreRules::Judge(const fs::path& path, bool is_folder) const {
  const std::vector<std::string> names = Split(path.lexically_relative(folder_).string());
  if (names.empty()) {
    return Verdict::kNone;
  }
  const auto matches = [&](const Pattern& pattern) {
    return (is_folder || !pattern.folders_only) &&
           (pattern.anywhere ? Matches(pattern.segments[0], names.back()) : MatchesAll(pattern.segments, names));
  };
  const auto last = std::find_if(patterns_.rbegin(), patterns_.rend(), matches);
  if (last == patterns_.rend()) {
    return Verdict::kNone;
  }
  return last->included_again ? Verdict::kIncluded : Verdict::kIgnored;
}

bool IgnoreRules::Ignores(const fs::path& path, bool is_folder) const {
  for (const IgnoreRules* rules = this; rules != nullptr; rules = rules->above_.get()) {
    const Verdict verdict = rules->patterns_.empty() ? Verdict::kNone : rules->Judge(path, is_folder);
    if (verdict != Verdict::kNone) {
      return verdict == Verdict::kIgnored;
    }
  }
  return false;
}

StatusOr<std::vector<std::string>> ReadIgnoreFile(const fs::path& folder) {
  const fs::path file = folder / kIgnoreFileName;
  std::error_code error;
  if (!fs::is_regular_file(file, error)) {
    return std::vector<std::string>();
  }
  CALOTYPE_ASSIGN_OR_RETURN(const std::string text, ReadTextFile(file));
  std::vector<std::string> lines;
  std::string_view rest = text;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    std::string_view line = rest.substr(0, end);
    line.remove_suffix(line.ends_with('\r') ? 1 : 0);
    lines.emplace_back(line);
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return lines;
}

}  // namespace calotype
