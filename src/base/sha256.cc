#include "base/sha256.h"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <vector>

#include "absl/strings/escaping.h"
#include "base/file.h"

namespace calotype {
namespace {

constexpr std::size_t kBlockBytes = 1 << 20;

struct FreeContext {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

class Hasher {
 public:
  Hasher() : context_(EVP_MD_CTX_new()) { EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr); }

  void Add(std::span<const uint8_t> data) { EVP_DigestUpdate(context_.get(), data.data(), data.size()); }

  Sha256Digest Finish() {
    Sha256Digest digest;
    EVP_DigestFinal_ex(context_.get(), digest.bytes.data(), nullptr);
    return digest;
  }

 private:
  std::unique_ptr<EVP_MD_CTX, FreeContext> context_;
};

}  // namespace

std::string Sha256Digest::Hex() const { return absl::BytesToHexString(std::string(bytes.begin(), bytes.end())); }

StatusOr<Sha256Digest> ParseSha256(std::string_view hex) {
  Sha256Digest digest;
  const bool digits = hex.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
  if (hex.size() != 2 * digest.bytes.size() || !digits) {
    return absl::InvalidArgumentError(fmt::format("'{}' is no SHA-256: that is 64 hexadecimal digits", hex));
  }
  const std::string raw = absl::HexStringToBytes(std::string(hex));
  std::copy(raw.begin(), raw.end(), digest.bytes.begin());
  return digest;
}

Sha256Digest Sha256(std::span<const uint8_t> data) {
  Hasher hasher;
  hasher.Add(data);
  return hasher.Finish();
}

StatusOr<Sha256Digest> Sha256OfFile(int descriptor) {
  Hasher hasher;
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
