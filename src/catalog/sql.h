// A thin layer over SQL databases: a connection, its statements, transactions. Every role of the catalogue is written
// against it once; sqlite.h and postgres.h are the two databases. Only this folder includes it.
//
// The SQL is what both databases understand: ?1 stands for the first value, numbers are BIGINT, there is no OR IGNORE,
// and no column that is neither grouped nor aggregated. What has to differ is in Dialect, or in the class of one
// database (sqlite_catalog.h, postgres_catalog.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "base/status.h"

namespace calotype {

using Blob = std::span<const uint8_t>;

// A path as a value: its bytes need not be UTF-8, which texts must be in some databases.
struct PathBytes {
  std::string_view bytes;
};

// A list of numbers that is bound as one value. Use it with Dialect::is_one_of; where Dialect::has_arrays, unnest()
// makes rows of it.
struct Ints {
  std::span<const int64_t> values;
};
// The same for other types, only where Dialect::has_arrays.
struct Reals {
  std::span<const double> values;
};
struct Texts {
  std::span<const std::string> values;
};
struct Blobs {
  std::span<const Blob> values;
};

class Database;

// A statement as its database has it. Values are copied when they are bound.
class CompiledStatement {
 public:
  CompiledStatement() = default;
  CompiledStatement(const CompiledStatement&) = delete;
  CompiledStatement& operator=(const CompiledStatement&) = delete;
  virtual ~CompiledStatement() = default;

  // Forgets the values and the rows.
  virtual void Reset() = 0;
  virtual void BindNull(int index) = 0;
  virtual void BindInt(int index, int64_t value) = 0;
  virtual void BindReal(int index, double value) = 0;
  virtual void BindText(int index, std::string_view value) = 0;
  virtual void BindPath(int index, std::string_view value) = 0;
  virtual void BindBlob(int index, Blob value) = 0;
  virtual void BindInts(int index, Ints list) = 0;
  virtual void BindReals(int index, Reals list) = 0;
  virtual void BindTexts(int index, Texts list) = 0;
  virtual void BindBlobs(int index, Blobs list) = 0;
  // As the methods of Statement.
  virtual StatusOr<bool> Step() = 0;
  virtual bool IsNull(int column) const = 0;
  virtual int64_t Int(int column) const = 0;
  virtual double Real(int column) const = 0;
  virtual std::string Text(int column) const = 0;
  virtual Blob Bytes(int column) const = 0;
};

// A prepared statement, borrowed from its Database; the destructor resets it and gives it back.
class Statement {
 public:
  Statement(Database* database, std::string_view sql, std::unique_ptr<CompiledStatement> compiled);
  Statement(Statement&& other) noexcept = default;
  Statement& operator=(Statement&&) = delete;
  ~Statement();

  // Resets the statement and binds ?1, ?2 ... to these values. Texts and blobs are copied. The next Step() reports a
  // value that cannot be bound.
  template <typename... Values>
  Statement& Bind(const Values&... values) {
    compiled_->Reset();
    int index = 0;
    (BindValue(++index, values), ...);
    return *this;
  }
  // Binds the value ?index, after Bind().
  template <typename Value>
  Statement& BindAt(int index, const Value& value) {
    BindValue(index, value);
    return *this;
  }
  // Binds ?first, ?first + 1 ... to texts, after Bind().
  Statement& BindTexts(int first, std::span<const std::string> texts);

  // Moves to the next row; false after the last one.
  StatusOr<bool> Step() { return compiled_->Step(); }
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

  // Columns of the row that Step() moved to, from 0. Blob views live until the next Step().
  bool IsNull(int column) const { return compiled_->IsNull(column); }
  int64_t Int(int column) const { return compiled_->Int(column); }
  double Real(int column) const { return compiled_->Real(column); }
  float Float(int column) const { return static_cast<float>(Real(column)); }
  std::string Text(int column) const { return compiled_->Text(column); }  // also a path
  Blob Bytes(int column) const { return compiled_->Bytes(column); }

 private:
  template <typename Value>
  void BindValue(int index, const Value& value) {
    if constexpr (std::is_same_v<Value, std::nullptr_t>) {
      compiled_->BindNull(index);
    } else if constexpr (std::is_integral_v<Value>) {
      compiled_->BindInt(index, static_cast<int64_t>(value));
    } else if constexpr (std::is_floating_point_v<Value>) {
      compiled_->BindReal(index, static_cast<double>(value));
    } else if constexpr (std::is_same_v<Value, PathBytes>) {
      compiled_->BindPath(index, value.bytes);
    } else if constexpr (std::is_same_v<Value, Ints>) {
      compiled_->BindInts(index, value);
    } else if constexpr (std::is_same_v<Value, Reals>) {
      compiled_->BindReals(index, value);
    } else if constexpr (std::is_same_v<Value, Texts>) {
      compiled_->BindTexts(index, value);
    } else if constexpr (std::is_same_v<Value, Blobs>) {
      compiled_->BindBlobs(index, value);
    } else if constexpr (std::is_convertible_v<const Value&, std::string_view>) {
      compiled_->BindText(index, value);
    } else {
      compiled_->BindBlob(index, value);
    }
  }
  // Out of line, because GCC 12 warns about reading an empty optional when they are inlined.
  void BindValue(int index, const std::optional<int64_t>& value);
  void BindValue(int index, const std::optional<double>& value);
  void BindValue(int index, const std::optional<std::string>& value);
  void BindValue(int index, const std::optional<Blob>& value);

