// One file from the hub, or from a folder that was filled elsewhere, to a verified file on this machine.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>

#include "base/sha256.h"
#include "base/status.h"
#include "models/http.h"
#include "models/hub.h"
#include "models/pack.h"

namespace calotype {

struct Download {
  HubFile source;
  std::filesystem::path target;
  std::optional<Sha256Digest> sha256;  // nullopt: the one that the hub states, if it states one
  std::optional<int64_t> bytes;
};

struct Downloaded {
  Sha256Digest sha256;  // of what was received
  int64_t bytes = 0;
  std::string commit;  // that the revision was when it was fetched; may be empty
};

// Leaves the whole, verified file, on the disk, as the partial of `download.target` (partial_file.h):
// PartialFile::Place gives it its name. Goes on where an earlier call ended, tries again what may pass, and says how
// many bytes there are through `on_bytes`, which may fall when the hub's file changed. `client` is not used when
// settings.folder is set.
//   kDataLoss           a wrong SHA-256 (the file is deleted), or the hub's file is not the one that was pinned
//   kResourceExhausted  the disk is full; what came is kept
//   kUnavailable        given up after settings.tries
//   kCancelled          `stop` was requested; what came is kept
//   and those of HubError() and HttpClient::Send()
StatusOr<Downloaded> Fetch(const Download& download, const HubSettings& settings, HttpClient& client,
                           const std::function<void(int64_t bytes)>& on_bytes, const std::stop_token& stop);

}  // namespace calotype
