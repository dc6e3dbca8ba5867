#include "cli/scan_run.h"

#include <fmt/format.h>
#include <sys/resource.h>

#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <utility>
#include <variant>

#include "app/client/local_client.h"
#include "base/log.h"
#include "base/units.h"
#include "cli/device_progress.h"
#include "cli/interrupt.h"
#include "cli/progress_bar.h"
#include "cli/terminal.h"

namespace calotype {
namespace {

bool HadWork(const ScanReport& report) {
  const int64_t changed = report.photos - report.unchanged;
  return changed + report.analysed + report.failed + report.problems + report.missing + report.forgotten > 0;
}

// Reports failures. For people: the first photo with a reason at once, the number of the others at the end of the scan.
// In a log file or in JSON each photo has its line.
class FailurePrinter {
 public:
  void Add(const ScanFailure& failure) {
    const bool whole_photo = failure.analysis == "read" || failure.analysis == kDecodeAnalysis;
    const std::string what = whole_photo ? failure.reason : failure.analysis + ": " + failure.reason;
    Group& group = groups_[what];
    if (CurrentLogTarget().is_plain() && !group.first.empty()) {
      ++group.more;
      group.another = failure.path;
      return;
    }
    group.first = failure.path;
    Log(LogLevel::kWarning, fmt::format("{}: {}", failure.path, what),
        {{.name = "path", .value = failure.path},
         {.name = "analysis", .value = failure.analysis},
         {.name = "reason", .value = failure.reason}});
  }

  void Finish() {
    for (const auto& [what, group] : groups_) {
      if (group.more > 0) {
        Log(LogLevel::kWarning, fmt::format("{} failed like {}, such as {}", Counted(group.more, "more photo"),
                                            Printable(group.first), Printable(group.another)));
      }
    }
    groups_.clear();
  }

 private:
  struct Group {
    std::string first;
    std::string another;
    int64_t more = 0;
  };
  std::map<std::string, Group> groups_;  // by analysis and reason
};

// Prints the events of one request, one after the other.
class EventPrinter {
 public:
  explicit EventPrinter(std::function<void(const ScanReport&)> on_report) : on_report_(std::move(on_report)) {}

  void operator()(const DeviceMeasurement& event) { PrintMeasurement(event); }

  void operator()(const ScanProgress& progress) {
    if (!bar_.has_value()) {
      bar_.emplace();
    }
    bar_->Update(progress);
  }

  void operator()(const ScanFailure& failure) { failures_.Add(failure); }

  void operator()(const ScanWaiting& waiting) {
    Log(LogLevel::kNotice, fmt::format("{}: new files are queued for it; waiting for it to finish", waiting.reason));
  }

  void operator()(const FolderPolled& polled) {
    Log(LogLevel::kNotice, fmt::format("{}: {}; it is checked for changes every scan.poll_s seconds instead",
                                       polled.folder, polled.reason));
  }

  void operator()(const ScanReport& report) {
    bar_.reset();
    failures_.Finish();
    if (!CurrentLogTarget().is_plain() && (first_ || HadWork(report))) {
      const std::string summary = Summary(report);
      Log(LogLevel::kNotice, summary.substr(0, summary.find('\n')));
    }
    if (on_report_ && (first_ || HadWork(report))) {
      on_report_(report);
    }
    first_ = false;
  }

  void operator()(const ScanEnded& /*event*/) { bar_.reset(); }

 private:
  const std::function<void(const ScanReport&)> on_report_;
  FailurePrinter failures_;
  std::optional<ProgressBar> bar_;  // of the scan in progress
  bool first_ = true;
};

// "skipped: 3 PDFs, 1 video", or nothing.
std::string SkippedText(const ScanReport& report) {
  std::string text;
  const auto add = [&text](int64_t count, std::string_view one) {
    if (count > 0) {
      text += (text.empty() ? "skipped: " : ", ") + Counted(count, one);
    }
  };
  add(report.skipped_pdfs, "PDF");
  add(report.skipped_videos, "video");
  return text.empty() ? text : text + "\n";
}

}  // namespace

EventHandler PrintEvents(const std::function<void(const ScanReport&)>& on_report) {
  return [printer = std::make_shared<EventPrinter>(on_report)](const Event& event) { std::visit(*printer, event); };
}

StatusOr<FinishedScan> ScanWithProgress(App& app, const ScanRequest& request,
                                        const std::function<void(const ScanReport&)>& on_report) {
  // Lowers the priority of the whole process. The threads of the scan do this too, and report a refusal.
  if (const int64_t nice = app.settings().nice; nice > 0) {
    setpriority(PRIO_PROCESS, 0, static_cast<int>(nice));
  }
  LocalClient library(app);
  return ScanWithProgress(library, request, on_report);
}

StatusOr<FinishedScan> ScanWithProgress(LibraryClient& library, const ScanRequest& request,
                                        const std::function<void(const ScanReport&)>& on_report) {
  const InterruptWatcher interrupt("photos in progress are finished first");
  CALOTYPE_ASSIGN_OR_RETURN(ScanReport report, library.Scan(request, PrintEvents(on_report), interrupt.token()));
  return FinishedScan{.report = std::move(report), .interrupted = interrupt.token().stop_requested()};
}

std::string Summary(const ScanReport& report) {
  const int64_t changed = report.photos - report.unchanged;
  std::string text = fmt::format("scanned {}", Counted(report.photos, "photo"));
  if (report.unchanged > 0) {
    text += changed > 0 ? fmt::format(" ({} unchanged, {} new or changed)", report.unchanged, changed)
                        : fmt::format(" ({} unchanged)", report.unchanged);
  }
  text += fmt::format(", {} analysed", report.analysed);
  const auto add = [&](int64_t count, std::string_view what) {
    if (count > 0) {
      text += fmt::format(", {} {}", count, what);
    }
  };
  add(report.failed, "failed");
  add(report.problems, "could not be read");
  add(report.missing, "no longer there");
  add(report.forgotten, "forgotten");
  text += fmt::format(" in {}", FormatDuration(report.seconds));
  const int64_t looked_at = report.analysed + report.failed;
  if (looked_at > 0 && report.seconds > 0) {
    text += fmt::format(" ({:.0f} photos per minute)", static_cast<double>(looked_at) * 60 / report.seconds);
  }
  text += report.stopped ? "; stopped, the next scan continues from here\n" : "\n";
  return text + SkippedText(report);
}

int ExitStatusOf(const FinishedScan& scan) {
  constexpr int kInterrupted = 130;  // as a shell reports a program that Ctrl-C ended
  if (scan.interrupted && scan.report.stopped) {
    return kInterrupted;
  }
  return scan.report.failed + scan.report.problems > 0 ? 1 : 0;
}

}  // namespace calotype
