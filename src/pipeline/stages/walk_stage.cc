#include "pipeline/stages/walk_stage.h"

#include <filesystem>
#include <string>
#include <string_view>

#include "base/file.h"
#include "pipeline/object_scanner.h"
#include "pipeline/scanner.h"
#include "storage/object_path.h"

namespace calotype {

void WalkStage::Run() {
  const ProblemHandler report = [this](std::string_view path, std::string_view reason) {
    state_.Report({.path = std::string(path), .analysis = "read", .reason = std::string(reason)});
  };
  Scanner scanner(catalog_, *options_.reader, options_.scanner, state_.counts(), report);
  ObjectScanner object_scanner(catalog_, options_.scanner, state_.counts(), report);
  const auto scan = [&](const std::filesystem::path& folder, const std::filesystem::path& root) {
    if (state_.Stopping()) {
      return;
    }
    const Status status = IsObjectPath(root.native())
                              ? object_scanner.ScanPart(folder.native(), root.native(), state_.stop_token())
                              : scanner.ScanPart(folder, root, state_.stop_token());
    if (!status.ok()) {
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
    Status status = scanner.MarkMissing();
    status.Update(object_scanner.MarkMissing());
    if (!status.ok()) {
      state_.Fail(status);
    }
  }
  state_.EndWalk();
}

}  // namespace calotype
