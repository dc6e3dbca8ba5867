// Functions of this program that SQL can call. Only this folder includes it.
#pragma once

struct sqlite3;

namespace calotype {

// Adds indexed(text) to the connection, which is IndexedLines() in text_query.h and NULL for NULL; returns SQLite's
// result code. No index or trigger of the schema may use it: other programs that open the file lack it.
int AddFunctions(sqlite3* connection);

}  // namespace calotype
