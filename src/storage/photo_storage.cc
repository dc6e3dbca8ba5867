#include "storage/photo_storage.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <span>
#include <system_error>
#include <utility>

#include "base/mutex.h"
#include "base/shared_value.h"
#include "models/http.h"
#include "storage/object_path.h"

namespace calotype {
namespace {

namespace fs = std::filesystem;

// What all threads use to read objects; made at the first use.
struct ObjectStorage {
  explicit ObjectStorage(const StorageSettings& settings)
      : folder(settings.folder),
        http(CreateHttpClient()),
        credentials(*http, [](const char* name) { return std::getenv(name); }),
        client(settings.s3, *http, credentials) {}

  const fs::path folder;
  const std::unique_ptr<HttpClient> http;
  CredentialFinder credentials;
  S3Client client;
};

class Current {
 public:
  void Set(StorageSettings settings) {
    paths_.Set(settings.paths);
    const MutexLock lock(&mutex_);
    settings_ = std::move(settings);
    storage_.reset();
  }
  std::shared_ptr<ObjectStorage> Get() {
    const MutexLock lock(&mutex_);
    if (storage_ == nullptr) {
      storage_ = std::make_shared<ObjectStorage>(settings_);
    }
    return storage_;
  }

  std::shared_ptr<const PathMapping> paths() const { return paths_.Get(); }

