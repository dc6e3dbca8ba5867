// The database SQLite (sql.h). Only this folder includes it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "base/status.h"
#include "catalog/sql.h"

struct sqlite3;

namespace calotype {

class SqliteDatabase final : public Database {
 public:
  // Opens or creates `file`; nothing is written yet. Waits up to 10 s for another process's lock.
  // A file that cannot be written is opened for reading. Where its folder cannot be written either and no process has
  // it open (there is no "-wal" file), SQLite cannot make the files by which its processes agree, and reads the file as
  // one that does not change. When another process, which may write there, begins to do so, the next statement fails
  // with kUnavailable: what the connection has read until then is consistent, and a new connection sees the change.
  static StatusOr<std::unique_ptr<SqliteDatabase>> Open(const std::filesystem::path& file);
  ~SqliteDatabase() override;

  Status Script(const std::string& sql) override;
  int64_t changes() const override;
  int64_t last_insert_id() const override;
  bool in_transaction() const override;
  const Dialect& dialect() const override;
  std::string name() const override { return file_.string(); }
  StatusOr<int64_t> LastId(std::string_view table, std::string_view column) override;
  Status SetLastId(std::string_view table, std::string_view column, int64_t id) override;
  std::string KeptText(std::string_view text) const override { return std::string(text); }
  Status SetDurable(bool durable) override;

  const std::filesystem::path& file() const { return file_; }
  // True when it was opened for reading only.
  bool read_only() const;

  // The Status for SQLite's result code `code`:
  //   kUnavailable        another process kept its lock for 10 s
  //   kResourceExhausted  the disk (or the quota, or the file size limit) is full
  //   kDataLoss           not a database, or a damaged one
  //   kPermissionDenied   cannot be opened or written
  //   kNotFound           a row refers to a photo, face or person that does not exist
  //   kInternal           everything else, with SQLite's message
  Status ErrorStatus(int code) const;

 private:
  SqliteDatabase(std::filesystem::path file, sqlite3* connection, bool immutable);
  Status CheckUsable() override;
  StatusOr<std::unique_ptr<CompiledStatement>> Compile(std::string_view sql) override;

  std::filesystem::path file_;
  sqlite3* connection_;
  const bool immutable_;  // read without locks
};

}  // namespace calotype
