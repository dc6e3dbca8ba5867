// Remembers which files have the hash that their pack states, so that they are hashed once and not at each start.
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "absl/base/thread_annotations.h"
#include "base/file_stamp.h"
#include "base/mutex.h"
#include "base/sha256.h"
#include "base/status.h"
#include "models/pack.h"

namespace calotype {

// Thread-safe. Processes may share the store: it is replaced as a whole, and what is lost is hashed again.
class VerifiedFiles {
 public:
  // `store` is a file of Calotype's own, one line for each verified file; it need not exist. A damaged one is empty.
  explicit VerifiedFiles(std::filesystem::path store);

  // OK when all files of the model have the sizes and hashes in its manifest. A file is hashed again when its size,
  // mtime, ctime or inode changed (CompareStamps()).
  //   kDataLoss  another size or hash; the message names the file and both
  // Other errors as for OpenForReading().
  Status Check(const ModelSpec& model) ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  struct Verified {
    FileStamp stamp;
    std::string sha256;
  };

  Status CheckFile(const std::filesystem::path& path, const PackFile& expected) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Load() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Save() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const std::filesystem::path store_;
  Mutex mutex_;
  std::map<std::string, Verified> files_ ABSL_GUARDED_BY(mutex_);  // by path
};

}  // namespace calotype
