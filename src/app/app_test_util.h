// An App with folders of its own, for tests: it finds no models, runtimes or settings of the user.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/app.h"
#include "base/temporary_folder.h"

namespace calotype {

// Sets environment variables of this process during Configure(); one thread at a time.
class TestApp {
 public:
  explicit TestApp(const std::vector<std::string>& assignments = {})
      : home_(*TemporaryFolder::Create()), app_(std::make_unique<App>()) {
    const ScopedVariable home("CALOTYPE_HOME", home_.path());
    const ScopedVariable cache("XDG_CACHE_HOME", home_.path() / "cache");
    const Status status = app_->Configure(assignments);
    EXPECT_TRUE(status.ok()) << status;
  }

  const App& operator*() const { return *app_; }
  const App* operator->() const { return app_.get(); }
  const std::filesystem::path& home() const { return home_.path(); }

 private:
  // Restores the earlier value at the end.
  class ScopedVariable {
   public:
    ScopedVariable(const char* name, const std::filesystem::path& value) : name_(name) {
      if (const char* const before = std::getenv(name); before != nullptr) {
        before_ = before;
      }
      setenv(name, value.c_str(), /*replace=*/1);
    }
    ScopedVariable(const ScopedVariable&) = delete;
    ScopedVariable& operator=(const ScopedVariable&) = delete;
    ~ScopedVariable() { before_ ? setenv(name_, before_->c_str(), /*replace=*/1) : unsetenv(name_); }

   private:
    const char* const name_;
    std::optional<std::string> before_;
  };

  TemporaryFolder home_;
  std::unique_ptr<App> app_;
};

}  // namespace calotype
