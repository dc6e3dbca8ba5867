#include "base/sha256.h"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <memory>
#include <vector>

#include "absl/strings/escaping.h"
#include "base/file.h"

namespace calotype {
namespace {

constexpr std::size_t kBlockBytes = 1 << 20;

}  // namespace

struct Sha256Hasher::Context {
  Context() : md(EVP_MD_CTX_new()) { Start(); }
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;
  ~Context() { EVP_MD_CTX_free(md); }

  void Start() const { EVP_DigestInit_ex(md, EVP_sha256(), nullptr); }

  EVP_MD_CTX* md;
};

Sha256Hasher::Sha256Hasher() : context_(std::make_unique<Context>()) {}
Sha256Hasher::Sha256Hasher(Sha256Hasher&& other) noexcept = default;
Sha256Hasher& Sha256Hasher::operator=(Sha256Hasher&& other) noexcept = default;
Sha256Hasher::~Sha256Hasher() = default;

void Sha256Hasher::Add(std::span<const uint8_t> data) { EVP_DigestUpdate(context_->md, data.data(), data.size()); }

Sha256Digest Sha256Hasher::Finish() {
  Sha256Digest digest;
  EVP_DigestFinal_ex(context_->md, digest.bytes.data(), nullptr);
  context_->Start();
  return digest;
}

std::string Sha256Digest::Hex() const { return absl::BytesToHexString(std::string(bytes.begin(), bytes.end())); }

StatusOr<Sha256Digest> ParseSha256(std::string_view hex) {
  Sha256Digest digest;
  const bool digits = hex.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
  if (hex.size() != 2 * digest.bytes.size() || !digits) {
    return absl::InvalidArgumentError(fmt::format("'{}' is not a SHA-256 (64 hexadecimal digits)", hex));
  }
  for (std::size_t i = 0; i < digest.bytes.size(); ++i) {
    const char* const pair = hex.data() + 2 * i;
    std::from_chars(pair, pair + 2, digest.bytes[i], 16);
  }
  return digest;
}

Sha256Digest Sha256(std::span<const uint8_t> data) {
  Sha256Hasher hasher;
  hasher.Add(data);
  return hasher.Finish();
}

Sha256Digest HmacSha256(std::span<const uint8_t> key, std::string_view data) {
  Sha256Digest digest;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), reinterpret_cast<const uint8_t*>(data.data()),
       data.size(), digest.bytes.data(), nullptr);
  return digest;
}

StatusOr<Sha256Digest> Sha256OfFile(int descriptor) {
  Sha256Hasher hasher;
  std::vector<uint8_t> block(kBlockBytes);
  off_t offset = 0;
  while (true) {
    const ssize_t count = pread(descriptor, block.data(), block.size(), offset);
    if (count < 0 && errno == EINTR) {
      continue;
    }
    if (count < 0) {
      return ErrnoStatus(errno, "read");
    }
    if (count == 0) {
      return hasher.Finish();
    }
    hasher.Add({block.data(), static_cast<std::size_t>(count)});
    offset += count;
  }
}

}  // namespace calotype
