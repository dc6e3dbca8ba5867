#include "catalog/sqlite_functions.h"

#include <sqlite3.h>

#include <cstddef>
#include <exception>
#include <string>
#include <string_view>

#include "catalog/text_query.h"

namespace calotype {
namespace {

// Calls `Function` with the text of the only argument.
template <std::string (*kFunction)(std::string_view)>
void CallWithText(sqlite3_context* context, int /*count*/, sqlite3_value** arguments) {
  const auto* text = reinterpret_cast<const char*>(sqlite3_value_text(arguments[0]));
  if (text == nullptr) {
    sqlite3_result_null(context);
    return;
  }
  // SQLite is written in C: no exception may pass through it.
  try {
    const std::string result = kFunction({text, static_cast<std::size_t>(sqlite3_value_bytes(arguments[0]))});
    sqlite3_result_text64(context, result.data(), result.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
  } catch (const std::exception&) {
    sqlite3_result_error_nomem(context);
  }
}

}  // namespace

int AddFunctions(sqlite3* connection) {
  constexpr int kFlags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_DIRECTONLY;
  return sqlite3_create_function_v2(connection, "indexed", 1, kFlags, nullptr, &CallWithText<IndexedLines>, nullptr,
                                    nullptr, nullptr);
}

}  // namespace calotype
