#include "app/jobs.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <iterator>
#include <nlohmann/json.hpp>
#include <span>
#include <utility>
#include <variant>

#include "app/backup.h"
#include "app/export.h"
#include "app/folders.h"
#include "app/pending_work.h"
#include "app/search.h"
#include "base/file.h"
#include "base/log.h"

namespace calotype {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kMaxQueued = 100;
constexpr std::array<std::string_view, 7> kKindNames = {"scan",   "retry",    "backup", "export",
                                                        "switch", "quantise", "restore"};
constexpr std::array<std::string_view, 5> kStateNames = {"queued", "running", "done", "failed", "cancelled"};

Json ToJson(const Job& job) {
  const JobRequest& request = job.request;
  return {{"id", job.id},
          {"kind", JobKindName(request.kind)},
          {"folders", request.folders},
          {"only", request.only},
          {"gone", request.gone},
          {"reason", request.reason},
          {"query", request.query},
          {"chosen", request.chosen},
          {"pack", request.use.pack},
          {"choices", request.use.choices},
          {"undo", request.use.undo},
          {"tasks", request.quantise.tasks},
          {"photos", request.quantise.photos},
          {"backup", request.backup},
          {"state", JobStateName(job.state)},
          {"error", job.error},
          {"counts", job.counts},
          {"file", job.file},
          {"submitted", job.submitted},
          {"started", job.started},
          {"ended", job.ended}};
}

// nullopt if `json` does not describe a job.
std::optional<Job> ParseJob(const Json& json) {
  try {
    const std::optional<JobKind> kind = ParseJobKind(json.at("kind").get<std::string>());
    const std::optional<JobState> state = ParseJobState(json.at("state").get<std::string>());
    if (!kind.has_value() || !state.has_value()) {
      return std::nullopt;
    }
    Job job{.id = json.at("id").get<int64_t>()};
    job.request = {.kind = *kind,
                   .folders = json.at("folders").get<std::vector<std::string>>(),
                   .only = json.at("only").get<std::vector<std::string>>(),
                   .gone = json.at("gone").get<bool>(),
                   .reason = json.at("reason").get<std::string>(),
                   .query = json.at("query").get<std::string>()};
    // Jobs that an earlier version saved lack these.
    job.request.chosen = json.value("chosen", std::vector<PhotoId>());
    job.request.use = {.pack = json.value("pack", std::string()),
                       .choices = json.value("choices", std::vector<std::string>()),
                       .undo = json.value("undo", false)};
    job.request.quantise.tasks = json.value("tasks", std::vector<std::string>());
    job.request.quantise.photos = json.value("photos", job.request.quantise.photos);
    job.request.backup = json.value("backup", std::string());
    job.state = *state;
    job.error = json.at("error").get<std::string>();
    job.counts = json.at("counts").get<std::map<std::string, int64_t>>();
    job.file = json.at("file").get<std::string>();
    job.submitted = json.at("submitted").get<int64_t>();
    job.started = json.at("started").get<int64_t>();
    job.ended = json.at("ended").get<int64_t>();
    return job;
  } catch (const Json::exception&) {
    return std::nullopt;
  }
}

// The photos that an export is for.
StatusOr<std::vector<ChosenPhoto>> PhotosOf(Library& library, const JobRequest& request) {
  if (!request.chosen.empty()) {
    return FilesOf(library, request.chosen);
  }
  Query query;
  if (!request.query.empty()) {
    CALOTYPE_ASSIGN_OR_RETURN(query, ReadQuery(request.query));
  }
  CALOTYPE_ASSIGN_OR_RETURN(const std::vector<Hit> hits, PhotosToExport(library, query));
  return ChosenPhotos(hits);
}

std::map<std::string, int64_t> CountsOf(const ScanReport& report) {
  return {{"photos", report.photos},       {"unchanged", report.unchanged}, {"missing", report.missing},
          {"analysed", report.analysed},   {"failed", report.failed},       {"problems", report.problems},
          {"forgotten", report.forgotten}, {"pdfs", report.skipped_pdfs},   {"videos", report.skipped_videos}};
}

template <typename Value>
std::optional<Value> Parse(std::span<const std::string_view> names, std::string_view name) {
  const auto found = std::ranges::find(names, name);
  return found == names.end() ? std::nullopt : std::optional(static_cast<Value>(found - names.begin()));
}

}  // namespace

