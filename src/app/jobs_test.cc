#include "app/jobs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/fake_library.h"
#include "app/pending_work.h"
#include "catalog/test_data.h"

namespace calotype {
namespace {

class JobServiceTest : public testing::Test {
 protected:
  JobServiceTest() { library_.AddPhotos(3); }

  // Starts a service with the jobs of the one before.
  JobService& Restart() {
    service_.reset();
    service_.emplace(*library_, library_.photos().parent_path() / "jobs.json");
    return *service_;
  }
  static Job AwaitEnd(const JobService& service, int64_t id) {
    while (true) {
      const Job job = Value(service.Get(id));
      if (job.state != JobState::kQueued && job.state != JobState::kRunning) {
        return job;
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
  }
  static void AwaitState(const JobService& service, int64_t id, JobState state) {
    while (Value(service.Get(id)).state != state) {
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
  }
  JobRequest ScanAll() const { return {.folders = {library_.photos().string()}, .only = {"pdq"}}; }

  FakeLibrary library_;
  std::optional<JobService> service_;
};

TEST_F(JobServiceTest, JobsRunOneAfterTheOtherAndReport) {
  std::vector<std::string> seen;
  std::mutex mutex;
  JobService& service = Restart();
  service.Start([&](const Job& job) {
    const std::lock_guard lock(mutex);
    seen.push_back(std::to_string(job.id) + " " + std::string(JobStateName(job.state)));
  });
  const int64_t first = Value(service.Submit(ScanAll())).id;
  const int64_t second = Value(service.Submit({.kind = JobKind::kBackup})).id;
  const Job scan = AwaitEnd(service, first);
  EXPECT_EQ(scan.state, JobState::kDone) << scan.error;
  EXPECT_EQ(scan.counts.at("analysed"), 3);
  EXPECT_GT(scan.started, 0);
  EXPECT_GE(scan.ended, scan.started);
  const Job backup = AwaitEnd(service, second);
  EXPECT_EQ(backup.state, JobState::kDone) << backup.error;
  EXPECT_TRUE(std::filesystem::exists(backup.file));
  service.Stop();
  EXPECT_THAT(seen, testing::IsSupersetOf({"1 queued", "1 running", "1 done", "2 queued", "2 running", "2 done"}));
  EXPECT_EQ(service.List().front().id, second) << "the newest first";
}

TEST_F(JobServiceTest, AFailedJobSaysWhy) {
  JobService& service = Restart();
  service.Start(nullptr);
  const Job job = AwaitEnd(service, Value(service.Submit({.folders = {"/no/such/folder"}, .only = {"pdq"}})).id);
  EXPECT_EQ(job.state, JobState::kFailed);
  EXPECT_THAT(job.error, testing::HasSubstr("/no/such/folder"));
  EXPECT_TRUE(absl::IsInvalidArgument(service.Submit({.kind = JobKind::kExport, .query = "rating:x"}).status()));
}

TEST_F(JobServiceTest, ABackupIsRestoredOnceAlsoIfTheServiceEnds) {
  JobService& service = Restart();
  service.Start(nullptr);
  AwaitEnd(service, Value(service.Submit(ScanAll())).id);
  const Job backup = AwaitEnd(service, Value(service.Submit({.kind = JobKind::kBackup})).id);
  library_.AddPhotos(1);
  AwaitEnd(service, Value(service.Submit(ScanAll())).id);
  const Job restore = AwaitEnd(service, Value(service.Submit({.kind = JobKind::kRestore, .backup = backup.file})).id);
  EXPECT_EQ(restore.state, JobState::kDone) << restore.error;
  EXPECT_TRUE(std::filesystem::exists(restore.file)) << "the previous catalogue";
  EXPECT_EQ(Value(Value(library_->Catalogue())->GetStatus()).photos, 3);

  EXPECT_TRUE(absl::IsInvalidArgument(service.Submit({.kind = JobKind::kRestore, .backup = "/etc/passwd"}).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(service.Submit({.kind = JobKind::kRestore, .backup = "../b.db"}).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(service.Submit({.kind = JobKind::kRestore, .backup = "catalog.db"}).status()));
  EXPECT_TRUE(absl::IsNotFound(service.Submit({.kind = JobKind::kRestore, .backup = "no.db"}).status()));

  // While a request uses the catalogue, the job waits; the service ends meanwhile.
  std::optional<CatalogLease> in_use(Value(library_->Catalogue()));
  const int64_t last = Value(service.Submit({.kind = JobKind::kRestore, .backup = backup.file})).id;
  AwaitState(service, last, JobState::kRunning);
  std::jthread end([&in_use] {
    std::this_thread::sleep_for(std::chrono::milliseconds(500));
    in_use.reset();
  });
  const JobState state = Value(Restart().Get(last)).state;
  EXPECT_TRUE(state == JobState::kDone || state == JobState::kQueued) << JobStateName(state);
  EXPECT_EQ(std::filesystem::exists(restore.file + "-2"), state == JobState::kDone)
      << "it is repeated only if nothing was replaced";
}

TEST_F(JobServiceTest, AWaitingJobCanBeCancelledAndARunningOneStops) {
  JobService& service = Restart();
  const int64_t scan = Value(service.Submit(ScanAll())).id;
  service.Start(nullptr);
  AwaitEnd(service, scan);
  CALOTYPE_ASSERT_OK(PauseScans(*library_));  // the next scan waits
  library_.AddPhotos(2);
  const int64_t running = Value(service.Submit(ScanAll())).id;
  const int64_t waiting = Value(service.Submit(ScanAll())).id;
  AwaitState(service, running, JobState::kRunning);
  EXPECT_EQ(Value(service.Cancel(waiting)).state, JobState::kCancelled);
  Value(service.Cancel(running));
  EXPECT_EQ(AwaitEnd(service, running).state, JobState::kCancelled);
  EXPECT_TRUE(absl::IsFailedPrecondition(service.Cancel(running).status()));
  EXPECT_TRUE(absl::IsNotFound(service.Cancel(99).status()));
}

TEST_F(JobServiceTest, JobsSurviveTheEndOfTheService) {
  {
    JobService& service = Restart();
    const int64_t first = Value(service.Submit(ScanAll())).id;
    service.Start(nullptr);
    AwaitEnd(service, first);
    CALOTYPE_ASSERT_OK(PauseScans(*library_));
    library_.AddPhotos(2);
    const int64_t second = Value(service.Submit(ScanAll())).id;
    AwaitState(service, second, JobState::kRunning);
    Value(service.Submit({.kind = JobKind::kBackup}));
  }
  JobService& service = Restart();
  EXPECT_EQ(Value(service.Get(1)).counts.at("analysed"), 3);
  EXPECT_EQ(Value(service.Get(2)).state, JobState::kQueued) << "it was running";
  CALOTYPE_ASSERT_OK(ResumeScans(*library_));
  service.Start(nullptr);
  const Job scan = AwaitEnd(service, 2);
  EXPECT_EQ(scan.state, JobState::kDone) << scan.error;
  EXPECT_EQ(scan.counts.at("analysed"), 2);
  EXPECT_EQ(AwaitEnd(service, 3).state, JobState::kDone);
  EXPECT_EQ(Value(service.Submit(ScanAll())).id, 4);
}

TEST_F(JobServiceTest, ABrokenListIsLeftBehind) {
  std::ofstream(library_.photos().parent_path() / "jobs.json") << R"({"jobs":[{"id":1},7,{"id":"x","kind":"scan"}]})";
  EXPECT_TRUE(Restart().List().empty());
  std::ofstream(library_.photos().parent_path() / "jobs.json") << "{";
  EXPECT_TRUE(Restart().List().empty());
}

TEST_F(JobServiceTest, ASwitchThatCannotSucceedIsRefusedOrSaysWhy) {
  JobService& service = Restart();
  service.Start(nullptr);
  EXPECT_TRUE(absl::IsInvalidArgument(service.Submit({.kind = JobKind::kSwitch}).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(
      service.Submit({.kind = JobKind::kSwitch, .use = {.pack = "other", .undo = true}}).status()));
  const Job job = AwaitEnd(service, Value(service.Submit({.kind = JobKind::kSwitch, .use = {.pack = "other"}})).id);
  EXPECT_EQ(job.state, JobState::kFailed);
  EXPECT_THAT(job.error, testing::HasSubstr("other"));
  const Job quantise = AwaitEnd(service, Value(service.Submit({.kind = JobKind::kQuantise})).id);
  EXPECT_EQ(quantise.state, JobState::kFailed);
  EXPECT_FALSE(quantise.error.empty());
}

TEST_F(JobServiceTest, RequestsOfModelsAreKept) {
  JobService& service = Restart();
  const int64_t use =
      Value(service.Submit({.kind = JobKind::kSwitch, .use = {.pack = "other", .choices = {"objects=accurate"}}})).id;
  const int64_t undo = Value(service.Submit({.kind = JobKind::kSwitch, .use = {.undo = true}})).id;
  const int64_t quantise =
      Value(service.Submit({.kind = JobKind::kQuantise, .quantise = {.tasks = {"objects"}, .photos = 7}})).id;
  JobService& next = Restart();
  EXPECT_EQ(Value(next.Get(use)).request.use.pack, "other");
  EXPECT_EQ(Value(next.Get(use)).request.use.choices, std::vector<std::string>{"objects=accurate"});
  EXPECT_TRUE(Value(next.Get(undo)).request.use.undo);
  EXPECT_EQ(Value(next.Get(quantise)).request.quantise.tasks, std::vector<std::string>{"objects"});
  EXPECT_EQ(Value(next.Get(quantise)).request.quantise.photos, 7);
}

}  // namespace
}  // namespace calotype
