#include "catalog/sqlite.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sqlite3.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "catalog/sqlite_functions.h"
#include "catalog/text_query.h"

namespace calotype {
namespace {

// A writer commits a batch within milliseconds; ten seconds pass only when another process or the disk hangs.
constexpr int kBusyTimeoutMs = 10'000;

// The errno of an I/O error, else 0. SQLite does not store it when a COMMIT fails; then errno itself has it, because
// Step() cleared it before. For other kinds of errors SQLite's stored errno may be an old one.
int SystemError(sqlite3* connection, int code) {
  const int now = errno;
  const int primary = code & 0xff;
  if (connection == nullptr || (primary != SQLITE_IOERR && primary != SQLITE_CANTOPEN)) {
    return 0;
  }
  const int kept = sqlite3_system_errno(connection);
  return kept != 0 ? kept : now;
}

// SQLite reports only ENOSPC as "full"; an exceeded quota or file size limit is an I/O error for it.
bool IsFull(int code, int system_error) {
  return (code & 0xff) == SQLITE_FULL || system_error == ENOSPC || system_error == EDQUOT || system_error == EFBIG;
}

// A kind of error. In the message, {0} is the file, {1} the reason, {2} the folder.
struct Kind {
  absl::StatusCode code;
  const char* message;
};

Kind KindOf(int code, int system_error) {
  if (IsFull(code, system_error)) {
    return {absl::StatusCode::kResourceExhausted,
            "disk full: the catalogue {0} cannot grow ({1}); free space in {2} and run again"};
  }
  switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return {absl::StatusCode::kUnavailable,
              "the catalogue {0} was locked by another process for too long ({1}); try again when that process has "
              "finished"};
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return {absl::StatusCode::kDataLoss,
              "the catalogue {0} is damaged or not a database ({1}); restore it from a backup, or move it away and "
              "scan again"};
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_AUTH:
      return {absl::StatusCode::kPermissionDenied,
              "the catalogue {0} cannot be opened or written ({1}); it and its folder {2} must exist and be writable"};
    default:
      break;
  }
  if (code == SQLITE_CONSTRAINT_FOREIGNKEY) {
    return {absl::StatusCode::kNotFound,
            "catalogue {0}: a row refers to a photo, face or person that does not exist ({1})"};
  }
  return {absl::StatusCode::kInternal, "catalogue {0}: {1}"};
}

Status StatusOf(sqlite3* connection, int code, const std::filesystem::path& file) {
  const int system_error = SystemError(connection, code);
  std::string reason = connection != nullptr ? sqlite3_errmsg(connection) : sqlite3_errstr(code);
  if (system_error != 0) {
    reason += fmt::format(": {}", std::generic_category().message(system_error));
  }
  const Kind kind = KindOf(code, system_error);
  return {kind.code, fmt::format(fmt::runtime(kind.message), file.string(),
                                 fmt::format("{}, SQLite code {}", reason, code), file.parent_path().string())};
}

std::filesystem::path WalFile(const std::filesystem::path& file) { return file.string() + "-wal"; }

bool MayWrite(const std::filesystem::path& path) { return faccessat(AT_FDCWD, path.c_str(), W_OK, AT_EACCESS) == 0; }

// True for a database that is there, in a folder that cannot be written, and that no process has open: all of it is in
// the one file then, but SQLite would need two more files beside it.
bool IsAtRestAndReadOnly(const std::filesystem::path& file) {
  std::error_code error;
  const std::filesystem::path folder = file.has_parent_path() ? file.parent_path() : ".";
  return std::filesystem::exists(file, error) && !std::filesystem::exists(WalFile(file), error) && !MayWrite(folder);
}

// `file` as SQLite's URI for a file that nobody changes.
std::string ImmutableUri(const std::filesystem::path& file) {
  constexpr std::string_view kSpecial = "%?#";
  std::string uri = "file:";
  for (const char c : std::filesystem::absolute(file).string()) {
    uri += kSpecial.find(c) == std::string_view::npos ? std::string(1, c)
                                                      : fmt::format("%{:02x}", static_cast<unsigned>(c));
  }
  return uri + "?immutable=1";
}

struct FinalizeStatement {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using StatementHandle = std::unique_ptr<sqlite3_stmt, FinalizeStatement>;

class SqliteStatement final : public CompiledStatement {
 public:
  SqliteStatement(const SqliteDatabase& database, sqlite3_stmt* statement) : database_(database), handle_(statement) {}