  Database* database_;
  std::string sql_;
  std::unique_ptr<CompiledStatement> compiled_;
};

// How the databases differ where several roles of the catalogue need it.
struct Dialect {
  // Begins a transaction that may write: other writers wait until it ends.
  const char* begin;
  // The same for a caller that computes between its statements, for minutes at most.
  const char* begin_long;
  // Begins a transaction that reads the database as it is at its first statement.
  const char* begin_snapshot;
  // The same for results of photos: its statements find rows by the numbers of some photos.
  const char* begin_results;
  // Begins a transaction that changes only who works on which photos: several run at the same time, on different rows,
  // and the latest may be undone by a crash of the server.
  const char* begin_claim;
  // Within such a transaction: until it ends, no other books photos. Empty if there is only one at a time.
  const char* lock_booking;
  // The end of a SELECT that takes rows that no other transaction has taken, without waiting.
  std::string_view skip_taken;
  // The end of a SELECT whose rows no other transaction may change before this one ends. It waits for others.
  std::string_view lock_rows;
  // The number of chunks of photos that are booked at once (chunks.h).
  int chunks_at_once;
  // "column" followed by this is true when it is one of the numbers (Ints) of the value ?1.
  std::string_view is_one_of;
  // Several rows can be written by one statement, from lists (unnest).
  bool has_arrays;
  // What makes an INSERT return the new id as its row. SQLite has it too, but then a full disk would undo this
  // statement only, and not the transaction.
  std::string_view returning;
  // Gives the photo ?1 the latest place in photo_change.
  std::string_view record_change;
  // The keywords, of those that differ in (ASCII) case only one: name, NULL.
  std::string_view keywords;
  // Of a row of `keyword`, with an index: equal for names that differ in case only, and to their lower case.
  std::string_view keyword_key;
  // People with a face in a present photo, most photos first: id, name, faces, photos, cover, its path, hidden. The
  // cover is the face that a user chose, else the one with the highest score x area.
  std::string_view people;
  // A line of text as the full-text index stores it.
  std::string (*indexed_line)(std::string_view line);
};

// One connection. Not thread-safe.
class Database {
 public:
  Database() = default;
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;
  virtual ~Database() = default;

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
  // Runs an INSERT of one row into a table with the key `id`; returns the new id.
  template <typename... Values>
  StatusOr<int64_t> Insert(std::string_view sql, const Values&... values) {
    CALOTYPE_ASSIGN_OR_RETURN(Statement statement, Query(std::string(sql).append(dialect().returning), values...));
    CALOTYPE_ASSIGN_OR_RETURN(const bool has_row, statement.Step());
    return has_row ? statement.Int(0) : last_insert_id();
  }

  // Begins a transaction that may write, by a beginning of the dialect. kAborted if it may do so only as a leader, and
  // another one leads.
  Status BeginWriting(const char* begin);
  // ProcessCatalog::WriteOnlyAsLeader()
  void WriteOnlyAsLeader(int64_t number) { leads_as_ = number; }

  // Runs a script of several statements without parameters.
  virtual Status Script(const std::string& sql) = 0;
  // Rows that the last INSERT, UPDATE or DELETE changed.
  virtual int64_t changes() const = 0;
  // The id of the last row that was inserted; where Dialect::returning is empty.
  virtual int64_t last_insert_id() const = 0;
  virtual bool in_transaction() const = 0;
  virtual const Dialect& dialect() const = 0;
  // For messages: the file, or the address without a password.
  virtual std::string name() const = 0;
  // The highest number that column `id` of `table` ever had; it is not given again where ids are never used again.
  virtual StatusOr<int64_t> LastId(std::string_view table, std::string_view column) = 0;
  virtual Status SetLastId(std::string_view table, std::string_view column, int64_t id) = 0;
  // A text as this database keeps it: some lose NUL, and what is not UTF-8.
  virtual std::string KeptText(std::string_view text) const = 0;
  // Whether a commit waits until it is on the disk, also where this costs much. Not within a transaction.
  virtual Status SetDurable(bool durable) = 0;

 protected:
  // kUnavailable when the connection must not be used any more.
  virtual Status CheckUsable() { return absl::OkStatus(); }
  virtual StatusOr<std::unique_ptr<CompiledStatement>> Compile(std::string_view sql) = 0;
  // Before the connection is closed.
  void DropStatements() { idle_statements_.clear(); }

 private:
  friend class Statement;
  StatusOr<Statement> Prepare(std::string_view sql);
  void GiveBack(std::string sql, std::unique_ptr<CompiledStatement> compiled);

  std::map<std::string, std::unique_ptr<CompiledStatement>, std::less<>> idle_statements_;
  std::optional<int64_t> leads_as_;
};

// A condition: `column` is one of the numbers that are bound to ?1 as Ints.
inline std::string IsOneOf(const Database& database, std::string_view column) {
  return std::string(column).append(" ").append(database.dialect().is_one_of);
}

// A transaction that the destructor rolls back unless it was committed. Inside an open transaction it is a savepoint of
// that transaction.
class DatabaseTransaction {
 public:
  static StatusOr<DatabaseTransaction> Begin(Database& database) { return Begin(database, database.dialect().begin); }
  // `begin` is one of the beginnings of the dialect.
  static StatusOr<DatabaseTransaction> Begin(Database& database, const char* begin);
  DatabaseTransaction(DatabaseTransaction&& other) noexcept
      : database_(std::exchange(other.database_, nullptr)), nested_(other.nested_) {}
  DatabaseTransaction& operator=(DatabaseTransaction&&) = delete;
  ~DatabaseTransaction();

  Status Commit();

 private:
  DatabaseTransaction(Database* database, bool nested) : database_(database), nested_(nested) {}

  Database* database_;  // null once committed
  bool nested_;
};

}  // namespace calotype
