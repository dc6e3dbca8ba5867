// Downloads one file from the hub, or copies it from a local folder, and verifies it.
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
  std::optional<Sha256Digest> sha256;  // nullopt: the one that the hub states, if any
  std::optional<int64_t> bytes;
};

struct Downloaded {
  Sha256Digest sha256;  // of the received file
  int64_t bytes = 0;
  std::string commit;  // the commit of the revision at download time; may be empty
};

// Downloads the file, verifies it and syncs it to disk as the partial file of `download.target` (see partial_file.h);
// PartialFile::Place() then gives it its final name. Resumes where an earlier call ended, and retries errors that may
// be temporary. Reports the number of bytes so far through `on_bytes`; it may decrease when the hub's file changed.
// `client` is not used when settings.folder is set. Returns
//   kDataLoss           the SHA-256 is wrong (the file is deleted), or the hub's file is not the pinned one
//   kResourceExhausted  the disk is full; the bytes so far are kept
//   kUnavailable        gave up after settings.tries
//   kCancelled          `stop` was requested; the bytes so far are kept
// and the errors of HubError() and HttpClient::Send().
StatusOr<Downloaded> Fetch(const Download& download, const HubSettings& settings, HttpClient& client,
                           const std::function<void(int64_t bytes)>& on_bytes, const std::stop_token& stop);

}  // namespace calotype
