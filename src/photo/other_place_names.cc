#include "photo/other_place_names.h"

#include <fmt/format.h>

#include <utility>

#include "base/file.h"
#include "base/text.h"
#include "base/unicode.h"

namespace calotype {

StatusOr<OtherPlaceNames> OtherPlaceNames::Load(const std::filesystem::path& file) {
  constexpr std::string_view kHead = "# calotype other place names ";
  CALOTYPE_ASSIGN_OR_RETURN(std::string text, ReadTextFile(file));
  if (!text.starts_with(kHead) || !text.ends_with('\n')) {
    return absl::DataLossError(
        fmt::format("{} is not a complete file of other names of places (its first line is not \"{}...\", or its last "
                    "line has no end); remove it, and tools/setup/fetch_places creates it again",
                    file.string(), kHead));
  }
  return OtherPlaceNames(std::move(text));
}

std::vector<std::string> OtherPlaceNames::Find(std::string_view name) const {
  std::vector<std::string> found;
  const std::string folded = FoldCaseAndAccents(Trim(name));
  if (folded.empty() || folded.find_first_of("\t\n") != std::string::npos) {
    return found;
  }
  const std::string column = "\t" + folded;
  for (std::size_t at = text_.find(column); at != std::string::npos; at = text_.find(column, at + 1)) {
    const char next = text_[at + column.size()];
    if (next == '\t' || next == '\n') {
      const std::size_t line = text_.rfind('\n', at) + 1;
      found.push_back(text_.substr(line, text_.find('\t', line) - line));
    }
  }
  return found;
}

}  // namespace calotype
