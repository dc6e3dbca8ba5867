#include "catalog/postgres.h"

#include <fmt/format.h>
#include <libpq-fe.h>

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cstring>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "base/unicode.h"
#include "catalog/postgres_text_index.h"

namespace calotype {
namespace {

// Types by the server's numbers (pg_type.dat), which never change.
constexpr Oid kBool = 16;
constexpr Oid kBytea = 17;
constexpr Oid kInt8 = 20;
constexpr Oid kInt2 = 21;
constexpr Oid kInt4 = 23;
constexpr Oid kText = 25;
constexpr Oid kFloat4 = 700;
constexpr Oid kFloat8 = 701;
constexpr Oid kByteas = 1001;
constexpr Oid kTexts = 1009;
constexpr Oid kInt8s = 1016;
constexpr Oid kFloat8s = 1022;

constexpr int kBinary = 1;

// A transaction that collided with others is run again a few times.
constexpr int kTries = 4;
constexpr absl::Duration kTryWait = absl::Milliseconds(20);

// A process that sleeps in the middle of a transaction, or whose machine vanished, must not keep its locks: the server
// ends its connection after a while without a statement, and with it the transaction.

// One writer at a time, as in SQLite: changes are then committed in the order of their numbers (ChangeCatalog), and no
// transaction fails because of another. The lock and its time limit end with the transaction.
constexpr const char* kBegin =
    "BEGIN; SET LOCAL lock_timeout = '10s'; SET LOCAL idle_in_transaction_session_timeout = '30s';"
    " SELECT pg_advisory_xact_lock(1130458223, hashtext(current_schema()))";
constexpr const char* kBeginLong =
    "BEGIN; SET LOCAL lock_timeout = '10s'; SET LOCAL idle_in_transaction_session_timeout = '10min';"
    " SELECT pg_advisory_xact_lock(1130458223, hashtext(current_schema()))";

// What claims and results look for, they find by numbers of photos. Without statistics, as those of a new library that
// grows, the planner would read whole tables: each batch would then cost more than the one before. Where it has to read
// one (the names of people), the cost that it computes is so high that it would compile the statement, which takes
// longer.
constexpr const char* kBeginResults =
    "BEGIN; SET LOCAL lock_timeout = '10s'; SET LOCAL idle_in_transaction_session_timeout = '30s';"
    " SET LOCAL enable_seqscan = off; SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off;"
    " SET LOCAL jit = off;"
    " SELECT pg_advisory_xact_lock(1130458223, hashtext(current_schema()))";

// Claims of several workers do not wait for each other, nor for the disk: after a crash of the server, photos of the
// latest ones are free again, and their chunks do not have the owner that stores results.
constexpr const char* kBeginClaim =
    "BEGIN; SET LOCAL synchronous_commit = off; SET LOCAL lock_timeout = '10s';"
    " SET LOCAL idle_in_transaction_session_timeout = '30s'; SET LOCAL enable_seqscan = off;"
    " SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off; SET LOCAL jit = off";
constexpr const char* kLockBooking = "SELECT pg_advisory_xact_lock(1130458224, hashtext(current_schema()))";

// The people whose cover was not chosen have the face with the highest score x area; of several, the oldest.
constexpr Dialect kPostgres = {
    .begin = kBegin,
    .begin_long = kBeginLong,
    .begin_snapshot = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
    .begin_results = kBeginResults,
    .begin_claim = kBeginClaim,
    .lock_booking = kLockBooking,
    .skip_taken = " FOR UPDATE SKIP LOCKED",
    .lock_rows = " FOR UPDATE",
    .chunks_at_once = 16,
    .is_one_of = "= ANY(?1)",
    .has_arrays = true,
    .returning = " RETURNING id",
    .record_change =
        "INSERT INTO photo_change(photo_id) VALUES (?1)"
        " ON CONFLICT(photo_id) DO UPDATE SET number = excluded.number",
    // Steps through the index from each keyword to the next.
    .keywords =
        "WITH RECURSIVE word(key) AS ((SELECT lower(name) FROM keyword ORDER BY lower(name) LIMIT 1) UNION ALL"
        " SELECT (SELECT lower(keyword.name) FROM keyword WHERE lower(keyword.name) > word.key"
        " ORDER BY lower(keyword.name) LIMIT 1) FROM word WHERE word.key IS NOT NULL)"
        " SELECT (SELECT min(name) FROM keyword WHERE lower(name) = key), NULL FROM word WHERE key IS NOT NULL",
    .keyword_key = "lower(keyword.name)",
    .people =
        "SELECT person_id, name, faces, photos, cover, (SELECT min(path) FROM file JOIN face ON"
        " face.photo_id = file.photo_id WHERE face.id = cover AND missing = 0), hidden FROM"
        " (SELECT person_id, count(*) AS faces, count(DISTINCT photo_id) AS photos, (array_agg(face.id ORDER BY"
        "  (CASE WHEN face.id = cover_face_id THEN 1e18 ELSE score * width * height END) DESC, face.id))[1]"
        "  AS cover FROM face JOIN person ON person.id = person_id WHERE EXISTS"
        "  (SELECT 1 FROM file WHERE file.photo_id = face.photo_id AND missing = 0) GROUP BY person_id) AS shown"
        " JOIN person ON person.id = person_id ORDER BY photos DESC, person_id",
    .indexed_line = IndexedTokens,
};

// A text as the server takes it: UTF-8 without NUL.
std::string ValidText(std::string_view text) {
  std::string valid = DropInvalidUtf8(text, text.size());
  std::erase(valid, '\0');
  return valid;
}

template <typename Number>
Number FromNetwork(const char* bytes) {
  std::array<char, sizeof(Number)> reversed{};
  std::reverse_copy(bytes, bytes + sizeof(Number), reversed.begin());
  return std::bit_cast<Number>(reversed);
}

// The end of `bytes` gets a number in the order of the network.
template <typename Number>
void AddNumber(Number number, std::string& bytes) {
  const auto raw = std::bit_cast<std::array<char, sizeof(Number)>>(number);
  bytes.append(raw.rbegin(), raw.rend());
}

// An array of one dimension as the server reads it (array_recv): dimensions, whether there are NULLs, type of the
// elements, count, first index; then the elements, each after its size.
template <typename Values, typename Element>
std::string ArrayBytes(const Values& values, Oid type, const Element& element) {
  std::string bytes;
  AddNumber<int32_t>(1, bytes);
  AddNumber<int32_t>(0, bytes);
  AddNumber<uint32_t>(type, bytes);
  AddNumber<int32_t>(static_cast<int32_t>(values.size()), bytes);
  AddNumber<int32_t>(1, bytes);
  for (const auto& value : values) {
    const std::string_view one = element(value);
    AddNumber<int32_t>(static_cast<int32_t>(one.size()), bytes);
    bytes += one;
  }
  return bytes;
}

// The server's numbered values: $1 for ?1. What is in quotes stays.
std::string WithDollars(std::string_view sql) {
  std::string text(sql);
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    quoted = text[i] == '\'' ? !quoted : quoted;
    const bool is_number = i + 1 < text.size() && text[i + 1] >= '1' && text[i + 1] <= '9';
    if (!quoted && text[i] == '?' && is_number) {
      text[i] = '$';
    }
  }
  return text;
}

bool StartsWithOneOf(std::string_view sql, std::initializer_list<std::string_view> words) {
  return std::ranges::any_of(words, [sql](std::string_view word) { return sql.starts_with(word); });
}

// idle_in_transaction_session_timeout: the server has closed the connection.
constexpr std::string_view kSleptTooLong = "25P03";

// A kind of error. In the message, {0} is the catalogue, {1} the reason.
struct ErrorKind {
  absl::StatusCode code;
  const char* message;
};

// By SQLSTATE (the server's documentation, appendix A).
ErrorKind ErrorKindOf(std::string_view state) {
  if (state.starts_with("08") || state.starts_with("57P") || state == "53300" || state == kSleptTooLong) {
    return {absl::StatusCode::kUnavailable,
            "the connection to the catalogue {0} ended ({1}); run again when the server is back"};
  }
  if (state == "55P03") {
    return {absl::StatusCode::kUnavailable,
            "the catalogue {0} was locked by another program for too long ({1}); try again when that program has "
            "finished"};
  }
  if (state == "40001" || state == "40P01") {
    return {absl::StatusCode::kUnavailable,
            "another program changed the catalogue {0} at the same time ({1}); run again"};
  }
  if (state.starts_with("53")) {
    return {absl::StatusCode::kResourceExhausted,
            "the server of the catalogue {0} has no more room ({1}); free space on its disk and run again"};
  }
  if (state == "25006") {
    return {absl::StatusCode::kPermissionDenied,
            "the server of the catalogue {0} only reads ({1}); name the primary, or add "
            "?target_session_attrs=read-write to the address"};
  }
  if (state == "42501" || state.starts_with("28")) {
    return {absl::StatusCode::kPermissionDenied,
            "the catalogue {0} refuses this to its user ({1}); make them the owner of the database"};
  }
  if (state == "23503") {
    return {absl::StatusCode::kNotFound,
            "catalogue {0}: a row refers to a photo, face or person that does not exist ({1})"};
  }
  if (state == "25P02") {
    return {absl::StatusCode::kFailedPrecondition,
            "an earlier error rolled this transaction of the catalogue {0} back ({1})"};
  }
  if (state.starts_with("XX001") || state.starts_with("XX002")) {
    return {absl::StatusCode::kDataLoss,
            "the server found damaged data in the catalogue {0} ({1}); restore it from a backup"};
  }
  return {absl::StatusCode::kInternal, "catalogue {0}: {1}"};
}

std::string FieldOf(const PGresult* result, int field) {
  const char* const text = result == nullptr ? nullptr : PQresultErrorField(result, field);
  return text == nullptr ? std::string() : std::string(text);
}

bool CollidedWithOthers(const PGresult* result) {
  const std::string state = FieldOf(result, PG_DIAG_SQLSTATE);
  return state == "40001" || state == "40P01";
}

}  // namespace

