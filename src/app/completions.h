// Completes the query that somebody is typing, with the values that the library has.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "app/library.h"
#include "base/status.h"
#include "search/completion.h"

namespace calotype {

struct QueryCompletions {
  std::size_t start = 0;  // in characters of the query: what each completion replaces
  std::size_t end = 0;
  std::vector<Completion> completions;  // the best first
};

// Uses of objects, people and keywords are counted up to this number.
inline constexpr int64_t kCountedUses = 1000;

// Up to `limit` completions of the part of `query` at the cursor, which stands after `cursor` characters; nullopt: at
// the end. A key with a colon is completed with values; a word with keys and, from its second letter on, with values of
// all keys for things, people, keywords and places. kFailedPrecondition when nothing was scanned yet.
StatusOr<QueryCompletions> CompleteQuery(Library& library, std::string_view query, std::optional<std::size_t> cursor,
                                         std::size_t limit);

}  // namespace calotype
