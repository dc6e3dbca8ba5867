// The messages of webhooks, signed as the Standard Webhooks specification says (https://www.standardwebhooks.com).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "app/changes.h"
#include "base/status.h"

namespace calotype {

// "whsec_" and the base64 of 256 random bits.
std::string NewWebhookSecret();

// {"type": "photos.changed", "data": {"since", "changes", "next", "more"}}; `since` is null for a message that begins
// with all photos of the library.
std::string ChangesMessage(const ChangePage& page, std::string_view since);
// {"type": "test", "data": {"nonce"}}
std::string TestMessage(std::string_view nonce);

// The value of the header webhook-id: the same for each attempt to send `body` to the webhook, another for another
// body.
std::string MessageId(int64_t webhook, std::string_view body);
// The value of the header webhook-signature. kInvalidArgument if `secret` is not as NewWebhookSecret() makes it.
StatusOr<std::string> SignMessage(std::string_view secret, std::string_view id, int64_t unix_seconds,
                                  std::string_view body);
// The headers of a message, each "Name: value". Errors as for SignMessage().
StatusOr<std::vector<std::string>> MessageHeaders(std::string_view secret, std::string_view id, int64_t unix_seconds,
                                                  std::string_view body);

}  // namespace calotype
