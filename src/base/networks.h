// Addresses and networks of clients and of targets.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace calotype {

// An IPv6 address; IPv4 addresses are mapped into it (::ffff:a.b.c.d).
using IpAddress = std::array<uint8_t, 16>;

// nullopt for what is no address.
std::optional<IpAddress> ParseAddress(std::string_view text);
bool IsLoopback(const IpAddress& address);
// Whether the address is not one of the public internet: loopback, private, link-local, shared, multicast and reserved
// ones, also where an IPv6 address contains such an IPv4 address (mapped, NAT64, 6to4).
bool IsInternal(const IpAddress& address);

// A set of networks, such as 10.0.0.0/8.
class Networks {
 public:
  // Each of `texts` is ADDRESS or ADDRESS/BITS. kInvalidArgument names the one that is neither, and `setting`.
  static StatusOr<Networks> Parse(const std::vector<std::string>& texts, std::string_view setting);

  bool Contains(const IpAddress& address) const;
  bool empty() const { return networks_.empty(); }

 private:
  struct Network {
    IpAddress address;
    int bits = 0;
  };
  std::vector<Network> networks_;
};

}  // namespace calotype