void ClearResult::operator()(pg_result* result) const { PQclear(result); }

// The server plans a statement each time that it runs: named statements do not survive pgbouncer. Numbers go as text
// without a type, which the server takes from the place where they stand.
class PostgresStatement final : public CompiledStatement {
 public:
  PostgresStatement(PostgresDatabase& database, std::string_view sql)
      : database_(database),
        sql_(WithDollars(sql)),
        simple_(StartsWithOneOf(sql, {"BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE", "VACUUM"})),
        writes_(StartsWithOneOf(sql, {"INSERT", "UPDATE", "DELETE"})) {}

  void Reset() override {
    result_.reset();
    row_ = -1;
    values_.clear();
  }
  void BindNull(int index) override { At(index) = {.is_null = true}; }
  void BindInt(int index, int64_t value) override { At(index) = {.bytes = fmt::format("{}", value)}; }
  void BindReal(int index, double value) override {
    At(index) = {.bytes = fmt::format("{:.17g}", value), .type = kFloat8};
  }
  void BindText(int index, std::string_view value) override {
    At(index) = {.bytes = ValidText(value), .type = kText, .format = kBinary};
  }
  void BindPath(int index, std::string_view value) override {
    At(index) = {.bytes = std::string(value), .type = kBytea, .format = kBinary};
  }
  void BindBlob(int index, Blob value) override {
    At(index) = {.bytes = std::string(value.begin(), value.end()), .type = kBytea, .format = kBinary};
  }
  void BindInts(int index, Ints list) override { At(index) = NumbersOf(list.values, kInt8, kInt8s); }
  void BindReals(int index, Reals list) override { At(index) = NumbersOf(list.values, kFloat8, kFloat8s); }
  void BindTexts(int index, Texts list) override {
    std::string valid;
    const auto text = [&valid](const std::string& value) { return std::string_view(valid = ValidText(value)); };
    At(index) = {.bytes = ArrayBytes(list.values, kText, text), .type = kTexts, .format = kBinary};
  }
  void BindBlobs(int index, Blobs list) override {
    const auto raw = [](Blob value) {
      return std::string_view(reinterpret_cast<const char*>(value.data()), value.size());
    };
    At(index) = {.bytes = ArrayBytes(list.values, kBytea, raw), .type = kByteas, .format = kBinary};
  }