std::string_view JobKindName(JobKind kind) { return kKindNames[static_cast<std::size_t>(kind)]; }
std::string_view JobStateName(JobState state) { return kStateNames[static_cast<std::size_t>(state)]; }
std::optional<JobKind> ParseJobKind(std::string_view name) { return Parse<JobKind>(kKindNames, name); }
std::optional<JobState> ParseJobState(std::string_view name) { return Parse<JobState>(kStateNames, name); }

bool HasEnded(const Job& job) { return job.state != JobState::kQueued && job.state != JobState::kRunning; }

struct JobService::Outcome {
  std::map<std::string, int64_t> counts;
  std::string file;
};

JobService::JobService(Library& library, std::filesystem::path file)
    : library_(library), file_(std::move(file)), scans_(library) {
  const MutexLock lock(&mutex_);
  Load();
}

JobService::~JobService() { Stop(); }

void JobService::Stop() {
  std::stop_source stop(std::nostopstate);
  {
    const MutexLock lock(&mutex_);
    ending_ = true;
    stop = job_stop_;
  }
  stop.request_stop();
  if (thread_.joinable()) {
    thread_.join();
  }
}

void JobService::Start(JobHandler on_change) {
  on_change_ = std::move(on_change);
  thread_ = std::jthread([this] { Work(); });
}

StatusOr<Job> JobService::Submit(const JobRequest& request) {
  if (request.kind == JobKind::kExport && !request.query.empty()) {
    CALOTYPE_RETURN_IF_ERROR(ReadQuery(request.query).status());
  }
  if (request.kind == JobKind::kSwitch) {
    CALOTYPE_RETURN_IF_ERROR(CheckUseRequest(request.use));
  }
  if (request.kind == JobKind::kRestore) {
    CALOTYPE_RETURN_IF_ERROR(FindServedBackup(library_, request.backup).status());
  }
  Job job{.request = request, .submitted = time(nullptr)};
  {
    const MutexLock lock(&mutex_);
    if (static_cast<std::size_t>(std::ranges::count(jobs_, JobState::kQueued, &Job::state)) >= kMaxQueued) {
      return absl::ResourceExhaustedError(fmt::format("{} jobs wait already; that is the limit", kMaxQueued));
    }
    job.id = next_id_++;
    jobs_.push_back(job);
    Save();
  }
  Announce(job);
  return job;
}

std::vector<Job> JobService::List() const {
  const MutexLock lock(&mutex_);
  return {jobs_.rbegin(), jobs_.rend()};
}

StatusOr<Job> JobService::Get(int64_t id) const {
  const MutexLock lock(&mutex_);
  const auto found = std::ranges::find(jobs_, id, &Job::id);
  if (found == jobs_.end()) {
    return absl::NotFoundError(fmt::format("there is no job {}", id));
  }
  return *found;
}

StatusOr<Job> JobService::Cancel(int64_t id) {
  std::stop_source stop(std::nostopstate);
  Job changed;
  {
    const MutexLock lock(&mutex_);
    Job* const job = Find(id);
    if (job == nullptr) {
      return absl::NotFoundError(fmt::format("there is no job {}", id));
    }
    if (HasEnded(*job)) {
      return absl::FailedPreconditionError(fmt::format("job {} has ended: {}", id, JobStateName(job->state)));
    }
    if (job->state == JobState::kRunning) {
      cancelled_ = true;
      stop = job_stop_;
    } else {
      job->state = JobState::kCancelled;
      job->ended = time(nullptr);
      Save();
    }
    changed = *job;
  }
  stop.request_stop();  // without the lock: this runs the callbacks of the job
  Announce(changed);
  return changed;
}

void JobService::Work() {
  while (const std::optional<Job> job = Next()) {
    Announce(*job);
    std::stop_token stop;
    {
      const MutexLock lock(&mutex_);
      stop = job_stop_.get_token();
    }
    End(job->id, Run(*job, stop));
  }
}

std::optional<Job> JobService::Next() {
  const MutexLock lock(&mutex_);
  const auto waiting = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return std::ranges::find(jobs_, JobState::kQueued, &Job::state);
  };
  mutex_.Await([&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return ending_ || waiting() != jobs_.end(); });
  if (ending_) {
    return std::nullopt;
  }
  Job& job = *waiting();
  job.state = JobState::kRunning;
  job.started = time(nullptr);
  running_ = job.id;
  cancelled_ = false;
  job_stop_ = std::stop_source();
  Save();
  return job;
}

