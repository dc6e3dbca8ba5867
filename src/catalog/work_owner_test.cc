#include "catalog/work_owner.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

namespace calotype {
namespace {

TEST(WorkOwnerTest, EachIsAnother) {
  const WorkOwner first = NewWorkOwner();
  const WorkOwner second = NewWorkOwner();
  EXPECT_NE(first, second);
  EXPECT_EQ(first.random.size(), 32U);
  EXPECT_EQ(first.pid, getpid());
  EXPECT_GT(first.start_time, 0);
  EXPECT_GT(first.pid_namespace, 0);
  EXPECT_EQ(first.boot.size(), 36U);
}

TEST(WorkOwnerTest, InThisProcessAnOwnerLivesWhileItIsRegistered) {
  const WorkOwner owner = NewWorkOwner();
  EXPECT_EQ(LifeOf(owner), OwnerLife::kDead);
  {
    const OwnerRegistration registration(owner);
    EXPECT_EQ(LifeOf(owner), OwnerLife::kAlive);
  }
  EXPECT_EQ(LifeOf(owner), OwnerLife::kDead);
}

TEST(WorkOwnerTest, APidThatWasGivenToAnotherProcessIsNoProofOfLife) {
  WorkOwner owner = NewWorkOwner();
  ++owner.start_time;
  EXPECT_EQ(LifeOf(owner), OwnerLife::kDead);
}

TEST(WorkOwnerTest, ARestartedMachineHasNoOwners) {
  WorkOwner owner = NewWorkOwner();
  owner.boot = "00000000-0000-0000-0000-000000000000";
  EXPECT_EQ(LifeOf(owner), OwnerLife::kDead);
}

TEST(WorkOwnerTest, OtherMachinesAndContainersAreUnknown) {
  WorkOwner owner = NewWorkOwner();
  ++owner.pid_namespace;
  EXPECT_EQ(LifeOf(owner), OwnerLife::kUnknown);
  owner = NewWorkOwner();
  owner.host += 'x';
  EXPECT_EQ(LifeOf(owner), OwnerLife::kUnknown);
  EXPECT_EQ(LifeOf(WorkOwner{}), OwnerLife::kUnknown);
}

TEST(WorkOwnerTest, AnotherProcessLivesUntilItIsKilled) {
  int ready[2];
  ASSERT_EQ(pipe(ready), 0);
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    const WorkOwner owner = NewWorkOwner();
    const bool written = write(ready[1], &owner.start_time, sizeof(owner.start_time)) == sizeof(owner.start_time);
    pause();
    _exit(written ? 0 : 1);
  }
  WorkOwner owner = NewWorkOwner();
  owner.pid = child;
  ASSERT_EQ(read(ready[0], &owner.start_time, sizeof(owner.start_time)), sizeof(owner.start_time));
  EXPECT_EQ(LifeOf(owner), OwnerLife::kAlive);
  kill(child, SIGKILL);
  siginfo_t info{};
  ASSERT_EQ(waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOWAIT), 0);
  EXPECT_EQ(LifeOf(owner), OwnerLife::kDead) << "killed, though its parent did not ask yet";
  waitpid(child, nullptr, 0);
  EXPECT_EQ(LifeOf(owner), OwnerLife::kDead);
  close(ready[0]);
  close(ready[1]);
}

}  // namespace
}  // namespace calotype
