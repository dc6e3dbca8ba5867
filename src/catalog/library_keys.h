// What is known of the library as a whole: one text for each key of the table "library".
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/status.h"
#include "catalog/sqlite.h"

namespace calotype {

// nullopt when the key is not there.
StatusOr<std::optional<std::string>> ReadKey(Database& database, std::string_view key);
Status WriteKey(Database& database, std::string_view key, std::string_view value);
Status DropKey(Database& database, std::string_view key);

}  // namespace calotype