StatusOr<JobService::Outcome> JobService::Run(const Job& job, const std::stop_token& stop) {
  const JobRequest& request = job.request;
  switch (request.kind) {
    case JobKind::kScan: {
      ScanRequest scan{.folders = request.folders, .only = request.only, .gone = request.gone};
      if (scan.folders.empty()) {
        CALOTYPE_ASSIGN_OR_RETURN(scan.folders, ScannedFolders(library_));
        CALOTYPE_RETURN_IF_ERROR(CheckAnyToScan(scan.folders));
      }
      return Scan(job, scan, stop);
    }
    case JobKind::kRetry: {
      CALOTYPE_ASSIGN_OR_RETURN(const int64_t retried,
                                RetryFailures(library_, {.photos = {}, .reason = request.reason}));
      CALOTYPE_ASSIGN_OR_RETURN(Outcome outcome, Scan(job, {.only = request.only}, stop));
      outcome.counts["retried"] = retried;
      return outcome;
    }
    case JobKind::kBackup: {
      CALOTYPE_ASSIGN_OR_RETURN(const Backup backup,
                                BackUpCatalogue(library_, library_.app().catalog_files().folder()));
      return Outcome{.counts = {{"bytes", backup.bytes}}, .file = backup.file.string()};
    }
    case JobKind::kExport: {
      CALOTYPE_ASSIGN_OR_RETURN(const std::vector<ChosenPhoto> chosen, PhotosOf(library_, request));
      const SidecarReport report{
          .on_written = [](const WrittenSidecar&) {},
          .on_skipped = [](const std::string& path,
                           const std::string& reason) { LogInfo("export skipped {}: {}", path, reason); },
          .on_failure = [](const Status& failure) { LogWarning("{}", Message(failure)); }};
      CALOTYPE_ASSIGN_OR_RETURN(const ExportedSidecars done,
                                ExportSidecars(library_.app(), chosen, SidecarOptions(), report));
      return Outcome{.counts = {{"written", done.written},
                                {"unchanged", done.unchanged},
                                {"skipped", done.skipped},
                                {"failed", done.failed}}};
    }
    case JobKind::kSwitch:
      return Switch(job, stop);
    case JobKind::kQuantise:
      return QuantiseModels(job, stop);
    case JobKind::kRestore: {
      CALOTYPE_ASSIGN_OR_RETURN(const std::filesystem::path backup, FindServedBackup(library_, request.backup));
      CALOTYPE_ASSIGN_OR_RETURN(const RestoredCatalogue restored, RestoreWhileServing(library_, backup, stop));
      return Outcome{.counts = {}, .file = restored.replaced.value_or("").string()};
    }
  }
  return absl::InternalError("a kind of job without an implementation");
}

StatusOr<JobService::Outcome> JobService::Scan(const Job& job, const ScanRequest& request,
                                               const std::stop_token& stop) {
  const std::shared_ptr<EventQueue> events = scans_.Subscribe();
  CALOTYPE_RETURN_IF_ERROR(scans_.Start(request));
  const std::stop_callback on_stop(stop, [this] { scans_.Stop(); });
  for (bool ended = false; !ended;) {
    const std::optional<Event> event = events->Next();
    if (!event.has_value()) {
      break;
    }
    if (const auto* progress = std::get_if<ScanProgress>(&*event)) {
      SetProgress(job.id, *progress);
    }
    ended = std::holds_alternative<ScanEnded>(*event);
  }
  CALOTYPE_ASSIGN_OR_RETURN(const ScanReport report, scans_.Wait());
  return Outcome{.counts = CountsOf(report)};
}

StatusOr<JobService::Outcome> JobService::Switch(const Job& job, const std::stop_token& stop) {
  const auto show = [this, &job](const DeviceMeasurement& measurement) {
    SetStep(job.id, measurement.finished ? "" : fmt::format("measuring devices for {}", measurement.name));
  };
  CALOTYPE_ASSIGN_OR_RETURN(const BegunSwitch begun, BeginSwitch(library_.app(), job.request.use, show, stop));
  {
    // "The models before" are others from now on: a job that starts again must go to the same ones.
    const MutexLock lock(&mutex_);
    UseRequest& use = Find(job.id)->request.use;
    use = {.pack = begun.choice.pack};
    if (std::string choices = ChoicesText(begun.choice.choices); !choices.empty()) {
      use.choices.push_back(std::move(choices));
    }
    Save();
  }
  return Scan(job, {.models = begun.choice}, stop);
}

