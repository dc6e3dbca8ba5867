// What the server counts, in Prometheus' text format.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace calotype {

// Numbers that are read when somebody asks for the metrics.
struct ServerGauges {
  double connections = 0;
  std::map<std::string, double> waiting;  // requests that wait for a worker, by lane
  double jobs_queued = 0;
  double jobs_running = 0;
  double resident_bytes = 0;
  double cpu_seconds = 0;  // of the process
  double open_files = 0;
};

// Thread-safe.
class ServerMetrics {
 public:
  ServerMetrics();
  ~ServerMetrics();
  ServerMetrics(const ServerMetrics&) = delete;
  ServerMetrics& operator=(const ServerMetrics&) = delete;

  // A request of the operation `operation` ("search"; "none" where no route was found) ended.
  void CountRequest(std::string_view operation, int status, uint64_t bytes, std::chrono::microseconds took);
  // Photos that a scan finished.
  void CountPhotos(int64_t analysed, int64_t failed);

  std::string Render(const ServerGauges& gauges);

 private:
  struct Families;
  std::unique_ptr<Families> families_;
};

}  // namespace calotype
