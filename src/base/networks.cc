#include "base/networks.h"

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

bool IsInternal(const IpAddress& address) {
  // From IANA's registries of special-purpose addresses.
  static const Networks kInternal =
      *Networks::Parse({"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
                        "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15",
                        "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4"},
                       "internal networks");
  // Unicast addresses of the internet are in 2000::/3; the rest is internal or reserved, except mapped ones.
  static const Networks kPublicSix = *Networks::Parse({"2000::/3"}, "public networks");
  static const Networks kReservedSix =
      *Networks::Parse({"2001::/23", "2001:db8::/32", "3fff::/20"}, "reserved networks");
  static const Networks kNat64 = *Networks::Parse({"64:ff9b::/96"}, "NAT64");
  static const Networks k6To4 = *Networks::Parse({"2002::/16"}, "6to4");
  const auto embedded = [&address](std::size_t first) {
    IpAddress four = kMapped;
    std::copy_n(address.begin() + static_cast<std::ptrdiff_t>(first), 4, four.begin() + 12);
    return kInternal.Contains(four);
  };
  if (IsMapped(address) || kNat64.Contains(address)) {
    return embedded(12);
  }
  if (k6To4.Contains(address)) {
    return embedded(2);
  }
  return !kPublicSix.Contains(address) || kReservedSix.Contains(address);
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
