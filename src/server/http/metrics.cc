#include "server/http/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <algorithm>

#include "base/mutex.h"

namespace calotype {
namespace {

// Seconds: from an answer without work to the comparison of many pictures.
prometheus::Histogram::BucketBoundaries Seconds() {
  return {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30};
}

}  // namespace

struct ServerMetrics::Families {
  prometheus::Registry registry;
  prometheus::Family<prometheus::Counter>& requests = prometheus::BuildCounter()
                                                          .Name("calotype_http_requests_total")
                                                          .Help("Requests by operation and status")
                                                          .Register(registry);
  prometheus::Family<prometheus::Histogram>& seconds =
      prometheus::BuildHistogram()
          .Name("calotype_http_request_seconds")
          .Help("Time from the first byte of a request to the last one of its response")
          .Register(registry);
  prometheus::Family<prometheus::Counter>& bytes = prometheus::BuildCounter()
                                                       .Name("calotype_http_response_bytes_total")
                                                       .Help("Bytes of response bodies")
                                                       .Register(registry);
  prometheus::Family<prometheus::Counter>& photos = prometheus::BuildCounter()
                                                        .Name("calotype_photos_total")
                                                        .Help("Photos that scans of this server finished")
                                                        .Register(registry);
  prometheus::Gauge& connections = AddGauge("calotype_connections", "Open connections");
  prometheus::Family<prometheus::Gauge>& waiting = prometheus::BuildGauge()
                                                       .Name("calotype_waiting_requests")
                                                       .Help("Requests that wait for a thread, by queue")
                                                       .Register(registry);
  prometheus::Gauge& resident_bytes = AddGauge("process_resident_memory_bytes", "Memory of the process");
  prometheus::Gauge& open_files = AddGauge("process_open_fds", "Open files and sockets of the process");
  prometheus::Gauge& start_time = AddGauge("process_start_time_seconds", "Start of the process, in seconds since 1970");
  prometheus::Counter& cpu_seconds = prometheus::BuildCounter()
                                         .Name("process_cpu_seconds_total")
                                         .Help("CPU time of the process")
                                         .Register(registry)
                                         .Add({});
  prometheus::Family<prometheus::Gauge>& jobs =
      prometheus::BuildGauge().Name("calotype_jobs").Help("Jobs that have not ended, by state").Register(registry);

  prometheus::Family<prometheus::Gauge>& segments = prometheus::BuildGauge()
                                                        .Name("calotype_index_segments")
                                                        .Help("Segments of the shared vector index")
                                                        .Register(registry);
  prometheus::Family<prometheus::Gauge>& indexed = prometheus::BuildGauge()
                                                       .Name("calotype_index_photos")
                                                       .Help("Vectors in the segments of the shared vector index")
                                                       .Register(registry);

  Mutex cpu_mutex;

  prometheus::Gauge& AddGauge(const char* name, const char* help) {
    return prometheus::BuildGauge().Name(name).Help(help).Register(registry).Add({});
  }
};

ServerMetrics::ServerMetrics() : families_(std::make_unique<Families>()) {
  CountPhotos(0, 0);
  families_->start_time.SetToCurrentTime();
}

ServerMetrics::~ServerMetrics() = default;

void ServerMetrics::CountRequest(std::string_view operation, int status, uint64_t bytes,
                                 std::chrono::microseconds took) {
  const std::string name(operation);
  families_->requests.Add({{"operation", name}, {"status", std::to_string(status)}}).Increment();
  families_->seconds.Add({{"operation", name}}, Seconds()).Observe(std::chrono::duration<double>(took).count());
  families_->bytes.Add({{"operation", name}}).Increment(static_cast<double>(bytes));
}

void ServerMetrics::CountPhotos(int64_t analysed, int64_t failed) {
  families_->photos.Add({{"result", "analysed"}}).Increment(static_cast<double>(analysed));
  families_->photos.Add({{"result", "failed"}}).Increment(static_cast<double>(failed));
}

std::string ServerMetrics::Render(const ServerGauges& gauges) {
  families_->connections.Set(gauges.connections);
  for (const auto& [queue, waiting] : gauges.waiting) {
    families_->waiting.Add({{"queue", queue}}).Set(waiting);
  }
  families_->open_files.Set(gauges.open_files);
  // A counter can only grow; two scrapes at once must not add the same time twice.
  {
    const MutexLock lock(&families_->cpu_mutex);
    families_->cpu_seconds.Increment(std::max(0.0, gauges.cpu_seconds - families_->cpu_seconds.Value()));
  }
  families_->resident_bytes.Set(gauges.resident_bytes);
  families_->jobs.Add({{"state", "queued"}}).Set(gauges.jobs_queued);
  families_->jobs.Add({{"state", "running"}}).Set(gauges.jobs_running);
  if (gauges.segments.has_value()) {
    families_->segments.Add({{"state", "here"}}).Set(gauges.segments->here);
    families_->segments.Add({{"state", "all"}}).Set(gauges.segments->all);
    families_->indexed.Add({{"state", "here"}}).Set(gauges.segments->photos_here);
    families_->indexed.Add({{"state", "all"}}).Set(gauges.segments->all_photos);
  }
  return prometheus::TextSerializer().Serialize(families_->registry.Collect());
}

}  // namespace calotype
