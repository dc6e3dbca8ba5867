// An App with a home of its own, for tests.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "app/app.h"
#include "base/temporary_folder.h"

namespace calotype {

// Sets CALOTYPE_HOME of this process for the time of Configure(); one thread at a time.
class TestApp {
 public:
  explicit TestApp(const std::vector<std::string>& assignments = {})
      : home_(*TemporaryFolder::Create()), app_(std::make_unique<App>()) {
    setenv("CALOTYPE_HOME", home_.path().c_str(), /*replace=*/1);
    const Status status = app_->Configure(assignments);
    unsetenv("CALOTYPE_HOME");
    EXPECT_TRUE(status.ok()) << status;
  }

  const App& operator*() const { return *app_; }
  const App* operator->() const { return app_.get(); }
  const std::filesystem::path& home() const { return home_.path(); }

 private:
  TemporaryFolder home_;
  std::unique_ptr<App> app_;
};

}  // namespace calotype
