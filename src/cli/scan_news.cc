#include "cli/scan_news.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <nlohmann/json.hpp>
#include <thread>

#include "app/findings_json.h"
#include "app/status_json.h"
#include "base/units.h"
#include "cli/progress_bar.h"
#include "cli/terminal.h"

namespace calotype {
namespace {

using Life = ScanNews::Life;

constexpr std::chrono::milliseconds kPoll{500};

bool Runs(const std::optional<ScanNews>& news) { return news.has_value() && news->life == Life::kRunning; }

// Without the process if `columns` are too few for it.
std::string Line(const ScanNews& news, std::optional<std::size_t> columns = std::nullopt) {
  const std::string line = FormatProgress(news.progress, news.per_minute, columns);
  const std::string process = fmt::format("  (process {})", news.process);
  return columns && line.size() + process.size() > *columns ? line : line + process;
}

// On a terminal one line that is redrawn; elsewhere a new line for each change.
class Watcher {
 public:
  explicit Watcher(bool as_json) : as_json_(as_json) {}

  void Show(const ScanNews& news) {
    const std::string line = as_json_ ? JsonLine(ScanToJson(news)) : Line(news) + "\n";
    if (OutputIsTerminal() && !as_json_) {
      const std::optional<std::size_t> columns = OutputColumns();
      Print(fmt::format("\r{}\033[K",
                        Line(news, columns ? std::optional(std::max<std::size_t>(*columns, 2) - 1) : columns)));
    } else if (line != last_) {
      Print(line);
    }
    last_ = line;
  }

  void End(const std::optional<ScanNews>& news) const {
    if (OutputIsTerminal() && !as_json_ && !last_.empty()) {
      Print("\r\033[K");
    }
    if (!as_json_) {
      Print(Last(news));
    }
  }

 private:
  std::string Last(const std::optional<ScanNews>& news) const {
    if (news.has_value() && news->life == Life::kDied) {
      return ScanToText(news);
    }
    if (last_.empty() || !news.has_value()) {
      return "no scan is running\n";
    }
    return fmt::format("the scan ended: {} done, {} of them failed\n",
                       Counted(news->progress.analysed + news->progress.failed, "photo"), news->progress.failed);
  }

  const bool as_json_;
  std::string last_;
};

}  // namespace

std::string ScanToText(const std::optional<ScanNews>& news) {
  if (Runs(news)) {
    return Line(*news) + "\n";
  }
  return news.has_value() && news->life == Life::kDied
             ? fmt::format("the latest scan (process {}) died; the next one continues from there\n", news->process)
             : "";
}

CommandResult WatchScan(LibraryClient& library, bool as_json) {
  Watcher watcher(as_json);
  CALOTYPE_ASSIGN_OR_RETURN(std::optional<ScanNews> news, library.News());
  while (Runs(news)) {
    watcher.Show(*news);
    std::this_thread::sleep_for(kPoll);
    CALOTYPE_ASSIGN_OR_RETURN(news, library.News());
  }
  watcher.End(news);
  return news.has_value() && news->life == Life::kDied ? 1 : 0;
}

}  // namespace calotype
