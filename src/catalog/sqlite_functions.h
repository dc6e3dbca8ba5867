// Functions of this program that SQL can call. Only this folder includes it.
#pragma once

struct sqlite3;

namespace calotype {

// Adds to the connection, and returns SQLite's result code:
//   fold(text)     FoldCaseAndAccents() in base/unicode.h
//   indexed(text)  IndexedLines() in text_query.h
// Both return NULL for NULL. No index or trigger of the schema may use them: other programs that open the file lack
// them.
int AddFunctions(sqlite3* connection);

}  // namespace calotype
