// ProcessCatalog: a row for each process, and the leader in the table "library".
#include <algorithm>
#include <cstdlib>
#include <exception>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "catalog/lease.h"
#include "catalog/library_keys.h"
#include "catalog/row_values.h"
#include "catalog/sql_catalog.h"

namespace calotype {
namespace {

using Json = nlohmann::json;

std::string FiguresToText(const ProcessFigures& figures) {
  const Json json = {{"analysed", figures.analysed},
                     {"failed", figures.failed},
                     {"held", figures.held},
                     {"per_minute", figures.per_minute.has_value() ? Json(*figures.per_minute) : Json(nullptr)},
                     {"devices", figures.devices},
                     {"walked_at", figures.walked_at},
                     {"walked", figures.walked}};
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// What a newer or older program wrote may lack keys.
ProcessFigures FiguresFromText(const std::string& text) {
  ProcessFigures figures;
  try {
    const Json json = Json::parse(text);
    figures.analysed = json.value("analysed", int64_t{0});
    figures.failed = json.value("failed", int64_t{0});
    figures.held = json.value("held", int64_t{0});
    if (const auto rate = json.find("per_minute"); rate != json.end() && rate->is_number()) {
      figures.per_minute = rate->get<double>();
    }
    figures.devices = json.value("devices", std::map<std::string, std::string>());
    figures.walked_at = json.value("walked_at", int64_t{0});
    figures.walked = json.value("walked", int64_t{0});
  } catch (const std::exception&) {
    return {};
  }
  return figures;
}

struct ProcessRow {
  int64_t id = 0;
  std::string random;
  bool alive = false;
  ProcessRecord record;
};

StatusOr<std::vector<ProcessRow>> ReadProcesses(Database& database) {
  CALOTYPE_ASSIGN_OR_RETURN(Statement rows,
                            database.Query("SELECT id, role, host, boot, pid_namespace, pid, start_time, random, since,"
                                           " lease_s, expires_at, expires_boot_ms, figures, unixepoch() FROM process"
                                           " ORDER BY since, id"));
  return ReadRows(std::move(rows), [boot = BootId(), boot_ms = LeaseNow().boot_ms](const Statement& row) {
    const Lease lease = {.owner = {.host = row.Text(2),
                                   .boot = row.Text(3),
                                   .pid_namespace = row.Int(4),
                                   .pid = row.Int(5),
                                   .start_time = row.Int(6),
                                   .random = row.Text(7)},
                         .end = {.unix_seconds = row.Int(10), .boot_ms = row.Int(11)}};
    const LeaseTime now = {.unix_seconds = row.Int(13), .boot_ms = boot_ms};
    return ProcessRow{.id = row.Int(0),
                      .random = lease.owner.random,
                      .alive = !CanTakeOver(lease, LifeOf(lease.owner), boot, now, row.Int(9)),
                      .record = {.role = static_cast<ProcessRole>(row.Int(1)),
                                 .host = MachineName(lease.owner),
                                 .pid = lease.owner.pid,
                                 .since = row.Int(8),
                                 .figures = FiguresFromText(row.Text(12))}};
  });
}

Status RemoveEnded(Database& database, const std::vector<ProcessRow>& processes) {
  for (const ProcessRow& process : processes) {
    if (!process.alive) {
      CALOTYPE_RETURN_IF_ERROR(database.Execute("DELETE FROM process WHERE id = ?1", process.id));
    }
  }
  return absl::OkStatus();
}

}  // namespace

Status SqlCatalog::ReportProcess(const WorkOwner& owner, ProcessRole role, const ProcessFigures& figures,
                                 int64_t lease_s) {
  const MutexLock lock(&mutex_);
  const std::string text = FiguresToText(figures);
  const int64_t boot_ms = LeaseNow().boot_ms + lease_s * kMillisecondsPerSecond;
  CALOTYPE_RETURN_IF_ERROR(
      database_->Execute("UPDATE process SET lease_s = ?2, expires_at = unixepoch() + ?2, expires_boot_ms = ?3,"
                         " figures = ?4 WHERE random = ?1",
                         owner.random, lease_s, boot_ms, text));
  if (database_->changes() > 0) {
    return absl::OkStatus();
  }
  CALOTYPE_ASSIGN_OR_RETURN(DatabaseTransaction transaction, DatabaseTransaction::Begin(*database_));
  CALOTYPE_ASSIGN_OR_RETURN(const std::vector<ProcessRow> processes, ReadProcesses(*database_));
  CALOTYPE_RETURN_IF_ERROR(RemoveEnded(*database_, processes));
  CALOTYPE_RETURN_IF_ERROR(
      database_
          ->Insert("INSERT INTO process(role, host, boot, pid_namespace, pid, start_time, random, since, lease_s,"
                   " expires_at, expires_boot_ms, figures)"
                   " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, unixepoch(), ?8, unixepoch() + ?8, ?9, ?10)",
                   static_cast<int64_t>(role), owner.host, owner.boot, owner.pid_namespace, owner.pid, owner.start_time,
                   owner.random, lease_s, boot_ms, text)
          .status());
  return transaction.Commit();
}

Status SqlCatalog::EndProcess(const WorkOwner& owner) {
  const MutexLock lock(&mutex_);
  return database_->Execute("DELETE FROM process WHERE random = ?1", owner.random);
}

StatusOr<std::vector<ProcessRecord>> SqlCatalog::Processes() {
  const MutexLock lock(&mutex_);
  CALOTYPE_ASSIGN_OR_RETURN(const auto leader, ReadKey(*database_, kLeaderKey));
  CALOTYPE_ASSIGN_OR_RETURN(std::vector<ProcessRow> rows, ReadProcesses(*database_));
  std::vector<ProcessRecord> processes;
  for (ProcessRow& row : rows) {
    if (row.alive) {
      row.record.leads = row.random == leader;
      processes.push_back(std::move(row.record));
    }
  }
  return processes;
}

StatusOr<std::optional<int64_t>> SqlCatalog::Lead(const WorkOwner& owner) {
  const MutexLock lock(&mutex_);
  CALOTYPE_ASSIGN_OR_RETURN(DatabaseTransaction transaction, DatabaseTransaction::Begin(*database_));
  CALOTYPE_ASSIGN_OR_RETURN(const auto leader, ReadKey(*database_, kLeaderKey));
  CALOTYPE_ASSIGN_OR_RETURN(const auto number_text, ReadKey(*database_, kLeaderNumberKey));
  const int64_t number = number_text.has_value() ? std::strtoll(number_text->c_str(), nullptr, 10) : 0;
  if (leader == owner.random) {
    return number;
  }
  CALOTYPE_ASSIGN_OR_RETURN(const std::vector<ProcessRow> processes, ReadProcesses(*database_));
  if (std::ranges::any_of(processes, [&](const ProcessRow& row) { return row.alive && row.random == leader; })) {
    return std::nullopt;
  }
  CALOTYPE_RETURN_IF_ERROR(RemoveEnded(*database_, processes));
  CALOTYPE_RETURN_IF_ERROR(WriteKey(*database_, kLeaderKey, owner.random));
  CALOTYPE_RETURN_IF_ERROR(WriteKey(*database_, kLeaderNumberKey, std::to_string(number + 1)));
  CALOTYPE_RETURN_IF_ERROR(transaction.Commit());
  return number + 1;
}

Status SqlCatalog::WriteOnlyAsLeader(int64_t number) {
  const MutexLock lock(&mutex_);
  database_->WriteOnlyAsLeader(number);
  return absl::OkStatus();
}

}  // namespace calotype
