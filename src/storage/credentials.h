// Finds the credentials for object storage where Amazon's own tools look for them.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "absl/base/thread_annotations.h"
#include "base/mutex.h"
#include "base/status.h"
#include "models/http.h"
#include "storage/signature.h"

namespace calotype {

// Parses a credentials file: "[profile]" and "name = value" lines. kNotFound when the profile is not there or has no
// key.
StatusOr<S3Credentials> ParseCredentialsFile(std::string_view text, std::string_view profile);

// Parses what the services for containers and instances answer: JSON with AccessKeyId, SecretAccessKey, Token and
// Expiration.
struct ExpiringCredentials {
  S3Credentials credentials;
  std::optional<std::chrono::sys_seconds> expires;
};
StatusOr<ExpiringCredentials> ParseCredentialsAnswer(const std::string& json);

// Thread-safe. The first of these that is there:
//   1. AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and, with temporary ones, AWS_SESSION_TOKEN
//   2. the profile AWS_PROFILE ("default") of AWS_SHARED_CREDENTIALS_FILE (~/.aws/credentials)
//   3. the role of a container: AWS_CONTAINER_CREDENTIALS_RELATIVE_URI, or AWS_CONTAINER_CREDENTIALS_FULL_URI with
//      AWS_CONTAINER_AUTHORIZATION_TOKEN
//   4. the role of the instance (IMDSv2), at AWS_EC2_METADATA_SERVICE_ENDPOINT (http://169.254.169.254), unless
//      AWS_EC2_METADATA_DISABLED is true
// Those of a role are asked for again five minutes before they expire.
class CredentialFinder {
 public:
  using Environment = std::function<const char*(const char*)>;  // std::getenv; null: not set

  // `client` must outlive the finder.
  CredentialFinder(HttpClient& client, Environment get) : client_(client), get_(std::move(get)) {}

  // kFailedPrecondition says where credentials were looked for.
  StatusOr<S3Credentials> Get(const std::stop_token& stop) ABSL_LOCKS_EXCLUDED(mutex_);
  // Forgets what a role gave: the server refused it.
  void Forget() ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  std::string Variable(const char* name) const;
  std::filesystem::path File() const;
  StatusOr<S3Credentials> FromFile(const std::filesystem::path& file) const;
  StatusOr<ExpiringCredentials> FromRole(const std::stop_token& stop);
  StatusOr<ExpiringCredentials> FromInstance(const std::stop_token& stop);
  StatusOr<std::string> Ask(const HttpClientRequest& request, const std::stop_token& stop);

  HttpClient& client_;
  const Environment get_;
  Mutex mutex_;
  std::optional<ExpiringCredentials> of_role_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace calotype