  StatusOr<bool> Step() override {
    if (result_ == nullptr) {
      CALOTYPE_ASSIGN_OR_RETURN(result_, simple_
                                             ? database_.RunSimple(sql_)
                                             : database_.RunStatement(writes_, [this](PGconn* c) { return Send(c); }));
    }
    return ++row_ < PQntuples(result_.get());
  }

  bool IsNull(int column) const override { return PQgetisnull(result_.get(), row_, column) == 1; }

  int64_t Int(int column) const override {
    const char* const bytes = PQgetvalue(result_.get(), row_, column);
    if (IsNull(column)) {
      return 0;
    }
    switch (PQftype(result_.get(), column)) {
      case kInt8:
        return FromNetwork<int64_t>(bytes);
      case kInt4:
        return FromNetwork<int32_t>(bytes);
      case kInt2:
        return FromNetwork<int16_t>(bytes);
      case kBool:
        return *bytes;
      case kFloat8:
        return static_cast<int64_t>(FromNetwork<double>(bytes));
      default: {
        const std::string_view text = View(column);
        int64_t value = 0;
        std::from_chars(text.data(), text.data() + text.size(), value);
        return value;
      }
    }
  }

  double Real(int column) const override {
    if (IsNull(column)) {
      return 0;
    }
    const char* const bytes = PQgetvalue(result_.get(), row_, column);
    switch (PQftype(result_.get(), column)) {
      case kFloat8:
        return FromNetwork<double>(bytes);
      case kFloat4:
        return FromNetwork<float>(bytes);
      default:
        return static_cast<double>(Int(column));
    }
  }