StatusOr<JobService::Outcome> JobService::QuantiseModels(const Job& job, const std::stop_token& stop) {
  const auto show = [this, &job](const QuantiseProgress& progress) { SetStep(job.id, StepText(progress)); };
  CALOTYPE_ASSIGN_OR_RETURN(const std::vector<QuantisedModel> models,
                            Quantise(library_.app(), job.request.quantise, show, stop));
  for (const QuantisedModel& model : models) {
    if (model.failed) {
      LogWarning("no int8 form of {}: {}", model.name, model.why_not);
    }
  }
  return Outcome{.counts = {{"models", std::ssize(models)},
                            {"used", std::ranges::count(models, true, &QuantisedModel::used)},
                            {"failed", std::ranges::count(models, true, &QuantisedModel::failed)}}};
}

void JobService::SetStep(int64_t id, std::string step) {
  const MutexLock lock(&mutex_);
  if (Job* const job = Find(id); job != nullptr) {
    job->step = std::move(step);
  }
}

void JobService::SetProgress(int64_t id, const ScanProgress& progress) {
  const MutexLock lock(&mutex_);
  if (Job* const job = Find(id); job != nullptr) {
    job->progress = progress;
  }
}

void JobService::End(int64_t id, const StatusOr<Outcome>& outcome) {
  Job ended;
  {
    const MutexLock lock(&mutex_);
    running_ = 0;
    Job& job = *Find(id);
    job.progress.reset();
    job.step.clear();
    // A catalogue that was replaced is not replaced again by the next server.
    const bool restored = outcome.ok() && job.request.kind == JobKind::kRestore;
    if (ending_ && !cancelled_ && !restored) {
      job.state = JobState::kQueued;  // continues when the server starts again
    } else {
      job.ended = time(nullptr);
      job.state = cancelled_ && !restored ? JobState::kCancelled : outcome.ok() ? JobState::kDone : JobState::kFailed;
      job.error = outcome.ok() || cancelled_ ? "" : Message(outcome.status());
      if (outcome.ok()) {
        job.counts = outcome->counts;
        job.file = outcome->file;
      }
    }
    ended = job;
    Save();
  }
  Announce(ended);
}

Job* JobService::Find(int64_t id) {
  const auto found = std::ranges::find(jobs_, id, &Job::id);
  return found == jobs_.end() ? nullptr : &*found;
}

void JobService::Save() {
  auto ended = static_cast<std::size_t>(std::ranges::count_if(jobs_, HasEnded));
  std::erase_if(jobs_, [&ended](const Job& job) { return HasEnded(job) && ended-- > kKeptJobs; });
  Json json = {{"next", next_id_}, {"jobs", Json::array()}};
  for (const Job& job : jobs_) {
    json["jobs"].push_back(ToJson(job));
  }
  const std::string text = json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
  std::error_code error;
  std::filesystem::create_directories(file_.parent_path(), error);
  const Status written = WriteFileAtomically(file_, {reinterpret_cast<const uint8_t*>(text.data()), text.size()});
  if (!written.ok()) {
    LogWarning("the list of jobs is not saved, so they are forgotten when the server ends: {}", Message(written));
  }
}

void JobService::Load() {
  const StatusOr<std::string> text = ReadTextFile(file_);
  if (absl::IsNotFound(text.status())) {
    return;
  }
  const Json json = text.ok() ? Json::parse(*text, nullptr, /*allow_exceptions=*/false) : Json();
  if (!json.is_object() || !json.contains("jobs") || !json["jobs"].is_array()) {
    LogWarning("{} cannot be read: earlier jobs are forgotten", file_.string());
    return;
  }
  for (const Json& entry : json["jobs"]) {
    if (std::optional<Job> job = ParseJob(entry); job.has_value()) {
      if (job->state == JobState::kRunning) {
        job->state = JobState::kQueued;
      }
      next_id_ = std::max(next_id_, job->id + 1);
      jobs_.push_back(*std::move(job));
    }
  }
}

void JobService::Announce(const Job& job) const {
  if (on_change_) {
    on_change_(job);
  }
}

}  // namespace calotype
