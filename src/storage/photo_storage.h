// Opens photos where they lie: in the file system, or in S3-compatible object storage ("s3://BUCKET/KEY"). All paths
// here are as the catalogue stores them, unless they are called local. Nobody else knows that a folder of the library
// may lie elsewhere on this machine (storage.paths): whoever looks at a file whose path the catalogue has, and not with
// these functions, asks LocalPath() first. Photos are never written; StoredFiles has files of Calotype's own.
#pragma once

#include <filesystem>
#include <functional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "base/file.h"
#include "base/file_stamp.h"
#include "base/file_system.h"
#include "base/status.h"
#include "storage/path_mapping.h"
#include "storage/s3_client.h"

namespace calotype {

struct StorageSettings {
  S3Settings s3;
  std::filesystem::path folder;  // for copies of objects while they are read: of any size, so on a disk
  PathMapping paths;             // where the library's folders lie on this machine
};

// The settings of storage.*, completed from the environment as Amazon's tools do: AWS_ENDPOINT_URL_S3,
// AWS_ENDPOINT_URL, AWS_REGION, AWS_DEFAULT_REGION. `get` is std::getenv. kInvalidArgument for an endpoint that is no
// http or https URL or has a path.
StatusOr<S3Settings> CompleteS3Settings(S3Settings settings, const std::function<const char*(const char*)>& get);

// Sets them for the whole process. Call it before photos are opened.
void SetStorageSettings(StorageSettings settings);

// Where the file or folder `stored` lies on this machine; unchanged for one in object storage.
std::string LocalPath(const std::string& stored);
// What the catalogue calls the file or folder `local` of this machine.
std::string StoredPath(const std::string& local);

struct StoredPhoto {
  UniqueFd file;    // open for reading; of an object: a copy without a name, which nobody changes
  FileStamp stamp;  // of the file or object when it was opened
  FileSystemKind file_system = FileSystemKind::kLocal;
  bool is_copy = false;
  bool is_moved = false;  // storage.paths says that it lies elsewhere here, so its times may be those of another mount
};

// Opens the photo at `path`. An object is read completely. Errors as for OpenForReading() and S3Client::Read(), with
// the path; kResourceExhausted when the disk for copies is full. kNotFound names the setting storage.paths, where that
// may be the reason.
StatusOr<StoredPhoto> OpenStoredPhoto(const std::string& path, const std::stop_token& stop = {});

// Files of Calotype's own, at paths as those of photos. They are written once and never changed.
struct StoredFiles {
  // Passes the bytes from `start` to the end to `sink`. Errors as S3Client::Read(), with the path.
  static Status Read(const std::string& path, int64_t start,
                     const std::function<Status(std::span<const uint8_t>)>& sink, const std::stop_token& stop);
  // Stores the bytes of the open file `from`, which has `bytes` and this SHA-256 (hexadecimal). Readers see all of it
  // or nothing, also when the process is killed.
  static Status Write(const std::string& path, const UniqueFd& from, int64_t bytes, const std::string& sha256,
                      const std::stop_token& stop);
  // OK also when there is no such file.
  static Status Remove(const std::string& path, const std::stop_token& stop);
};

// The stamp of the photo at `path` now.
StatusOr<FileStamp> StampOfStoredPhoto(const std::string& path, const std::stop_token& stop = {});

// Says whether a folder or file is there, also an empty one. An object storage that cannot be asked is an error.
StatusOr<bool> StoredFolderExists(const std::string& path);

// A list of S3Client::List(), with whole paths; its errors do not name `path`.
struct StoredList {
  struct File {
    std::string path;
    FileStamp stamp;
  };
  std::vector<File> files;
  std::string next;
};
StatusOr<StoredList> ListStoredFolder(const std::string& path, const std::string& next, const std::stop_token& stop);

}  // namespace calotype