  void Reset() override {
    sqlite3_reset(handle_.get());
    sqlite3_clear_bindings(handle_.get());
    bind_error_ = SQLITE_OK;
  }
  void BindNull(int index) override { NoteBind(sqlite3_bind_null(handle_.get(), index)); }
  void BindInt(int index, int64_t value) override { NoteBind(sqlite3_bind_int64(handle_.get(), index, value)); }
  void BindReal(int index, double value) override { NoteBind(sqlite3_bind_double(handle_.get(), index, value)); }
  void BindText(int index, std::string_view value) override {
    // The data of an empty view may be null, which SQLite would store as NULL.
    const char* data = value.empty() ? "" : value.data();
    NoteBind(sqlite3_bind_text64(handle_.get(), index, data, value.size(), SQLITE_TRANSIENT, SQLITE_UTF8));
  }
  void BindPath(int index, std::string_view value) override { BindText(index, value); }
  void BindBlob(int index, Blob value) override {
    NoteBind(value.empty() ? sqlite3_bind_zeroblob(handle_.get(), index, 0)
                           : sqlite3_bind_blob64(handle_.get(), index, value.data(), value.size(), SQLITE_TRANSIENT));
  }
  void BindInts(int index, Ints list) override { BindText(index, fmt::format("[{}]", fmt::join(list.values, ","))); }
  // There are no statements that need them: one row after another is as fast.
  void BindReals(int /*index*/, Reals /*list*/) override { NoteBind(SQLITE_MISUSE); }
  void BindTexts(int /*index*/, Texts /*list*/) override { NoteBind(SQLITE_MISUSE); }
  void BindBlobs(int /*index*/, Blobs /*list*/) override { NoteBind(SQLITE_MISUSE); }

  StatusOr<bool> Step() override {
    if (bind_error_ != SQLITE_OK) {
      return database_.ErrorStatus(bind_error_);
    }
    errno = 0;
    const int code = sqlite3_step(handle_.get());
    if (code == SQLITE_ROW || code == SQLITE_DONE) {
      return code == SQLITE_ROW;
    }
    return database_.ErrorStatus(code);
  }

  bool IsNull(int column) const override { return sqlite3_column_type(handle_.get(), column) == SQLITE_NULL; }
  int64_t Int(int column) const override { return sqlite3_column_int64(handle_.get(), column); }
  double Real(int column) const override { return sqlite3_column_double(handle_.get(), column); }
  std::string Text(int column) const override {
    const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(handle_.get(), column));
    const auto size = static_cast<std::size_t>(sqlite3_column_bytes(handle_.get(), column));
    return text == nullptr ? std::string() : std::string(text, size);
  }
  Blob Bytes(int column) const override {
    const auto* data = static_cast<const uint8_t*>(sqlite3_column_blob(handle_.get(), column));
    return {data, data == nullptr ? 0 : static_cast<std::size_t>(sqlite3_column_bytes(handle_.get(), column))};
  }

 private:
  void NoteBind(int code) {
    if (bind_error_ == SQLITE_OK) {
      bind_error_ = code;
    }
  }

  const SqliteDatabase& database_;
  StatementHandle handle_;
  int bind_error_ = SQLITE_OK;
};

// IMMEDIATE, because a transaction that reads first and writes later fails when another writer came in between.
//
// Keywords: steps through the index from each one to the next, because folding every row would take seconds in a large
// library. People: SQLite takes the columns of the cover from the row with the maximum.
constexpr Dialect kSqlite = {
    .begin = "BEGIN IMMEDIATE",
    .begin_long = "BEGIN IMMEDIATE",
    .begin_snapshot = "BEGIN",
    .begin_results = "BEGIN IMMEDIATE",
    .begin_claim = "BEGIN IMMEDIATE",
    .lock_booking = "",
    .skip_taken = "",
    .lock_rows = "",
    .chunks_at_once = 1,
    .is_one_of = "IN (SELECT value FROM json_each(?1))",
    .has_arrays = false,
    .returning = "",
    .record_change = "INSERT OR REPLACE INTO photo_change(photo_id) VALUES (?1)",
    .keywords =
        "WITH RECURSIVE word(name) AS (SELECT min(name COLLATE NOCASE) FROM keyword UNION ALL"
        " SELECT (SELECT min(keyword.name COLLATE NOCASE) FROM keyword"
        " WHERE keyword.name COLLATE NOCASE > word.name) FROM word WHERE word.name IS NOT NULL)"
        " SELECT name, NULL FROM word WHERE name IS NOT NULL",
    .keyword_key = "keyword.name COLLATE NOCASE",
    .people =
        "SELECT person_id, person.name, count(*), count(DISTINCT photo_id) AS photos, face.id,"
        " (SELECT min(path) FROM file WHERE file.photo_id = face.photo_id AND missing = 0), hidden,"
        " max(CASE WHEN face.id = cover_face_id THEN 1e18 ELSE score * width * height END)"
        " FROM face JOIN person ON person.id = person_id WHERE EXISTS"
        " (SELECT 1 FROM file WHERE file.photo_id = face.photo_id AND missing = 0)"
        " GROUP BY person_id ORDER BY photos DESC, person_id",
    .indexed_line = IndexedLine,
};

}  // namespace

