// The role of the fleet: the processes that work for the library, on any machine, and the one that leads them.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/status.h"
#include "catalog/work_owner.h"

namespace calotype {

// Stored: never renumber.
enum class ProcessRole : uint8_t { kWorker = 1, kCoordinator = 2 };

// What a process tells about itself. All numbers are since its start.
struct ProcessFigures {
  int64_t analysed = 0;                        // photos done without a failure
  int64_t failed = 0;                          // photos done with at least one failure
  int64_t held = 0;                            // photos that it has claimed and not finished
  std::optional<double> per_minute;            // photos a minute, lately; nullopt: not known
  std::map<std::string, std::string> devices;  // by task of a model: the device that it runs on
  int64_t walked_at = 0;                       // the end of its last walk, in seconds since 1970; 0: none
  int64_t walked = 0;                          // files that this walk saw
};

struct ProcessRecord {
  ProcessRole role = ProcessRole::kWorker;
  std::string host;   // the name of its machine
  int64_t pid = 0;    // there
  int64_t since = 0;  // seconds since 1970
  bool leads = false;
  ProcessFigures figures;
};

class ProcessCatalog {
 public:
  virtual ~ProcessCatalog() = default;

  // Says that the process of `owner` is alive, and how it is doing. Others believe this for `lease_s` seconds, by the
  // clock of the database, or until its process has provably ended. Cheap: one statement, after the first call.
  virtual Status ReportProcess(const WorkOwner& owner, ProcessRole role, const ProcessFigures& figures,
                               int64_t lease_s) = 0;
  // The process ends: it is not listed any more, and another one may lead at once.
  virtual Status EndProcess(const WorkOwner& owner) = 0;
  // Those that are alive, in the order of their start.
  virtual StatusOr<std::vector<ProcessRecord>> Processes() = 0;

  // Makes `owner` the leader if nobody leads, or if the leader has ended or did not report in time. Returns the number
  // under which it leads, which grows with each change of the leader; nullopt while another one leads. Call it after
  // each ReportProcess().
  virtual StatusOr<std::optional<int64_t>> Lead(const WorkOwner& owner) = 0;
  // From now on, every transaction of this connection that writes fails with kAborted unless `number` is that of the
  // leader. Nobody else can begin to lead while such a transaction is open, so what a leader decided before it slept
  // past its lease is not written.
  virtual Status WriteOnlyAsLeader(int64_t number) = 0;
};

}  // namespace calotype
