#include "catalog/postgres_connect.h"

#include <fmt/format.h>
#include <libpq-fe.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "base/mutex.h"

namespace calotype {
namespace {

constexpr int kOldestServer = 140'000;  // PQserverVersion(): 14
constexpr const char* kWaitS = "10";
constexpr const char* kWaitForOthersS = "2";  // the least that libpq takes

// The history of a server: its cluster, which a standby shares with its primary, and the timeline in which it writes.
struct History {
  std::string cluster;   // empty: not known, as it need not be for servers of other makers
  int64_t timeline = 0;  // 0: it does not write
};

// The latest timelines that this process has seen, by cluster. Thread-safe.
class SeenTimelines {
 public:
  // Returns the latest one, which may be that of `history`.
  int64_t Add(const History& history) {
    const MutexLock lock(&mutex_);
    int64_t& latest = latest_[history.cluster];
    latest = std::max(latest, history.timeline);
    return latest;
  }

 private:
  Mutex mutex_;
  std::map<std::string, int64_t> latest_ ABSL_GUARDED_BY(mutex_);
};

Status ConnectStatus(const PostgresAddress& address, std::string reason) {
  for (std::size_t at = 0; !address.password.empty() && (at = reason.find(address.password)) != std::string::npos;) {
    reason.replace(at, address.password.size(), "...");
  }
  while (reason.ends_with('\n')) {
    reason.pop_back();
  }
  std::ranges::replace(reason, '\n', ' ');
  const auto says = [&reason](std::string_view words) { return reason.find(words) != std::string::npos; };
  if (says("authentication failed") || says("no password supplied") || says("pg_hba.conf") ||
      says("permission denied") || (says("role \"") && says("does not exist"))) {
    return absl::PermissionDeniedError(fmt::format(
        "the server refuses access to the catalogue {} ({}); check the user, ~/.pgpass or PGPASSWORD, and pg_hba.conf",
        address.name, reason));
  }
  if (says("database \"") && says("does not exist")) {
    return absl::NotFoundError(fmt::format(
        "the catalogue {} does not exist ({}); create it with: createdb --template=template0 --encoding=UTF8 DATABASE",
        address.name, reason));
  }
  return absl::UnavailableError(
      fmt::format("the catalogue {} cannot be reached ({}); check that the server runs and that its address in "
                  "catalog.file is right",
                  address.name, reason));
}

Status CheckServer(const PostgresAddress& address, PGconn* connection) {
  if (PQserverVersion(connection) < kOldestServer && PQserverVersion(connection) > 0) {
    return absl::FailedPreconditionError(
        fmt::format("the server of the catalogue {} is PostgreSQL {}; 14 or newer is needed", address.name,
                    PQserverVersion(connection) / 10'000));
  }
  const char* const encoding = PQparameterStatus(connection, "server_encoding");
  if (encoding != nullptr && std::string_view(encoding) != "UTF8") {
    return absl::FailedPreconditionError(
        fmt::format("the database of the catalogue {} has the encoding {}; create it with: createdb "
                    "--template=template0 --encoding=UTF8 DATABASE",
                    address.name, encoding));
  }
  return absl::OkStatus();
}

// A connection to `host`, or to the one that libpq chooses if its parts are empty. It may have failed.
PostgresConnection ConnectTo(const PostgresAddress& address, const PostgresHost& host, const char* wait_s) {
  struct Parameter {
    const char* keyword;
    const char* value;
  };
  // What the address does not say is taken from what is before it, and from the environment (PGUSER, PGPASSFILE ...).
  // What is behind it has the last word, unless it is empty.
  const std::array<Parameter, 12> parameters = {{{"connect_timeout", wait_s},
                                                 {"fallback_application_name", "calotype"},
                                                 {"keepalives_idle", "10"},
                                                 {"keepalives_interval", "5"},
                                                 {"keepalives_count", "4"},
                                                 {"tcp_user_timeout", "30000"},  // in milliseconds
                                                 {"dbname", address.url.c_str()},
                                                 {"client_encoding", "UTF8"},
                                                 {"host", host.name.c_str()},
                                                 {"hostaddr", host.address.c_str()},
                                                 {"port", host.port.c_str()},
                                                 {nullptr, nullptr}}};
  std::array<const char*, parameters.size()> keywords{};
  std::array<const char*, parameters.size()> values{};
  std::ranges::transform(parameters, keywords.begin(), &Parameter::keyword);
  std::ranges::transform(parameters, values.begin(), &Parameter::value);
  return PostgresConnection(PQconnectdbParams(keywords.data(), values.data(), /*expand_dbname=*/1));
}

// The name of the file of the log where the server writes begins with its timeline, in eight hexadecimal digits.
History HistoryOf(PGconn* connection) {
  PGresult* const result =
      PQexec(connection,
             "SELECT system_identifier, CASE WHEN pg_is_in_recovery() THEN '0' ELSE"
             " left(pg_walfile_name(pg_current_wal_insert_lsn()), 8) END FROM pg_control_system()");
  History history;
  if (PQresultStatus(result) == PGRES_TUPLES_OK && PQntuples(result) == 1) {
    constexpr int kHexadecimal = 16;
    const std::string_view timeline = PQgetvalue(result, 0, 1);
    history.cluster = PQgetvalue(result, 0, 0);
    std::from_chars(timeline.data(), timeline.data() + timeline.size(), history.timeline, kHexadecimal);
  }
  PQclear(result);
  return history;
}

}  // namespace

void CloseConnection::operator()(pg_conn* connection) const { PQfinish(connection); }

StatusOr<PostgresConnection> ConnectToServer(const PostgresAddress& address) {
  static SeenTimelines seen;
  const std::vector<PostgresHost> any(1);
  PostgresConnection newest;
  History history;
  std::string reasons;
  const bool asks_all = address.wants_primary && address.hosts.size() > 1;
  for (const PostgresHost& host : asks_all ? address.hosts : any) {
    PostgresConnection one = ConnectTo(address, host, newest == nullptr ? kWaitS : kWaitForOthersS);
    if (PQstatus(one.get()) != CONNECTION_OK) {
      reasons += PQerrorMessage(one.get());
      continue;
    }
    History of_one = HistoryOf(one.get());
    if (newest == nullptr || of_one.timeline > history.timeline) {
      newest = std::move(one);
      history = std::move(of_one);
    }
  }
  if (newest == nullptr) {
    return ConnectStatus(address, std::move(reasons));
  }
  CALOTYPE_RETURN_IF_ERROR(CheckServer(address, newest.get()));
  if (const int64_t latest = seen.Add(history); history.timeline > 0 && history.timeline < latest) {
    return absl::UnavailableError(fmt::format(
        "the server {} of the catalogue {} is an old primary (timeline {}; {} was seen), and what is written "
        "there would be lost; stop it, and make it a standby of the new one (docs/runbook.md)",
        PQhost(newest.get()), address.name, history.timeline, latest));
  }
  // Such as "table exists already, skipping".
  PQsetNoticeProcessor(newest.get(), [](void*, const char*) {}, nullptr);
  return newest;
}

}  // namespace calotype
