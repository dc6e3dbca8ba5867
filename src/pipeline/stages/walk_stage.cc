#include "pipeline/stages/walk_stage.h"

#include <filesystem>
#include <string>
#include <string_view>

#include "base/file.h"
#include "pipeline/scanner.h"

namespace calotype {

void WalkStage::Run() {
  Scanner scanner(catalog_, *options_.reader, options_.scanner, state_.counts(),
                  [this](std::string_view path, std::string_view reason) {
                    state_.Report({.path = std::string(path), .analysis = "read", .reason = std::string(reason)});
                  });
  const auto scan = [&](const std::filesystem::path& folder, const std::filesystem::path& root) {
    if (state_.Stopping()) {
      return;
    }
    if (const Status status = scanner.ScanPart(folder, root, state_.stop_token()); !status.ok()) {
      state_.Fail(status);
    }
  };
  for (const std::filesystem::path& root : options_.roots) {
    if (options_.parts.empty()) {
      scan(root, root);
    }
    for (const std::filesystem::path& part : options_.parts) {
      if (IsAtOrBelow(part, root)) {
        scan(part, root);
      }
    }
  }
  if (!state_.Stopping()) {
    if (const Status status = scanner.MarkMissing(); !status.ok()) {
      state_.Fail(status);
    }
  }
  state_.EndWalk();
}

}  // namespace calotype
