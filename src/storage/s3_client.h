// Lists, reads, writes and removes objects in S3-compatible object storage.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/file_stamp.h"
#include "base/status.h"
#include "models/http.h"
#include "storage/credentials.h"
#include "storage/object_path.h"
#include "storage/signature.h"

namespace calotype {

struct S3Settings {
  std::string endpoint;  // "https://s3.example.org"; without a slash at the end
  std::string region;
  int tries = 6;                               // of one request; of reading an object: in a row without a further byte
  std::chrono::milliseconds retry_delay{200};  // before the second try; doubled for each further one
};

// The time is that of the last change in whole seconds, since answers have no parts of seconds. `inode` is made from
// the ETag, so that CompareStamps() notices another content. `etag` is empty for files that were put into the folder of
// a gateway, which then knows none: as on a disk, another content has another size or time.
FileStamp ObjectStamp(int64_t bytes, int64_t changed_s, std::string_view etag);

struct ListedObject {
  std::string key;
  FileStamp stamp;
};

struct ObjectList {
  std::vector<ListedObject> objects;  // at most 1,000
  std::string next;                   // asks for the objects after these; empty: there are none
};

// Parses the answer to a list request (ListObjectsV2). kUnavailable for anything else.
StatusOr<ObjectList> ParseObjectList(std::string_view xml);

// Addresses buckets by path (ENDPOINT/BUCKET/KEY), which every server understands. Requests that may succeed later are
// repeated. Thread-safe; calls run in parallel. The errors of all calls, which do not name the object:
//   kNotFound            no such bucket or object
//   kPermissionDenied    the server refused the credentials, or access with them
//   kFailedPrecondition  no credentials; the bucket is in another region
//   kUnavailable         gave up after S3Settings::tries
//   kCancelled           `stop` was requested
class S3Client {
 public:
  // `http` and `credentials` must outlive the client.
  S3Client(S3Settings settings, HttpClient& http, CredentialFinder& credentials)
      : settings_(std::move(settings)), http_(http), credentials_(credentials) {}

  // The objects at or below `folder`, in the order of their keys. `next` is that of the list before; empty: the first.
  StatusOr<ObjectList> List(const ObjectPath& folder, const std::string& next, const std::stop_token& stop);

  // The stamp of an object.
  StatusOr<FileStamp> Stamp(const ObjectPath& object, const std::stop_token& stop);

  // Reads an object from the byte `start` to its end and passes its bytes to `sink`, whose error ends the call. A
  // connection that breaks is continued where it ended. kAborted when the object was replaced meanwhile, or has no byte
  // `start`. FileStamp::size is that of the whole object.
  StatusOr<FileStamp> Read(const ObjectPath& object, int64_t start,
                           const std::function<Status(std::span<const uint8_t>)>& sink, const std::stop_token& stop);

  // Writes an object of the bytes of `file`, whose SHA-256 is `sha256` (hexadecimal): the server refuses others.
  // Replaces an object of this name. Readers see the former object or the new one, never a part.
  Status Write(const ObjectPath& object, const HttpFile& file, const std::string& sha256, const std::stop_token& stop);

  // OK also when there is no such object.
  Status Remove(const ObjectPath& object, const std::stop_token& stop);

 private:
  struct Answer {
    HttpClientResponse response;
    std::string text;  // the body; for Read(), only that of an error
  };
  // One request without a retry; an error if its status is one. `on_body`, if any, gets the body of a success.
  StatusOr<Answer> Send(const S3Request& request, const std::optional<HttpFile>& file,
                        const std::vector<std::string>& headers, const ObjectPath& what, const HttpHandlers& handlers,
                        const std::stop_token& stop);
  StatusOr<Answer> SendWithRetries(const S3Request& request, const std::optional<HttpFile>& file,
                                   const ObjectPath& what, const std::stop_token& stop);
  S3Request RequestFor(const std::string& method, const ObjectPath& object) const;
  Status ErrorOf(const Answer& answer, const ObjectPath& what);

  const S3Settings settings_;
  HttpClient& http_;
  CredentialFinder& credentials_;
};

}  // namespace calotype
