#include "app/webhook_message.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <span>

#include "absl/strings/escaping.h"
#include "app/changes_json.h"
#include "app/findings_json.h"
#include "app/tokens.h"
#include "base/sha256.h"
#include "base/text.h"

namespace calotype {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kSecretPrefix = "whsec_";
constexpr std::size_t kIdDigits = 32;

std::span<const uint8_t> AsBytes(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

// Without the newline at the end.
std::string Line(const Json& json) {
  std::string line = JsonLine(json);
  line.pop_back();
  return line;
}

}  // namespace

std::string NewWebhookSecret() { return std::string(kSecretPrefix) + Base64(RandomBytes()); }

std::string ChangesMessage(const ChangePage& page, std::string_view since) {
  Json data = {{"since", since.empty() ? Json(nullptr) : Json(since)}};
  data.update(ChangePageToJson(page));
  return Line({{"type", "photos.changed"}, {"data", std::move(data)}});
}

std::string TestMessage(std::string_view nonce) { return Line({{"type", "test"}, {"data", {{"nonce", nonce}}}}); }

std::string MessageId(int64_t webhook, std::string_view body) {
  return "msg_" + Sha256(AsBytes(fmt::format("{} {}", webhook, body))).Hex().substr(0, kIdDigits);
}

StatusOr<std::string> SignMessage(std::string_view secret, std::string_view id, int64_t unix_seconds,
                                  std::string_view body) {
  std::string key;
  if (!secret.starts_with(kSecretPrefix) ||
      !absl::Base64Unescape(std::string(secret.substr(kSecretPrefix.size())), &key) || key.empty()) {
    return absl::InvalidArgumentError(fmt::format(
        "the secret of a webhook is not {} and base64; remove the webhook and create it again", kSecretPrefix));
  }
  const Sha256Digest signature = HmacSha256(AsBytes(key), fmt::format("{}.{}.{}", id, unix_seconds, body));
  return "v1," + Base64(signature.bytes);
}

StatusOr<std::vector<std::string>> MessageHeaders(std::string_view secret, std::string_view id, int64_t unix_seconds,
                                                  std::string_view body) {
  CALOTYPE_ASSIGN_OR_RETURN(const std::string signature, SignMessage(secret, id, unix_seconds, body));
  return std::vector<std::string>{"Content-Type: application/json", fmt::format("webhook-id: {}", id),
                                  fmt::format("webhook-timestamp: {}", unix_seconds),
                                  fmt::format("webhook-signature: {}", signature)};
}

}  // namespace calotype
