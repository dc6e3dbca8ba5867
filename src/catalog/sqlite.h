// A thin layer over SQLite: a connection, its cached statements, transactions. Only this folder includes it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "base/status.h"

struct sqlite3;
struct sqlite3_stmt;

namespace calotype {

using Blob = std::span<const uint8_t>;

class Database;

struct FinalizeStatement {
  void operator()(sqlite3_stmt* statement) const;
};
using StatementHandle = std::unique_ptr<sqlite3_stmt, FinalizeStatement>;

// A prepared statement, borrowed from its Database; the destructor resets it and gives it back.
class Statement {
 public:
  Statement(Database* database, std::string_view sql, StatementHandle handle);
  Statement(Statement&& other) noexcept = default;
  Statement& operator=(Statement&&) = delete;
  ~Statement();

  // Resets the statement and binds ?1, ?2 ... to these values. Texts and blobs are copied. The next Step() reports a
  // value that cannot be bound.
  template <typename... Values>
  Statement& Bind(const Values&... values) {
    Reset();
    int index = 0;
    (BindValue(++index, values), ...);
    return *this;
  }

  // Moves to the next row; false after the last one.
  StatusOr<bool> Step();
  // Steps to the end and ignores rows.
  Status Run();
  // Calls visit(*this) on each row.
  template <typename Visit>
  Status ForEach(Visit&& visit) {
    while (true) {
      CALOTYPE_ASSIGN_OR_RETURN(const bool has_row, Step());
      if (!has_row) {
        return absl::OkStatus();
      }
      visit(*this);
    }
  }

  // Columns of the row that Step() moved to, from 0. Text and blob views live until the next Step().
  bool IsNull(int column) const;
  int64_t Int(int column) const;
  double Real(int column) const;
  float Float(int column) const { return static_cast<float>(Real(column)); }
  std::string Text(int column) const;
  Blob Bytes(int column) const;

 private:
  template <typename Value>
  void BindValue(int index, const Value& value) {
    if constexpr (std::is_same_v<Value, std::nullptr_t>) {
      BindNull(index);
    } else if constexpr (std::is_integral_v<Value>) {
      BindInt(index, static_cast<int64_t>(value));
    } else if constexpr (std::is_floating_point_v<Value>) {
      BindReal(index, static_cast<double>(value));
    } else if constexpr (std::is_convertible_v<const Value&, std::string_view>) {
      BindText(index, value);
    } else {
      BindBlob(index, value);
    }
  }
  // Out of line, because GCC 12 warns about reading an empty optional when they are inlined.
  void BindValue(int index, const std::optional<int64_t>& value);
  void BindValue(int index, const std::optional<double>& value);
  void BindValue(int index, const std::optional<std::string>& value);
  void BindValue(int index, const std::optional<Blob>& value);
  void NoteBind(int code);
  void BindNull(int index);
  void BindInt(int index, int64_t value);
  void BindReal(int index, double value);
  void BindText(int index, std::string_view value);
  void BindBlob(int index, Blob value);
  void Reset();

  Database* database_;
  std::string sql_;
  StatementHandle handle_;
  int bind_error_ = 0;
};

// One connection. Not thread-safe.
class Database {
 public:
  // Opens or creates `file`; nothing is written yet. Waits up to 10 s for another process's lock.
  // A file that cannot be written is opened for reading. Where its folder cannot be written either and no process has
  // it open (there is no "-wal" file), SQLite cannot make the files by which its processes agree, and reads the file as
  // one that does not change. When another process, which may write there, begins to do so, the next statement fails
  // with kUnavailable: what the connection has read until then is consistent, and a new connection sees the change.
  static StatusOr<std::unique_ptr<Database>> Open(const std::filesystem::path& file);
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;
  ~Database();

  // Runs a script of several statements without parameters.
  Status Script(const std::string& sql);
  // A statement with its values bound, ready for Step().
  template <typename... Values>
  StatusOr<Statement> Query(std::string_view sql, const Values&... values) {
    CALOTYPE_ASSIGN_OR_RETURN(Statement statement, Prepare(sql));
    statement.Bind(values...);
    return statement;
  }
  // Runs a statement to its end.
  template <typename... Values>
  Status Execute(std::string_view sql, const Values&... values) {
    CALOTYPE_ASSIGN_OR_RETURN(Statement statement, Query(sql, values...));
    return statement.Run();
  }
  // The first column of the first row; nullopt when there is no row or it is NULL.
  template <typename... Values>
  StatusOr<std::optional<int64_t>> QueryInt(std::string_view sql, const Values&... values) {
    CALOTYPE_ASSIGN_OR_RETURN(Statement statement, Query(sql, values...));
    CALOTYPE_ASSIGN_OR_RETURN(const bool has_row, statement.Step());
    return has_row && !statement.IsNull(0) ? std::optional(statement.Int(0)) : std::nullopt;
  }

  // Rows that the last INSERT, UPDATE or DELETE changed.
  int64_t changes() const;
  int64_t last_insert_id() const;
  bool in_transaction() const;
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
  friend class Statement;
  Database(std::filesystem::path file, sqlite3* connection, bool immutable);
  StatusOr<Statement> Prepare(std::string_view sql);
  void GiveBack(std::string sql, StatementHandle handle);

  std::filesystem::path file_;
  sqlite3* connection_;
  const bool immutable_;  // read without locks
  std::map<std::string, StatementHandle, std::less<>> idle_statements_;
};

// A transaction that the destructor rolls back unless it was committed. Inside an open transaction it is a savepoint of
// that transaction.
class SqliteTransaction {
 public:
  static StatusOr<SqliteTransaction> Begin(Database& database);
  SqliteTransaction(SqliteTransaction&& other) noexcept
      : database_(std::exchange(other.database_, nullptr)), nested_(other.nested_) {}
  SqliteTransaction& operator=(SqliteTransaction&&) = delete;
  ~SqliteTransaction();

  Status Commit();

 private:
  SqliteTransaction(Database* database, bool nested) : database_(database), nested_(nested) {}

  Database* database_;  // null once committed
  bool nested_;
};

}  // namespace calotype
