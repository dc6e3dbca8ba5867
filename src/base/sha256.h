// SHA-256, the identity of a photo and of a model file.
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

// A digest from 64 hexadecimal digits; kInvalidArgument for anything else.
StatusOr<Sha256Digest> ParseSha256(std::string_view hex);

// A digest of bytes that come one after another. One thread.
class Sha256Hasher {
 public:
  Sha256Hasher();
  Sha256Hasher(Sha256Hasher&& other) noexcept;
  Sha256Hasher& operator=(Sha256Hasher&& other) noexcept;
  ~Sha256Hasher();

  void Add(std::span<const uint8_t> data);
  // The digest of all that was added; the hasher is then at its start again.
  Sha256Digest Finish();

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

// The digest of `data`.
Sha256Digest Sha256(std::span<const uint8_t> data);

// The digest of what an open file holds from its start, read in blocks; the file's position is not used or moved.
// kInternal with the system's reason when it cannot be read.
StatusOr<Sha256Digest> Sha256OfFile(int descriptor);

}  // namespace calotype