  std::string Text(int column) const override {
    switch (PQftype(result_.get(), column)) {
      case kInt8:
      case kInt4:
      case kInt2:
      case kBool:
        return IsNull(column) ? std::string() : fmt::format("{}", Int(column));
      default:
        return std::string(View(column));
    }
  }

  Blob Bytes(int column) const override {
    const std::string_view bytes = View(column);
    return {reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()};
  }

 private:
  struct Value {
    std::string bytes;
    Oid type = 0;
    int format = 0;
    bool is_null = false;
  };

  template <typename Number>
  static Value NumbersOf(std::span<const Number> numbers, Oid type, Oid array_type) {
    std::string raw;
    const auto bytes = [&raw](Number number) {
      raw.clear();
      AddNumber(number, raw);
      return std::string_view(raw);
    };
    return {.bytes = ArrayBytes(numbers, type, bytes), .type = array_type, .format = kBinary};
  }

  Value& At(int index) {
    values_.resize(std::max(values_.size(), static_cast<std::size_t>(index)));
    return values_[static_cast<std::size_t>(index) - 1];
  }
  // Empty for NULL.
  std::string_view View(int column) const {
    return {PQgetvalue(result_.get(), row_, column),
            static_cast<std::size_t>(PQgetlength(result_.get(), row_, column))};
  }

  PGresult* Send(PGconn* connection) const {
    std::vector<Oid> types;
    std::vector<const char*> bytes;
    std::vector<int> lengths;
    std::vector<int> formats;
    for (const Value& value : values_) {
      types.push_back(value.type);
      bytes.push_back(value.is_null ? nullptr : value.bytes.c_str());
      lengths.push_back(static_cast<int>(value.bytes.size()));
      formats.push_back(value.format);
    }
    return PQexecParams(connection, sql_.c_str(), static_cast<int>(values_.size()), types.data(), bytes.data(),
                        lengths.data(), formats.data(), kBinary);
  }

  PostgresDatabase& database_;
  const std::string sql_;
  const bool simple_;
  const bool writes_;
  std::vector<Value> values_;
  ResultHandle result_;
  int row_ = -1;
};

StatusOr<std::unique_ptr<PostgresDatabase>> PostgresDatabase::Open(PostgresAddress address) {
  CALOTYPE_ASSIGN_OR_RETURN(PostgresConnection connection, ConnectToServer(address));
  return std::unique_ptr<PostgresDatabase>(new PostgresDatabase(std::move(address), std::move(connection)));
}

PostgresDatabase::~PostgresDatabase() { DropStatements(); }

const Dialect& PostgresDatabase::dialect() const { return kPostgres; }

StatusOr<std::unique_ptr<CompiledStatement>> PostgresDatabase::Compile(std::string_view sql) {
  return std::make_unique<PostgresStatement>(*this, sql);
}

Status PostgresDatabase::CheckUsable() {
  // A statement of a transaction that was lost fails by itself, except for its ROLLBACK.
  return lost_ && !in_transaction_ ? Reconnect() : absl::OkStatus();
}

Status PostgresDatabase::Reconnect() {
  CALOTYPE_ASSIGN_OR_RETURN(connection_, ConnectToServer(address_));
  lost_ = false;
  return absl::OkStatus();
}

bool PostgresDatabase::ReconnectedAfterLoss() { return lost_ && !in_transaction_ && Reconnect().ok(); }

