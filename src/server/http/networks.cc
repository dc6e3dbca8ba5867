#include "server/http/networks.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>

#include <algorithm>
#include <charconv>

namespace calotype {
namespace {

constexpr int kBits = 128;
constexpr int kMappedBits = 96;  // before an IPv4 address
constexpr IpAddress kMapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

bool IsMapped(const IpAddress& address) { return std::equal(kMapped.begin(), kMapped.begin() + 12, address.begin()); }

}  // namespace

std::optional<IpAddress> ParseAddress(std::string_view text) {
  const std::string zero_ended(text);
  IpAddress address = kMapped;
  if (inet_pton(AF_INET, zero_ended.c_str(), address.data() + 12) == 1 ||
      inet_pton(AF_INET6, zero_ended.c_str(), address.data()) == 1) {
    return address;
  }
  return std::nullopt;
}

bool IsLoopback(const IpAddress& address) {
  constexpr uint8_t kLoopbackNetwork = 127;
  IpAddress six{};
  six.back() = 1;
  return address == six || (IsMapped(address) && address[12] == kLoopbackNetwork);
}

StatusOr<Networks> Networks::Parse(const std::vector<std::string>& texts, std::string_view setting) {
  Networks networks;
  for (const std::string_view text : texts) {
    const std::size_t slash = text.find('/');
    const std::optional<IpAddress> address = ParseAddress(text.substr(0, slash));
    const auto wrong = [&] {
      return absl::InvalidArgumentError(
          fmt::format("{} has '{}', which is no network; write 192.168.1.0/24 or fd00::/8", setting, text));
    };
    if (!address.has_value()) {
      return wrong();
    }
    int bits = kBits;
    if (slash != std::string_view::npos) {
      const std::string_view digits = text.substr(slash + 1);
      const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), bits);
      bits += IsMapped(*address) ? kMappedBits : 0;
      const int least = IsMapped(*address) ? kMappedBits : 0;
      if (error != std::errc() || end != digits.data() + digits.size() || bits < least || bits > kBits) {
        return wrong();
      }
    }
    networks.networks_.push_back({.address = *address, .bits = bits});
  }
  return networks;
}

bool Networks::Contains(const IpAddress& address) const {
  const auto is_in = [&address](const Network& network) {
    for (int bit = 0; bit < network.bits; ++bit) {
      const auto byte = static_cast<std::size_t>(bit / 8);
      const uint8_t mask = static_cast<uint8_t>(0x80U >> static_cast<unsigned>(bit % 8));
      if ((address[byte] & mask) != (network.address[byte] & mask)) {
        return false;
      }
    }
    return true;
  };
  return std::ranges::any_of(networks_, is_in);
}

}  // namespace calotype
