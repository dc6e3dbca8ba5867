#include "storage/credentials.h"

#include <fmt/format.h>
#include <time.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <span>
#include <utility>
#include <vector>

#include "base/file.h"
#include "base/text.h"

namespace calotype {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::minutes kBeforeExpiry{5};
// A machine without such a service does not answer at all; nobody should wait long to learn that.
constexpr std::chrono::milliseconds kRoleTimeout{2'000};
constexpr std::size_t kMostBytes = 64U << 10U;
constexpr int kRoleAnswered = 200;

std::chrono::sys_seconds Now() {
  return std::chrono::time_point_cast<std::chrono::seconds>(std::chrono::system_clock::now());
}

std::string TextOf(const nlohmann::json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

}  // namespace

StatusOr<S3Credentials> ParseCredentialsFile(std::string_view text, std::string_view profile) {
  S3Credentials credentials;
  bool is_ours = false;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = Trim(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.starts_with('[') && line.ends_with(']')) {
      is_ours = Trim(line.substr(1, line.size() - 2)) == profile;
      continue;
    }
    const std::size_t equals = line.find('=');
    if (!is_ours || line.starts_with('#') || line.starts_with(';') || equals == std::string::npos) {
      continue;
    }
    const std::string name = ToLowerAscii(Trim(line.substr(0, equals)));
    const std::string value(Trim(line.substr(equals + 1)));
    if (name == "aws_access_key_id") {
      credentials.key_id = value;
    } else if (name == "aws_secret_access_key") {
      credentials.secret = value;
    } else if (name == "aws_session_token") {
      credentials.token = value;
    }
  }
  if (credentials.key_id.empty() || credentials.secret.empty()) {
    return absl::NotFoundError(fmt::format("no key for the profile '{}'", profile));
  }
  return credentials;
}

StatusOr<ExpiringCredentials> ParseCredentialsAnswer(const std::string& json) {
  const nlohmann::json answer = nlohmann::json::parse(json, nullptr, /*allow_exceptions=*/false);
  if (!answer.is_object()) {
    return absl::UnavailableError("the service for credentials did not answer with JSON");
  }
  ExpiringCredentials found{.credentials = {.key_id = TextOf(answer, "AccessKeyId"),
                                            .secret = TextOf(answer, "SecretAccessKey"),
                                            .token = TextOf(answer, "Token")},
                            .expires = std::nullopt};
  if (found.credentials.key_id.empty() || found.credentials.secret.empty()) {
    return absl::UnavailableError("the service for credentials gave no key");
  }
  std::tm time{};
  if (const std::string expires = TextOf(answer, "Expiration");
      strptime(expires.c_str(), "%Y-%m-%dT%H:%M:%S", &time) != nullptr) {
    found.expires = std::chrono::sys_seconds(std::chrono::seconds(timegm(&time)));
  }
  return found;
}

std::string CredentialFinder::Variable(const char* name) const {
  const char* const value = get_(name);
  return value == nullptr ? "" : value;
}

fs::path CredentialFinder::File() const {
  const std::string file = Variable("AWS_SHARED_CREDENTIALS_FILE");
  return file.empty() ? fs::path(Variable("HOME")) / ".aws" / "credentials" : fs::path(file);
}

StatusOr<S3Credentials> CredentialFinder::FromFile(const fs::path& file) const {
  CALOTYPE_ASSIGN_OR_RETURN(const std::string text, ReadTextFile(file));
  const std::string profile = Variable("AWS_PROFILE");
  return ParseCredentialsFile(text, profile.empty() ? "default" : profile);
}

StatusOr<S3Credentials> CredentialFinder::Get(const std::stop_token& stop) {
  if (S3Credentials own{.key_id = Variable("AWS_ACCESS_KEY_ID"),
                        .secret = Variable("AWS_SECRET_ACCESS_KEY"),
                        .token = Variable("AWS_SESSION_TOKEN")};
      !own.key_id.empty() && !own.secret.empty()) {
    return own;
  }
  const fs::path file = File();
  StatusOr<S3Credentials> from_file = FromFile(file);
  if (from_file.ok()) {
    return from_file;
  }
  const MutexLock lock(&mutex_);
  if (of_role_.has_value() && (!of_role_->expires.has_value() || *of_role_->expires > Now() + kBeforeExpiry)) {
    return of_role_->credentials;
  }
  StatusOr<ExpiringCredentials> of_role = FromRole(stop);
  if (!of_role.ok()) {
    return absl::FailedPreconditionError(fmt::format(
        "no credentials for object storage: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set; {}: {}; the role "
        "of this container or instance: {}",
        file.string(), Message(from_file.status()), Message(of_role.status())));
  }
  of_role_ = *of_role;
  return of_role->credentials;
}

void CredentialFinder::Forget() {
  const MutexLock lock(&mutex_);
  of_role_.reset();
}

StatusOr<ExpiringCredentials> CredentialFinder::FromRole(const std::stop_token& stop) {
  const std::string relative = Variable("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
  const std::string full = Variable("AWS_CONTAINER_CREDENTIALS_FULL_URI");
  if (relative.empty() && full.empty()) {
    return FromInstance(stop);
  }
  HttpClientRequest request{.url = relative.empty() ? full : "http://169.254.170.2" + relative};
  if (const std::string token = Variable("AWS_CONTAINER_AUTHORIZATION_TOKEN"); !token.empty()) {
    request.headers.push_back("Authorization: " + token);
  }
  CALOTYPE_ASSIGN_OR_RETURN(const std::string answer, Ask(request, stop));
  return ParseCredentialsAnswer(answer);
}

StatusOr<ExpiringCredentials> CredentialFinder::FromInstance(const std::stop_token& stop) {
  if (ToLowerAscii(Variable("AWS_EC2_METADATA_DISABLED")) == "true") {
    return absl::NotFoundError("not asked for (AWS_EC2_METADATA_DISABLED)");
  }
  std::string service = Variable("AWS_EC2_METADATA_SERVICE_ENDPOINT");
  if (service.empty()) {
    service = "http://169.254.169.254";
  }
  while (service.ends_with('/')) {
    service.pop_back();
  }
  CALOTYPE_ASSIGN_OR_RETURN(const std::string session, Ask({.url = service + "/latest/api/token",
                                                            .headers = {"X-aws-ec2-metadata-token-ttl-seconds: 300"},
                                                            .body = "",
                                                            .method = "PUT"},
                                                           stop));
  const std::vector<std::string> headers = {fmt::format("X-aws-ec2-metadata-token: {}", Trim(session))};
  const std::string roles = service + "/latest/meta-data/iam/security-credentials/";
  CALOTYPE_ASSIGN_OR_RETURN(const std::string role, Ask({.url = roles, .headers = headers}, stop));
  const std::string name(Trim(std::string_view(role).substr(0, role.find('\n'))));
  CALOTYPE_ASSIGN_OR_RETURN(const std::string answer, Ask({.url = roles + name, .headers = headers}, stop));
  return ParseCredentialsAnswer(answer);
}

StatusOr<std::string> CredentialFinder::Ask(const HttpClientRequest& request, const std::stop_token& stop) {
  HttpClientRequest quick = request;
  quick.connect_timeout = kRoleTimeout;
  quick.total_timeout = kRoleTimeout;
  std::string body;
  const HttpHandlers handlers{
      .on_response = [](const HttpClientResponse&) { return absl::OkStatus(); },
      .on_body =
          [&body](std::span<const uint8_t> bytes) {
            if (body.size() + bytes.size() > kMostBytes) {
              return absl::UnavailableError("the service for credentials answered with too much");
            }
            body.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
            return absl::OkStatus();
          }};
  CALOTYPE_ASSIGN_OR_RETURN(const HttpClientResponse response, client_.Send(quick, handlers, stop));
  if (response.status != kRoleAnswered) {
    return absl::UnavailableError(fmt::format("{} answered {}", request.url, response.status));
  }
  return body;
}

}  // namespace calotype
