// What the server counts, in Prometheus' text format.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
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
  // Of the index segments that machines share: those that are on this machine, and all. nullopt: none are used.
  struct Segments {
    double here = 0;
    double all = 0;
    double photos_here = 0;
    double all_photos = 0;
  };
  std::optional<Segments> segments;
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
