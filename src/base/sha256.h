// SHA-256. It identifies photos and verifies model files.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/status.h"

namespace calotype {

struct Sha256Digest {
  std::array<uint8_t, 32> bytes{};

  auto operator<=>(const Sha256Digest&) const = default;

  // 64 lower-case hexadecimal digits.
  std::string Hex() const;
};

// Parses 64 hexadecimal digits; returns kInvalidArgument for anything else.
StatusOr<Sha256Digest> ParseSha256(std::string_view hex);

// Hashes bytes that arrive in pieces. Not thread-safe.
class Sha256Hasher {
 public:
  Sha256Hasher();
  Sha256Hasher(Sha256Hasher&& other) noexcept;
  Sha256Hasher& operator=(Sha256Hasher&& other) noexcept;
  ~Sha256Hasher();

  void Add(std::span<const uint8_t> data);
  // Returns the digest of everything added and resets the hasher.
  Sha256Digest Finish();

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

// The digest of `data`.
Sha256Digest Sha256(std::span<const uint8_t> data);

// HMAC-SHA256 (RFC 2104): whoever has `key` made `data`.
Sha256Digest HmacSha256(std::span<const uint8_t> key, std::string_view data);

// Hashes an open file from its start to its end, in blocks. Neither uses nor moves the file's position. Returns the
// error of the system call when the file cannot be read.
StatusOr<Sha256Digest> Sha256OfFile(int descriptor);

}  // namespace calotype