Status PostgresDatabase::ErrorStatus(const pg_result* result) const {
  std::string state = FieldOf(result, PG_DIAG_SQLSTATE);
  std::string reason = FieldOf(result, PG_DIAG_MESSAGE_PRIMARY);
  if (state.empty()) {
    // There is no answer of the server.
    state = "08006";
    reason = PQerrorMessage(connection_.get());
    while (reason.ends_with('\n')) {
      reason.pop_back();
    }
    std::ranges::replace(reason, '\n', ' ');
    std::erase(reason, '\t');
  }
  const ErrorKind kind = ErrorKindOf(state);
  return {kind.code,
          fmt::format(fmt::runtime(kind.message), address_.name, fmt::format("{}, SQLSTATE {}", reason, state))};
}

Status PostgresDatabase::CheckResult(const pg_result* result) {
  const ExecStatusType status = PQresultStatus(result);
  if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK) {
    return absl::OkStatus();
  }
  const std::string state = FieldOf(result, PG_DIAG_SQLSTATE);
  lost_ = state.empty() || state.starts_with("57P") || state == kSleptTooLong ||
          PQstatus(connection_.get()) != CONNECTION_OK;
  return ErrorStatus(result);
}

StatusOr<ResultHandle> PostgresDatabase::RunSimple(const std::string& sql) {
  const bool begins = sql.starts_with("BEGIN");
  const bool ends = sql == "COMMIT" || sql == "ROLLBACK";
  ResultHandle result(PQexec(connection_.get(), sql.c_str()));
  Status status = CheckResult(result.get());
  if (begins && ReconnectedAfterLoss()) {
    result.reset(PQexec(connection_.get(), sql.c_str()));
    status = CheckResult(result.get());
  }
  if (begins && !status.ok() && PQtransactionStatus(connection_.get()) != PQTRANS_IDLE) {
    ResultHandle(PQexec(connection_.get(), "ROLLBACK"));  // the lock was refused
  }
  in_transaction_ = begins ? status.ok() : in_transaction_ && !ends;
  CALOTYPE_RETURN_IF_ERROR(status);
  if (sql == "COMMIT" && std::string_view(PQcmdStatus(result.get())) == "ROLLBACK") {
    return absl::FailedPreconditionError(
        fmt::format("an earlier error rolled this transaction of the catalogue {} back", address_.name));
  }
  return result;
}

template <typename Send>
StatusOr<ResultHandle> PostgresDatabase::RunStatement(bool writes, const Send& send) {
  for (int tries = 1;; ++tries) {
    const bool own = writes && !in_transaction_;
    if (own) {
      CALOTYPE_RETURN_IF_ERROR(RunSimple(kBegin).status());
    }
    ResultHandle result(send(connection_.get()));
    Status status = CheckResult(result.get());
    const bool again = (own || !in_transaction_) && tries < kTries &&
                       (CollidedWithOthers(result.get()) || (!writes && ReconnectedAfterLoss()));
    if (own) {
      const Status ended = RunSimple(status.ok() ? "COMMIT" : "ROLLBACK").status();
      status.Update(ended);
    }
    if (status.ok()) {
      const char* const rows = PQcmdTuples(result.get());
      changes_ = 0;
      std::from_chars(rows, rows + std::strlen(rows), changes_);
      return result;
    }
    if (!again) {
      return status;
    }
    absl::SleepFor(kTryWait * tries);
  }
}

StatusOr<int64_t> PostgresDatabase::LastId(std::string_view table, std::string_view column) {
  // NULL before the first.
  CALOTYPE_ASSIGN_OR_RETURN(const auto last,
                            QueryInt("SELECT pg_sequence_last_value(pg_get_serial_sequence(?1, ?2))", table, column));
  CALOTYPE_ASSIGN_OR_RETURN(const auto highest, QueryInt(fmt::format("SELECT max({}) FROM {}", column, table)));
  return std::max(last.value_or(0), highest.value_or(0));
}

Status PostgresDatabase::SetLastId(std::string_view table, std::string_view column, int64_t id) {
  return id == 0 ? absl::OkStatus()
                 : Execute("SELECT setval(pg_get_serial_sequence(?1, ?2), CAST(?3 AS bigint))", table, column, id);
}

std::string PostgresDatabase::KeptText(std::string_view text) const { return ValidText(text); }

Status PostgresDatabase::Script(const std::string& sql) {
  CALOTYPE_RETURN_IF_ERROR(CheckUsable());
  const ResultHandle result(PQexec(connection_.get(), sql.c_str()));
  return CheckResult(result.get());
}

}  // namespace calotype
