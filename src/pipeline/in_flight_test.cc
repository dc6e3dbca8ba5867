#include "pipeline/in_flight.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <functional>
#include <latch>
#include <thread>

#include "base/temporary_folder.h"

namespace calotype {
namespace {

class InFlightTest : public ::testing::Test {
 protected:
  std::filesystem::path file() const { return folder_->path() / "inflight"; }

  // Runs `work` in a process of its own that dies of it.
  void Die(const std::function<void(InFlight&)>& work) const {
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      signal(SIGSEGV, SIG_DFL);
      signal(SIGABRT, SIG_DFL);
      const auto journal = InFlight::Create(file(), 4);
      if (journal.ok()) {
        work(**journal);
      }
      _exit(0);
    }
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << status;
  }

  const StatusOr<TemporaryFolder> folder_ = TemporaryFolder::Create();
};

TEST_F(InFlightTest, ACrashNamesThePhotoOfItsThread) {
  for (const bool fault : {true, false}) {
    Die([fault](InFlight& journal) {
      std::latch noted(1);
      std::jthread other([&] {
        const InFlight::Note note(&journal, 7);
        noted.count_down();
        while (true) {
          pause();
        }
      });
      noted.wait();
      const InFlight::Note note(&journal, 8);
      if (fault) {
        // A page that nobody may touch: sanitizers see through a null pointer, and end the process their own way.
        void* const closed = mmap(nullptr, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        *static_cast<volatile int*>(closed) = 1;
      }
      std::abort();
    });
    const std::vector<Casualty> casualties = TakeCasualties(file()).value();
    ASSERT_EQ(casualties.size(), 2U);
    for (const Casualty& casualty : casualties) {
      EXPECT_EQ(casualty.crashed, casualty.photo == 8) << casualty.photo;
    }
  }
}

TEST_F(InFlightTest, APhotoOfTwoThreadsIsNamedOnce) {
  Die([](InFlight& journal) {
    std::latch noted(1);
    std::jthread decoder([&] {
      const InFlight::Note note(&journal, 8);
      noted.count_down();
      while (true) {
        pause();
      }
    });
    noted.wait();
    const InFlight::Note note(&journal, 8);
    std::abort();
  });
  const std::vector<Casualty> casualties = TakeCasualties(file()).value();
  ASSERT_EQ(casualties.size(), 1U);
  EXPECT_TRUE(casualties[0].crashed);
}

TEST_F(InFlightTest, AKillNamesAllWithoutBlame) {
  Die([](InFlight& journal) {
    const InFlight::Note note(&journal, 9);
    raise(SIGKILL);
  });
  const std::vector<Casualty> casualties = TakeCasualties(file()).value();
  ASSERT_EQ(casualties.size(), 1U);
  EXPECT_EQ(casualties[0].photo, 9);
  EXPECT_FALSE(casualties[0].crashed);
  EXPECT_FALSE(std::filesystem::exists(file())) << "nobody is blamed twice";
}

TEST_F(InFlightTest, WhatWasFinishedIsForgotten) {
  {
    const auto journal = InFlight::Create(file(), 2);
    ASSERT_TRUE(journal.ok());
    {
      const InFlight::Note note(journal->get(), 5);
    }
    const InFlight::Note none(nullptr, 6);
  }
  EXPECT_FALSE(std::filesystem::exists(file()));
  EXPECT_FALSE(TakeCasualties(file()).has_value());
}

TEST_F(InFlightTest, AnOwnerThatCouldNotGiveItsClaimsBackSaysThatNoPhotoIsToBlame) {
  {
    const auto journal = InFlight::Create(file(), 2);
    ASSERT_TRUE(journal.ok());
    const InFlight::Note note(journal->get(), 5);
    (*journal)->Keep();
  }
  const auto casualties = TakeCasualties(file());
  ASSERT_TRUE(casualties.has_value());
  EXPECT_TRUE(casualties->empty());
}

TEST_F(InFlightTest, AFolderThatIsNotThereIsAnError) {
  EXPECT_EQ(InFlight::Create("/nowhere/inflight", 1).status().code(), absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace calotype