StatusOr<std::unique_ptr<SqliteDatabase>> SqliteDatabase::Open(const std::filesystem::path& file) {
  sqlite3* connection = nullptr;
  constexpr int kFlags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  const bool immutable = IsAtRestAndReadOnly(file);
  int code = immutable ? sqlite3_open_v2(ImmutableUri(file).c_str(), &connection,
                                         kFlags | SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, nullptr)
                       : sqlite3_open_v2(file.c_str(), &connection, kFlags | SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
                                         nullptr);
  code = code == SQLITE_OK ? AddFunctions(connection) : code;
  if (code != SQLITE_OK) {
    Status status = StatusOf(connection, code, file);
    sqlite3_close(connection);
    return status;
  }
  sqlite3_busy_timeout(connection, kBusyTimeoutMs);
  return std::unique_ptr<SqliteDatabase>(new SqliteDatabase(file, connection, immutable));
}

SqliteDatabase::SqliteDatabase(std::filesystem::path file, sqlite3* connection, bool immutable)
    : file_(std::move(file)), connection_(connection), immutable_(immutable) {}

SqliteDatabase::~SqliteDatabase() {
  DropStatements();
  sqlite3_close(connection_);
}

Status SqliteDatabase::Script(const std::string& sql) {
  errno = 0;
  const int code = sqlite3_exec(connection_, sql.c_str(), nullptr, nullptr, nullptr);
  return code == SQLITE_OK ? absl::OkStatus() : ErrorStatus(code);
}

Status SqliteDatabase::CheckUsable() {
  // Writers put changes there first, and into the file itself later.
  if (std::error_code error; immutable_ && std::filesystem::exists(WalFile(file_), error)) {
    return absl::UnavailableError(
        fmt::format("another process began to write the catalogue {} while it was read; run again", file_.string()));
  }
  return absl::OkStatus();
}

StatusOr<std::unique_ptr<CompiledStatement>> SqliteDatabase::Compile(std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v3(connection_, sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT,
                                      &statement, nullptr);
  if (code != SQLITE_OK) {
    return ErrorStatus(code);
  }
  return std::make_unique<SqliteStatement>(*this, statement);
}

StatusOr<int64_t> SqliteDatabase::LastId(std::string_view table, std::string_view column) {
  CALOTYPE_ASSIGN_OR_RETURN(const auto highest, QueryInt(fmt::format("SELECT max({}) FROM {}", column, table)));
  CALOTYPE_ASSIGN_OR_RETURN(const auto given, QueryInt("SELECT seq FROM sqlite_sequence WHERE name = ?1", table));
  return std::max(highest.value_or(0), given.value_or(0));
}

// Only tables whose ids are never used again have a row there.
Status SqliteDatabase::SetLastId(std::string_view table, std::string_view /*column*/, int64_t id) {
  return Execute("UPDATE sqlite_sequence SET seq = max(seq, ?2) WHERE name = ?1", table, id);
}

// In WAL mode, NORMAL does not wait.
Status SqliteDatabase::SetDurable(bool durable) {
  return Script(durable ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL");
}

const Dialect& SqliteDatabase::dialect() const { return kSqlite; }

bool SqliteDatabase::read_only() const { return sqlite3_db_readonly(connection_, "main") == 1; }

int64_t SqliteDatabase::changes() const { return sqlite3_changes64(connection_); }

int64_t SqliteDatabase::last_insert_id() const { return sqlite3_last_insert_rowid(connection_); }

bool SqliteDatabase::in_transaction() const { return sqlite3_get_autocommit(connection_) == 0; }

Status SqliteDatabase::ErrorStatus(int code) const { return StatusOf(connection_, code, file_); }

}  // namespace calotype