 private:
  SharedValue<PathMapping> paths_{PathMapping()};
  Mutex mutex_;
  StorageSettings settings_ ABSL_GUARDED_BY(mutex_);
  std::shared_ptr<ObjectStorage> storage_ ABSL_GUARDED_BY(mutex_);
};

Current& TheCurrent() {
  static Current current;
  return current;
}

// A file without a name in `folder`: it vanishes with its descriptor, also when the process is killed.
StatusOr<UniqueFd> NamelessFile(const fs::path& folder) {
  std::error_code ignored;
  fs::create_directories(folder, ignored);
  UniqueFd file(open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  if (file.get() >= 0) {
    return file;
  }
  // Some file systems have none.
  std::string name = (folder / "object.XXXXXX").string();
  UniqueFd named(mkostemp(name.data(), O_CLOEXEC));
  if (named.get() < 0) {
    return ErrnoStatus(errno, fmt::format("cannot make a file in {}", folder.string()));
  }
  fs::remove(name, ignored);
  return named;
}

StatusOr<StoredPhoto> OpenObject(const ObjectPath& object, const std::stop_token& stop) {
  const std::shared_ptr<ObjectStorage> storage = TheCurrent().Get();
  CALOTYPE_ASSIGN_OR_RETURN(const UniqueFd copy, NamelessFile(storage->folder));
  CALOTYPE_ASSIGN_OR_RETURN(
      const FileStamp stamp,
      storage->client.Read(
          object, 0, [&](std::span<const uint8_t> bytes) { return WriteAll(copy.get(), bytes); }, stop));
  // Opened anew, for reading only: it goes to a process that parses bytes from outside.
  StoredPhoto photo{.file = UniqueFd(open(fmt::format("/proc/self/fd/{}", copy.get()).c_str(), O_RDONLY | O_CLOEXEC)),
                    .stamp = stamp,
                    .file_system = FileSystemKind::kLocal,
                    .is_copy = true};
  if (photo.file.get() < 0) {
    return ErrnoStatus(errno, "cannot open its copy");
  }
  return photo;
}

constexpr std::size_t kPiece = 1U << 20U;

// Passes the bytes of a file from `start` to `sink`.
Status ReadPieces(int file, int64_t start, const std::function<Status(std::span<const uint8_t>)>& sink,
                  const std::stop_token& stop) {
  std::vector<uint8_t> piece(kPiece);
  while (!stop.stop_requested()) {
    const ssize_t bytes = pread(file, piece.data(), piece.size(), start);
    if (bytes < 0) {
      return ErrnoStatus(errno, "read");
    }
    if (bytes == 0) {
      return absl::OkStatus();
    }
    CALOTYPE_RETURN_IF_ERROR(sink(std::span(piece).first(static_cast<std::size_t>(bytes))));
    start += bytes;
  }
  return absl::CancelledError("stopped");
}

// Copies `from` to a new file beside `path`, and renames it.
Status WriteLocalFile(const fs::path& path, const UniqueFd& from, const std::stop_token& stop) {
  std::error_code error;
  fs::create_directories(path.parent_path(), error);
  std::string name = path.string() + ".XXXXXX";
  const UniqueFd file(mkostemp(name.data(), O_CLOEXEC));
  if (file.get() < 0) {
    return ErrnoStatus(errno, fmt::format("create a file beside {}", path.string()));
  }
  Status status =
      ReadPieces(from.get(), 0, [&](std::span<const uint8_t> bytes) { return WriteAll(file.get(), bytes); }, stop);
  if (status.ok() &&
      (fchmod(file.get(), 0644) != 0 || fsync(file.get()) != 0 || rename(name.c_str(), path.c_str()) != 0)) {
    status = ErrnoStatus(errno, fmt::format("write {}", path.string()));
  }
  if (!status.ok()) {
    fs::remove(name, error);
  }
  return status;
}

// Says where the file was looked for, or that it may lie elsewhere here.
Status ExplainAbsence(const Status& status, const std::string& path, const std::string& local) {
  if (!absl::IsNotFound(status)) {
    return status;
  }
  if (local != path) {
    return absl::NotFoundError(fmt::format("{} ({} here, as storage.paths says)", Message(status), path));
  }
  std::error_code error;
  if (!fs::exists(fs::path(path).parent_path(), error)) {
    return absl::NotFoundError(
        fmt::format("{}; if this folder lies elsewhere on this machine, set storage.paths", Message(status)));
  }
  return status;
}

}  // namespace

Status StoredFiles::Read(const std::string& path, int64_t start,
                         const std::function<Status(std::span<const uint8_t>)>& sink, const std::stop_token& stop) {
  if (!IsObjectPath(path)) {
    CALOTYPE_ASSIGN_OR_RETURN(const UniqueFd file, OpenForReading(path));
    return Annotate(ReadPieces(file.get(), start, sink, stop), path);
  }
  CALOTYPE_ASSIGN_OR_RETURN(const ObjectPath object, ParseObjectPath(path));
  return Annotate(TheCurrent().Get()->client.Read(object, start, sink, stop).status(), path);
}

Status StoredFiles::Write(const std::string& path, const UniqueFd& from, int64_t bytes, const std::string& sha256,
                          const std::stop_token& stop) {
  if (!IsObjectPath(path)) {
    return WriteLocalFile(path, from, stop);
  }
  CALOTYPE_ASSIGN_OR_RETURN(const ObjectPath object, ParseObjectPath(path));
  return Annotate(TheCurrent().Get()->client.Write(object, {.descriptor = from.get(), .bytes = bytes}, sha256, stop),
                  path);
}

Status StoredFiles::Remove(const std::string& path, const std::stop_token& stop) {
  if (!IsObjectPath(path)) {
    std::error_code error;
    fs::remove(path, error);
    return error ? ErrnoStatus(error.value(), fmt::format("remove {}", path)) : absl::OkStatus();
  }
  CALOTYPE_ASSIGN_OR_RETURN(const ObjectPath object, ParseObjectPath(path));
  return Annotate(TheCurrent().Get()->client.Remove(object, stop), path);
}

StatusOr<S3Settings> CompleteS3Settings(S3Settings settings, const std::function<const char*(const char*)>& get) {
  const auto first_of = [&get](std::initializer_list<const char*> names) {
    for (const char* const name : names) {
      if (const char* const value = get(name); value != nullptr && *value != '\0') {
        return std::string(value);
      }
    }
    return std::string();
  };
  if (settings.region.empty()) {
    settings.region = first_of({"AWS_REGION", "AWS_DEFAULT_REGION"});
  }
  if (settings.region.empty()) {
    settings.region = "us-east-1";
  }
  if (settings.endpoint.empty()) {
    settings.endpoint = first_of({"AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"});
  }
  if (settings.endpoint.empty()) {
    settings.endpoint = fmt::format("https://s3.{}.amazonaws.com", settings.region);
  }
  while (settings.endpoint.ends_with('/')) {
    settings.endpoint.pop_back();
  }
  const std::size_t scheme = settings.endpoint.find("://");
  if (OriginOf(settings.endpoint).empty() || !ResolveUrl(settings.endpoint, "/").ok() || scheme == std::string::npos ||
      settings.endpoint.find_first_of("/?#@", scheme + 3) != std::string::npos) {
    return absl::InvalidArgumentError(
        fmt::format("'{}' (storage.endpoint, AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL) is not http(s)://HOST[:PORT]",
                    settings.endpoint));
  }
  return settings;
}

void SetStorageSettings(StorageSettings settings) { TheCurrent().Set(std::move(settings)); }

std::string LocalPath(const std::string& stored) { return TheCurrent().paths()->ToHere(stored); }

std::string StoredPath(const std::string& local) { return TheCurrent().paths()->ToStored(local); }

StatusOr<StoredPhoto> OpenStoredPhoto(const std::string& path, const std::stop_token& stop) {
  if (IsObjectPath(path)) {
    CALOTYPE_ASSIGN_OR_RETURN(const ObjectPath object, ParseObjectPath(path));
    StatusOr<StoredPhoto> copy = OpenObject(object, stop);
    return copy.ok() ? std::move(copy) : Annotate(copy.status(), path);
  }
  const std::string local = LocalPath(path);
  StatusOr<UniqueFd> file = OpenForReading(local);
  if (!file.ok()) {
    return ExplainAbsence(file.status(), path, local);
  }
  StoredPhoto photo{.file = *std::move(file), .is_moved = local != path};
  CALOTYPE_ASSIGN_OR_RETURN(photo.stamp, StampOfFile(photo.file.get()));
  photo.file_system = FileSystemOf(photo.file.get());
  return photo;
}

StatusOr<FileStamp> StampOfStoredPhoto(const std::string& path, const std::stop_token& stop) {
  if (!IsObjectPath(path)) {
    return StampOfFile(fs::path(LocalPath(path)));
  }
  CALOTYPE_ASSIGN_OR_RETURN(const ObjectPath object, ParseObjectPath(path));
  StatusOr<FileStamp> stamp = TheCurrent().Get()->client.Stamp(object, stop);
  return stamp.ok() ? stamp : Annotate(stamp.status(), path);
}

StatusOr<bool> StoredFolderExists(const std::string& path) {
  if (!IsObjectPath(path)) {
    std::error_code error;
    return fs::exists(LocalPath(path), error);
  }
  const StatusOr<StoredList> list = ListStoredFolder(path, "", {});
  return absl::IsNotFound(list.status()) ? StatusOr<bool>(false)
         : list.ok()                     ? StatusOr<bool>(true)
                                         : Annotate(list.status(), path);
}

StatusOr<StoredList> ListStoredFolder(const std::string& path, const std::string& next, const std::stop_token& stop) {
  CALOTYPE_ASSIGN_OR_RETURN(const ObjectPath folder, ParseObjectPath(path));
  CALOTYPE_ASSIGN_OR_RETURN(ObjectList objects, TheCurrent().Get()->client.List(folder, next, stop));
  StoredList list{.files = {}, .next = std::move(objects.next)};
  for (ListedObject& object : objects.objects) {
    list.files.push_back(
        {.path = ObjectPath{.bucket = folder.bucket, .key = std::move(object.key)}.ToString(), .stamp = object.stamp});
  }
  return list;
}

}  // namespace calotype
