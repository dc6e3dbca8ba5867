// Runs a pull: downloads the files of a plan, several at a time.
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <pthread.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <ctime>
#include <memory>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "base/file.h"
#include "base/mutex.h"
#include "models/download.h"
#include "models/manifest_writer.h"
#include "models/partial_file.h"
#include "models/pull.h"

namespace calotype {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::milliseconds kTick{100};

std::span<const uint8_t> Bytes(const std::string& text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

std::string Today() {
  const std::time_t now = std::time(nullptr);
  std::tm local{};
  localtime_r(&now, &local);
  return fmt::format("{:%Y-%m-%d}", local);
}

// Writing to a closed connection must not end the process.
void BlockSigpipe() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

// While it exists, exceeding the process's file size limit (ulimit -f) is a write error, like a full disk, instead of
// killing the process.
class IgnoreFileSizeSignal {
 public:
  IgnoreFileSizeSignal() : before_(std::signal(SIGXFSZ, SIG_IGN)) {}
  IgnoreFileSizeSignal(const IgnoreFileSizeSignal&) = delete;
  IgnoreFileSizeSignal& operator=(const IgnoreFileSizeSignal&) = delete;
  ~IgnoreFileSizeSignal() { std::signal(SIGXFSZ, before_); }

 private:
  void (*before_)(int);
};

class FilePull {
 public:
  FilePull(const PullPlan& plan, const HubSettings& settings, HttpClient& client, const PullHandlers& handlers,
           const std::vector<InstalledPack>& installed)
      : plan_(plan),
        settings_(settings),
        client_(client),
        handlers_(handlers),
        installed_(installed),
        have_(plan.files.size()),
        results_(plan.files.size()) {}

  Status Run(int connections, const std::stop_token& stop);
  // Renames the files that replace those of an installed model.
  Status PlaceRest();
  // The results by file name; call it after Run().
  std::map<std::string, Downloaded> Results();

  PullReport report;  // valid after Run()

 private:
  fs::path Target(std::size_t i) const { return plan_.pack.folder / plan_.files[i].name; }
  Status CheckSpace() const;
  PullProgress Progress() const;
  void Work(const std::stop_token& stop);
  Status FetchOne(std::size_t i, const std::stop_token& stop);
  bool TakeFromOtherPack(std::size_t i) const;
  // True when an installed manifest lists this file with other bytes: then it is replaced together with that manifest.
  bool IsInUse(std::size_t i, const Sha256Digest& sha256) const;
  void Finish(std::size_t i, const Downloaded& result, bool fetched);

  const PullPlan& plan_;
  const HubSettings& settings_;
  HttpClient& client_;
  const PullHandlers& handlers_;
  const std::vector<InstalledPack>& installed_;
  std::vector<std::atomic<int64_t>> have_;  // bytes, by file
  std::atomic<std::size_t> next_ = 0;
  std::atomic<int> done_ = 0;
  std::atomic<int> working_ = 0;
  std::stop_source failed_;

  Mutex mutex_;
  std::vector<std::optional<Downloaded>> results_ ABSL_GUARDED_BY(mutex_);
  std::vector<fs::path> unplaced_ ABSL_GUARDED_BY(mutex_);
  Status error_ ABSL_GUARDED_BY(mutex_);
};

Status FilePull::CheckSpace() const {
  int64_t needed = 0;
  for (std::size_t i = 0; i < plan_.files.size(); ++i) {
    std::error_code error;
    if (fs::exists(Target(i), error)) {
      continue;  // Only the existence is checked here; the content is verified later.
    }
    const auto partial = fs::file_size(Target(i).string() + ".partial", error);
    needed += plan_.files[i].bytes.value_or(0) - (error ? 0 : static_cast<int64_t>(partial));
  }
  return CheckFreeSpace(plan_.pack.folder, needed);
}

PullProgress FilePull::Progress() const {
  PullProgress progress{.files = static_cast<int>(plan_.files.size()), .files_done = done_};
  for (std::size_t i = 0; i < plan_.files.size(); ++i) {
    const int64_t have = have_[i];
    progress.bytes += have;
    progress.total += std::max(have, plan_.files[i].bytes.value_or(0));
  }
  return progress;
}

Status FilePull::Run(int connections, const std::stop_token& stop) {
  CALOTYPE_RETURN_IF_ERROR(CheckSpace());
  const std::stop_callback on_stop(stop, [this] { failed_.request_stop(); });
  working_ = connections;
  {
    std::vector<std::jthread> workers;
    for (int i = 0; i < connections; ++i) {
      workers.emplace_back([this] {
        BlockSigpipe();
        Work(failed_.get_token());
        --working_;
      });
    }
    while (working_ > 0) {
      handlers_.on_progress(Progress());
      std::this_thread::sleep_for(kTick);
    }
  }
  handlers_.on_progress(Progress());
  if (stop.stop_requested()) {
    return absl::CancelledError("stopped; the downloaded part is kept, and the same command resumes from there");
  }
  const MutexLock lock(&mutex_);
  return error_;
}

void FilePull::Work(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    const std::size_t i = next_++;
    if (i >= plan_.files.size()) {
      return;
    }
    const Status status = FetchOne(i, stop);
    if (status.ok()) {
      ++done_;
      continue;
    }
    const MutexLock lock(&mutex_);
    if (error_.ok()) {  // Later errors only say that the download was stopped.
      error_ = status;
    }
    failed_.request_stop();
  }
}

Status FilePull::FetchOne(std::size_t i, const std::stop_token& stop) {
  const PackFile& file = plan_.files[i];
  if (file.sha256 && VerifyFile(Target(i), file, true).ok()) {
    std::error_code error;
    have_[i] = static_cast<int64_t>(fs::file_size(Target(i), error));
    Finish(i, {.sha256 = *file.sha256, .bytes = have_[i], .commit = file.commit}, false);
    return absl::OkStatus();
  }
  if (TakeFromOtherPack(i)) {
    Finish(i, {.sha256 = *file.sha256, .bytes = *file.bytes, .commit = file.commit}, false);
    return absl::OkStatus();
  }
  const Download download{.source = *file.hub, .target = Target(i), .sha256 = file.sha256, .bytes = file.bytes};
  CALOTYPE_ASSIGN_OR_RETURN(const Downloaded result,
                            Fetch(download, settings_, client_, [&](int64_t bytes) { have_[i] = bytes; }, stop));
  if (IsInUse(i, result.sha256)) {
    const MutexLock lock(&mutex_);
    unplaced_.push_back(Target(i));
  } else {
    CALOTYPE_RETURN_IF_ERROR(PartialFile::Place(Target(i)));
  }
  Finish(i, result, true);
  return absl::OkStatus();
}

void FilePull::Finish(std::size_t i, const Downloaded& result, bool fetched) {
  {
    const MutexLock lock(&mutex_);
    results_[i] = result;
    report.fetched += fetched ? 1 : 0;
    report.bytes += fetched ? result.bytes : 0;
  }
  if (fetched) {
    PackFile file = plan_.files[i];
    file.bytes = result.bytes;
    file.sha256 = result.sha256;
    handlers_.on_fetched(file);
  }
}

bool FilePull::TakeFromOtherPack(std::size_t i) const {
  const PackFile& file = plan_.files[i];
  std::error_code error;
  if (!file.sha256 || !file.bytes || fs::exists(Target(i), error)) {
    return false;
  }
  for (const InstalledPack& installed : installed_) {
    for (const ModelSpec& model : installed.pack.ok() ? installed.pack->models : std::vector<ModelSpec>()) {
      const auto same = std::ranges::find(model.files, file.sha256, &PackFile::sha256);
      const fs::path link = Target(i).string() + ".link";
      if (same == model.files.end()) {
        continue;
      }
      fs::create_directories(link.parent_path(), error);
      fs::remove(link, error);
      fs::create_hard_link(model.folder / same->name, link, error);
      if (!error && VerifyFile(link, file, true).ok()) {
        fs::rename(link, Target(i), error);
        return !error;
      }
      fs::remove(link, error);
    }
  }
  return false;
}

bool FilePull::IsInUse(std::size_t i, const Sha256Digest& sha256) const {
  for (const InstalledPack& installed : installed_) {
    if (!installed.pack.ok() || installed.pack->folder != plan_.pack.folder) {
      continue;
    }
    for (const ModelSpec& model : installed.pack->models) {
      const auto same = std::ranges::find(model.files, plan_.files[i].name, &PackFile::name);
      if (same != model.files.end() && same->sha256 != sha256) {
        return true;
      }
    }
  }
  return false;
}

Status FilePull::PlaceRest() {
  const MutexLock lock(&mutex_);
  for (const fs::path& target : unplaced_) {
    CALOTYPE_RETURN_IF_ERROR(PartialFile::Place(target));
  }
  return absl::OkStatus();
}

std::map<std::string, Downloaded> FilePull::Results() {
  const MutexLock lock(&mutex_);
  std::map<std::string, Downloaded> results;
  for (std::size_t i = 0; i < plan_.files.size(); ++i) {
    if (results_[i]) {
      results[plan_.files[i].name] = *results_[i];
    }
  }
  return results;
}

Status WritePhoto(const PullPlan& plan, const std::string& name) {
  std::error_code error;
  const fs::path target = plan.pack.folder / name;
  fs::create_directories(target.parent_path(), error);
  const fs::path beside = plan.source.folder / name;
  if (!plan.source.folder.empty() && fs::exists(beside, error)) {
    if (fs::equivalent(beside, target, error)) {
      return absl::OkStatus();
    }
    CALOTYPE_ASSIGN_OR_RETURN(const std::vector<uint8_t> bytes, ReadFile(beside));
    return WriteFileAtomically(target, bytes);
  }
  return WriteFileAtomically(target, *KnownFile(name));
}

Status RecordLicences(const PullPlan& plan) {
  if (plan.to_accept.empty()) {
    return absl::OkStatus();
  }
  std::vector<AcceptedLicence> licences = plan.accepted;
  for (const LicenceTerms& terms : plan.to_accept) {
    licences.push_back({.licence = terms.licence, .terms = terms.terms, .models = terms.models, .date = Today()});
  }
  return WriteAcceptedLicences(plan.pack.folder, licences);
}

// Returns whether the manifest changed.
StatusOr<bool> WriteManifest(const PullPlan& plan, const std::map<std::string, Downloaded>& results) {
  const fs::path path = plan.pack.folder / kManifestName;
  // An unreadable manifest is replaced.
  const std::string before = LoadPack(plan.pack.folder).ok() ? ReadTextFile(path).value_or("") : "";
  std::vector<std::string> names;
  std::ranges::transform(plan.models, std::back_inserter(names), &ModelSpec::name);
  CALOTYPE_ASSIGN_OR_RETURN(const std::string text, WriteInstalledManifest(plan.source.text, before, names, results));
  if (text == before) {
    return false;
  }
  CALOTYPE_RETURN_IF_ERROR(WriteFileAtomically(path, Bytes(text)));
  CALOTYPE_RETURN_IF_ERROR(SyncFolder(plan.pack.folder));
  return true;
}

}  // namespace

StatusOr<PullReport> RunPull(const PullPlan& plan, const HubSettings& settings, HttpClient& client, int connections,
                             const PullHandlers& handlers, const std::stop_token& stop) {
  const IgnoreFileSizeSignal ignore;
  CALOTYPE_ASSIGN_OR_RETURN(const FileLock lock, LockPack(plan.pack.folder));
  const std::vector<InstalledPack> installed = ListPacks(plan.pack.folder.parent_path());
  FilePull pull(plan, settings, client, handlers, installed);
  // Before the files, so that an acceptance also covers files that an interrupted pull left behind.
  CALOTYPE_RETURN_IF_ERROR(RecordLicences(plan));
  CALOTYPE_RETURN_IF_ERROR(pull.Run(connections, stop));
  for (const std::string& photo : plan.photos) {
    CALOTYPE_RETURN_IF_ERROR(WritePhoto(plan, photo));
  }
  CALOTYPE_RETURN_IF_ERROR(pull.PlaceRest());
  PullReport report = pull.report;
  CALOTYPE_ASSIGN_OR_RETURN(report.installed, WriteManifest(plan, pull.Results()));
  return report;
}

}  // namespace calotype
