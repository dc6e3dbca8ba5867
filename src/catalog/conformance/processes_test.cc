// ProcessCatalog: who works for the library, and who leads.
#include <optional>

#include "catalog/conformance/catalog_test.h"
#include "catalog/sql_catalog.h"

namespace calotype {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

constexpr int64_t kLease = 60;

class CatalogProcessesTest : public CatalogTest {
 protected:
  void Report(const WorkOwner& owner, ProcessRole role = ProcessRole::kCoordinator, int64_t lease_s = kLease) {
    CALOTYPE_ASSERT_OK(catalog().ReportProcess(owner, role, {}, lease_s));
  }
  std::optional<int64_t> Lead(const WorkOwner& owner) { return Value(catalog().Lead(owner)); }
  // The lease of the only process has ended.
  void Expire() {
    const auto another = OpenAnother();
    CALOTYPE_ASSERT_OK(dynamic_cast<SqlCatalog&>(*another).unlocked_database().Execute(
        "UPDATE process SET expires_at = 0, expires_boot_ms = 0"));
  }

  const WorkOwner first_ = NewWorkOwner();
  const WorkOwner second_ = NewWorkOwner();
  // Owners of this process count as alive while they are registered.
  const OwnerRegistration first_lives_{first_};
  const OwnerRegistration second_lives_{second_};
};
INSTANTIATE_TEST_SUITE_P(Backends, CatalogProcessesTest, testing::ValuesIn(Backends()), BackendName);

TEST_P(CatalogProcessesTest, LivingProcessesAreListedWithTheirFigures) {
  EXPECT_THAT(Value(catalog().Processes()), IsEmpty());
  const ProcessFigures figures = {.analysed = 7,
                                  .failed = 1,
                                  .held = 3,
                                  .per_minute = 12.5,
                                  .devices = {{"detect", "onnxruntime cpu f32"}},
                                  .walked_at = 1'700'000'000,
                                  .walked = 11};
  Report(first_);
  CALOTYPE_ASSERT_OK(catalog().ReportProcess(second_, ProcessRole::kWorker, figures, kLease));
  CALOTYPE_ASSERT_OK(catalog().ReportProcess(second_, ProcessRole::kWorker, figures, kLease));
  const std::vector<ProcessRecord> processes = Value(catalog().Processes());
  ASSERT_THAT(processes, SizeIs(2));
  EXPECT_EQ(processes[0].role, ProcessRole::kCoordinator);
  EXPECT_EQ(processes[0].figures.per_minute, std::nullopt);
  EXPECT_EQ(processes[1].role, ProcessRole::kWorker);
  EXPECT_EQ(processes[1].pid, getpid());
  EXPECT_EQ(processes[1].host, MachineName(second_));
  EXPECT_GT(processes[1].since, 1'700'000'000);
  EXPECT_EQ(processes[1].figures.analysed, 7);
  EXPECT_EQ(processes[1].figures.failed, 1);
  EXPECT_EQ(processes[1].figures.held, 3);
  EXPECT_EQ(processes[1].figures.per_minute, 12.5);
  EXPECT_EQ(processes[1].figures.devices, figures.devices);
  EXPECT_EQ(processes[1].figures.walked_at, 1'700'000'000);
  EXPECT_EQ(processes[1].figures.walked, 11);
  CALOTYPE_ASSERT_OK(catalog().EndProcess(second_));
  EXPECT_THAT(Value(catalog().Processes()), SizeIs(1));
}

TEST_P(CatalogProcessesTest, DeadAndSilentProcessesAreNotListed) {
  Report(DeadOwner());
  EXPECT_THAT(Value(catalog().Processes()), IsEmpty());
  Report(first_);
  EXPECT_THAT(Value(catalog().Processes()), SizeIs(1));
  Expire();
  EXPECT_THAT(Value(catalog().Processes()), IsEmpty());
  Report(first_);
  EXPECT_THAT(Value(catalog().Processes()), SizeIs(1)) << "it was only slow";
}

TEST_P(CatalogProcessesTest, OneLeadsUntilItEnds) {
  Report(first_);
  Report(second_);
  EXPECT_EQ(Lead(first_), 1);
  EXPECT_EQ(Lead(second_), std::nullopt);
  EXPECT_EQ(Lead(first_), 1);
  EXPECT_TRUE(Value(catalog().Processes())[0].leads);
  EXPECT_FALSE(Value(catalog().Processes())[1].leads);
  CALOTYPE_ASSERT_OK(catalog().EndProcess(first_));
  EXPECT_EQ(Lead(second_), 2);
  Report(first_);
  EXPECT_EQ(Lead(first_), std::nullopt);
}

TEST_P(CatalogProcessesTest, AnotherLeadsWhenTheLeaderDiedOrDidNotReportInTime) {
  const WorkOwner dead = DeadOwner();
  Report(dead);
  EXPECT_EQ(Lead(dead), 1);
  Report(first_);
  EXPECT_EQ(Lead(first_), 2);
  Expire();
  Report(second_);
  EXPECT_EQ(Lead(second_), 3);
  Report(first_);
  EXPECT_EQ(Lead(first_), std::nullopt);
}

// A leader that slept past its lease and comes back.
TEST_P(CatalogProcessesTest, WhatAnEarlierLeaderDecidedIsNotWritten) {
  Report(first_);
  const auto old_leader = OpenAnother();
  CALOTYPE_ASSERT_OK(old_leader->WriteOnlyAsLeader(*Lead(first_)));
  CALOTYPE_ASSERT_OK(old_leader->AddFile("/a.jpg", StampOf(100), DigestOf("a")).status());
  Expire();
  Report(second_);
  EXPECT_EQ(Lead(second_), 2);
  EXPECT_EQ(old_leader->AddFile("/b.jpg", StampOf(100), DigestOf("b")).status().code(), absl::StatusCode::kAborted);
  EXPECT_EQ(old_leader->MarkMissing(std::vector<std::string>{"/a.jpg"}).code(), absl::StatusCode::kAborted);
  EXPECT_EQ(old_leader->BeginTransaction().status().code(), absl::StatusCode::kAborted);
  EXPECT_EQ(Value(catalog().GetStatus()).photos, 1);
  EXPECT_EQ(Value(old_leader->GetStatus()).photos, 1) << "it may still read";
  Add("/c.jpg", "c");  // as everybody who does not lead
  const auto new_leader = OpenAnother();
  CALOTYPE_ASSERT_OK(new_leader->WriteOnlyAsLeader(2));
  CALOTYPE_ASSERT_OK(new_leader->AddFile("/b.jpg", StampOf(100), DigestOf("b")).status());
}

}  // namespace
}  // namespace calotype
