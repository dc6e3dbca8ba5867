#include "catalog/sqlite.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sqlite3.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "catalog/sqlite_functions.h"

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

}  // namespace

void FinalizeStatement::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }

Statement::Statement(Database* database, std::string_view sql, StatementHandle handle)
    : database_(database), sql_(sql), handle_(std::move(handle)) {}

Statement::~Statement() {
  if (handle_ != nullptr) {
    Reset();
    database_->GiveBack(std::move(sql_), std::move(handle_));
  }
}

void Statement::Reset() {
  sqlite3_reset(handle_.get());
  sqlite3_clear_bindings(handle_.get());
  bind_error_ = SQLITE_OK;
}

StatusOr<bool> Statement::Step() {
  if (bind_error_ != SQLITE_OK) {
    return database_->ErrorStatus(bind_error_);
  }
  errno = 0;
  const int code = sqlite3_step(handle_.get());
  if (code == SQLITE_ROW || code == SQLITE_DONE) {
    return code == SQLITE_ROW;
  }
  return database_->ErrorStatus(code);
}

Status Statement::Run() {
  return ForEach([](const Statement&) {});
}

bool Statement::IsNull(int column) const { return sqlite3_column_type(handle_.get(), column) == SQLITE_NULL; }

int64_t Statement::Int(int column) const { return sqlite3_column_int64(handle_.get(), column); }

double Statement::Real(int column) const { return sqlite3_column_double(handle_.get(), column); }

std::string Statement::Text(int column) const {
  const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(handle_.get(), column));
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(handle_.get(), column));
  return text == nullptr ? std::string() : std::string(text, size);
}

Blob Statement::Bytes(int column) const {
  const auto* data = static_cast<const uint8_t*>(sqlite3_column_blob(handle_.get(), column));
  return {data, data == nullptr ? 0 : static_cast<std::size_t>(sqlite3_column_bytes(handle_.get(), column))};
}

void Statement::NoteBind(int code) {
  if (bind_error_ == SQLITE_OK) {
    bind_error_ = code;
  }
}

void Statement::BindValue(int index, const std::optional<int64_t>& value) {
  value.has_value() ? BindInt(index, *value) : BindNull(index);
}

void Statement::BindValue(int index, const std::optional<double>& value) {
  value.has_value() ? BindReal(index, *value) : BindNull(index);
}

void Statement::BindValue(int index, const std::optional<std::string>& value) {
  value.has_value() ? BindText(index, *value) : BindNull(index);
}

void Statement::BindValue(int index, const std::optional<Blob>& value) {
  value.has_value() ? BindBlob(index, *value) : BindNull(index);
}

void Statement::BindNull(int index) { NoteBind(sqlite3_bind_null(handle_.get(), index)); }

void Statement::BindInt(int index, int64_t value) { NoteBind(sqlite3_bind_int64(handle_.get(), index, value)); }

void Statement::BindReal(int index, double value) { NoteBind(sqlite3_bind_double(handle_.get(), index, value)); }

void Statement::BindText(int index, std::string_view value) {
  // The data of an empty view may be null, which SQLite would store as NULL.
  const char* data = value.empty() ? "" : value.data();
  NoteBind(sqlite3_bind_text64(handle_.get(), index, data, value.size(), SQLITE_TRANSIENT, SQLITE_UTF8));
}

void Statement::BindBlob(int index, Blob value) {
  NoteBind(value.empty() ? sqlite3_bind_zeroblob(handle_.get(), index, 0)
                         : sqlite3_bind_blob64(handle_.get(), index, value.data(), value.size(), SQLITE_TRANSIENT));
}

StatusOr<std::unique_ptr<Database>> Database::Open(const std::filesystem::path& file) {
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
  return std::unique_ptr<Database>(new Database(file, connection, immutable));
}

Database::Database(std::filesystem::path file, sqlite3* connection, bool immutable)
    : file_(std::move(file)), connection_(connection), immutable_(immutable) {}

Database::~Database() {
  idle_statements_.clear();
  sqlite3_close(connection_);
}

Status Database::Script(const std::string& sql) {
  errno = 0;
  const int code = sqlite3_exec(connection_, sql.c_str(), nullptr, nullptr, nullptr);
  return code == SQLITE_OK ? absl::OkStatus() : ErrorStatus(code);
}

StatusOr<Statement> Database::Prepare(std::string_view sql) {
  // Writers put changes there first, and into the file itself later.
  if (std::error_code error; immutable_ && std::filesystem::exists(WalFile(file_), error)) {
    return absl::UnavailableError(
        fmt::format("another process began to write the catalogue {} while it was read; run again", file_.string()));
  }
  if (const auto idle = idle_statements_.find(sql); idle != idle_statements_.end()) {
    StatementHandle handle = std::move(idle->second);
    idle_statements_.erase(idle);
    return Statement(this, sql, std::move(handle));
  }
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v3(connection_, sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT,
                                      &statement, nullptr);
  if (code != SQLITE_OK) {
    return ErrorStatus(code);
  }
  return Statement(this, sql, StatementHandle(statement));
}

void Database::GiveBack(std::string sql, StatementHandle handle) {
  idle_statements_.try_emplace(std::move(sql), std::move(handle));
}

bool Database::read_only() const { return sqlite3_db_readonly(connection_, "main") == 1; }

int64_t Database::changes() const { return sqlite3_changes64(connection_); }

int64_t Database::last_insert_id() const { return sqlite3_last_insert_rowid(connection_); }

bool Database::in_transaction() const { return sqlite3_get_autocommit(connection_) == 0; }

Status Database::ErrorStatus(int code) const { return StatusOf(connection_, code, file_); }

StatusOr<SqliteTransaction> SqliteTransaction::Begin(Database& database) {
  const bool nested = database.in_transaction();
  // IMMEDIATE, because a transaction that reads first and writes later fails when another writer came in between.
  CALOTYPE_RETURN_IF_ERROR(database.Execute(nested ? "SAVEPOINT calotype" : "BEGIN IMMEDIATE"));
  return SqliteTransaction(&database, nested);
}

Status SqliteTransaction::Commit() {
  CALOTYPE_RETURN_IF_ERROR(database_->Execute(nested_ ? "RELEASE calotype" : "COMMIT"));
  database_ = nullptr;
  return absl::OkStatus();
}

SqliteTransaction::~SqliteTransaction() {
  // On a full disk SQLite has rolled back already.
  if (database_ == nullptr || !database_->in_transaction()) {
    return;
  }
  if (nested_) {
    database_->Execute("ROLLBACK TO calotype").IgnoreError();
    database_->Execute("RELEASE calotype").IgnoreError();
  } else {
    database_->Execute("ROLLBACK").IgnoreError();
  }
}

}  // namespace calotype
