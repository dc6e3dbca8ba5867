#include "server/fleet_metrics.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include "base/memory.h"

namespace calotype {
namespace {

// The numbers of one answer.
class Page {
 public:
  void Gauge(const char* name, const char* help, double value, const prometheus::Labels& labels = {}) {
    prometheus::BuildGauge().Name(name).Help(help).Register(registry_).Add(labels).Set(value);
  }
  void Counter(const char* name, const char* help, double value, const prometheus::Labels& labels = {}) {
    prometheus::BuildCounter().Name(name).Help(help).Register(registry_).Add(labels).Increment(value);
  }
  std::string Render() const { return prometheus::TextSerializer().Serialize(registry_.Collect()); }

 private:
  prometheus::Registry registry_{prometheus::Registry::InsertBehavior::Merge};
};

void AddWork(const ProcessFigures& figures, Page& page) {
  constexpr const char* kPhotos = "calotype_photos_total";
  constexpr const char* kPhotosHelp = "Photos that this process finished";
  page.Counter(kPhotos, kPhotosHelp, static_cast<double>(figures.analysed), {{"result", "analysed"}});
  page.Counter(kPhotos, kPhotosHelp, static_cast<double>(figures.failed), {{"result", "failed"}});
  page.Gauge("calotype_photos_per_minute", "Photos a minute over the last half minute", figures.per_minute.value_or(0));
  page.Gauge("calotype_photos_held", "Photos that this process has claimed and not finished",
             static_cast<double>(figures.held));
  for (const auto& [task, device] : figures.devices) {
    page.Gauge("calotype_device_info", "The device that the model of a task runs on", 1,
               {{"task", task}, {"device", device}});
  }
}

void AddCoordination(const ProcessState& state, Page& page) {
  page.Gauge("calotype_leads", "1 while this coordinator leads, 0 while it waits", state.leads ? 1 : 0);
  page.Gauge("calotype_last_walk_timestamp_seconds", "End of its last walk, in seconds since 1970; 0: none",
             static_cast<double>(state.figures.walked_at));
  page.Gauge("calotype_last_walk_files", "Files that its last walk saw", static_cast<double>(state.figures.walked));
}

}  // namespace

std::string RenderProcess(const ProcessState& state, double started) {
  Page page;
  page.Gauge("calotype_catalog_up", "1 if the catalogue answered the last report", state.reachable.ok() ? 1 : 0);
  if (state.role == ProcessRole::kWorker) {
    AddWork(state.figures, page);
  } else {
    AddCoordination(state, page);
  }
  page.Gauge("process_resident_memory_bytes", "Memory of the process", static_cast<double>(ResidentBytes()));
  page.Gauge("process_open_fds", "Open files and sockets of the process", static_cast<double>(OpenFiles()));
  page.Gauge("process_start_time_seconds", "Start of the process, in seconds since 1970", started);
  page.Counter("process_cpu_seconds_total", "CPU time of the process", CpuSeconds());
  return page.Render();
}

}  // namespace calotype
