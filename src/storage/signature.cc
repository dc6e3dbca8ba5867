#include "storage/signature.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdint>
#include <span>

#include "absl/strings/str_replace.h"
#include "base/sha256.h"
#include "models/http.h"

namespace calotype {
namespace {

constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";

std::span<const uint8_t> BytesOf(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

std::string HexOfHash(std::string_view text) { return Sha256(BytesOf(text)).Hex(); }

std::string EncodePart(std::string_view text) { return absl::StrReplaceAll(EscapePath(text), {{"/", "%2F"}}); }

// The key that signs: bound to one day, region and service.
Sha256Digest SigningKey(std::string_view secret, std::string_view day, std::string_view region) {
  const std::string start = fmt::format("AWS4{}", secret);
  Sha256Digest key = HmacSha256(BytesOf(start), day);
  for (const std::string_view part : {region, std::string_view("s3"), std::string_view("aws4_request")}) {
    key = HmacSha256(key.bytes, part);
  }
  return key;
}

}  // namespace

std::string EncodedQuery(const S3Request& request) {
  std::vector<std::string> parts;
  for (const auto& [name, value] : request.query) {
    parts.push_back(fmt::format("{}={}", EncodePart(name), EncodePart(value)));
  }
  std::ranges::sort(parts);
  return fmt::format("{}", fmt::join(parts, "&"));
}

std::vector<std::string> SignatureHeaders(const S3Request& request, const S3Credentials& credentials,
                                          std::string_view region, std::chrono::sys_seconds now) {
  const std::tm utc = fmt::gmtime(now.time_since_epoch().count());
  const std::string time = fmt::format("{:%Y%m%dT%H%M%SZ}", utc);
  const std::string day = time.substr(0, time.find('T'));
  const std::string body = request.body_sha256.empty() ? HexOfHash("") : request.body_sha256;
  // In the order of their names, in lower case.
  std::vector<std::pair<std::string, std::string>> headers = {
      {"host", request.host}, {"x-amz-content-sha256", body}, {"x-amz-date", time}};
  if (!credentials.token.empty()) {
    headers.emplace_back("x-amz-security-token", credentials.token);
  }
  std::string canonical = fmt::format("{}\n{}\n{}\n", request.method, EscapePath(request.path), EncodedQuery(request));
  std::string names;
  for (const auto& [name, value] : headers) {
    canonical += fmt::format("{}:{}\n", name, value);
    names += (names.empty() ? "" : ";") + name;
  }
  canonical += fmt::format("\n{}\n{}", names, body);

  const std::string scope = fmt::format("{}/{}/s3/aws4_request", day, region);
  const std::string to_sign = fmt::format("{}\n{}\n{}\n{}", kAlgorithm, time, scope, HexOfHash(canonical));
  const std::string signature = HmacSha256(SigningKey(credentials.secret, day, region).bytes, to_sign).Hex();

  std::vector<std::string> result;
  for (const auto& [name, value] : headers) {
    if (name != "host") {
      result.push_back(fmt::format("{}: {}", name, value));
    }
  }
  result.push_back(fmt::format("Authorization: {} Credential={}/{}, SignedHeaders={}, Signature={}", kAlgorithm,
                               credentials.key_id, scope, names, signature));
  return result;
}

}  // namespace calotype
