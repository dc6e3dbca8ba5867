#include "app/changes.h"

#include <fmt/format.h>

#include <charconv>
#include <cstdint>
#include <optional>
#include <utility>

namespace calotype {
namespace {

// A place in the list of changes of one catalogue.
struct ChangeCursor {
  std::string library;
  int64_t number = 0;
};

std::string FormatChangeCursor(const ChangeCursor& cursor) {
  return fmt::format("{}_{}", cursor.library, cursor.number);
}

std::optional<ChangeCursor> ParseChangeCursor(std::string_view text) {
  const std::size_t line = text.find('_');
  if (line == std::string_view::npos) {
    return std::nullopt;
  }
  ChangeCursor cursor{.library = std::string(text.substr(0, line))};
  const char* const end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data() + line + 1, end, cursor.number);
  return error == std::errc() && stopped == end && cursor.number >= 0 ? std::optional(std::move(cursor)) : std::nullopt;
}

}  // namespace

StatusOr<ChangePage> ReadChanges(Library& library, std::string_view since, int limit) {
  const bool from_now = since == kChangesFromNow;
  const bool from_start = since.empty();
  const std::optional<ChangeCursor> cursor = from_now || from_start ? ChangeCursor() : ParseChangeCursor(since);
  if (!cursor.has_value()) {
    return absl::InvalidArgumentError(fmt::format(
        "since is '{}'; it must be the value of `next` in an earlier answer, or '{}'", since, kChangesFromNow));
  }
  CALOTYPE_ASSIGN_OR_RETURN(const CatalogLease catalog, library.Catalogue());
  // One more than is asked for says whether others follow.
  CALOTYPE_ASSIGN_OR_RETURN(PhotoChanges found, catalog->ChangesSince(cursor->number, from_now ? 0 : limit + 1));
  if (!from_now && !from_start && (cursor->library != found.library || cursor->number > found.last)) {
    return absl::FailedPreconditionError(
        "this cursor is of another catalogue, or of this one before it was restored from a backup; read all changes "
        "from the start (without since), and drop the photos that are not listed any more");
  }
  ChangePage page{.more = found.changes.size() > static_cast<std::size_t>(limit)};
  if (page.more) {
    found.changes.resize(static_cast<std::size_t>(limit));
  }
  const int64_t reached = from_now ? found.last : found.changes.empty() ? cursor->number : found.changes.back().number;
  page.next = FormatChangeCursor({.library = found.library, .number = reached});
  page.changes = std::move(found.changes);
  return page;
}

}  // namespace calotype
