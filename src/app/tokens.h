// Tokens with which programs call the server. Only their SHA-256 is stored.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "base/mutex.h"
#include "base/sha256.h"
#include "base/status.h"

namespace calotype {

// What somebody may do. Each includes those before it.
enum class Scope : uint8_t { kNone, kRead, kWrite, kAdmin };

// "read", "write", "admin"; empty for kNone.
std::string_view ScopeName(Scope scope);
std::optional<Scope> ParseScope(std::string_view name);

// 256 random bits, fit for secrets; also as 64 hexadecimal digits.
std::array<uint8_t, 32> RandomBytes();
std::string RandomSecret();

struct ApiToken {
  std::string name;
  Scope scope = Scope::kRead;
  Sha256Digest sha256;  // of the token's text
  int64_t created = 0;  // seconds since 1970
};

// A JSON file that only its owner can read. Thread-safe; other processes may change the file meanwhile.
class TokenStore {
 public:
  explicit TokenStore(std::filesystem::path file) : file_(std::move(file)) {}

  // Adds a token and returns its text, which is not stored: "calotype_" and 64 hexadecimal digits.
  //   kAlreadyExists    a token has this name
  //   kInvalidArgument  the name is not 1 to 64 printable characters of ASCII
  StatusOr<std::string> Create(const std::string& name, Scope scope) ABSL_LOCKS_EXCLUDED(mutex_);
  // kNotFound
  Status Remove(std::string_view name) ABSL_LOCKS_EXCLUDED(mutex_);
  // By name.
  StatusOr<std::vector<ApiToken>> List() const ABSL_LOCKS_EXCLUDED(mutex_);

  // What the holder of `token` may do; kNone for an unknown token. Looks at the file at most once a second.
  Scope ScopeOf(std::string_view token) ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  StatusOr<std::vector<ApiToken>> Read() const;
  Status Write(const std::vector<ApiToken>& tokens) const;

  const std::filesystem::path file_;
  mutable Mutex mutex_;
  std::vector<ApiToken> known_ ABSL_GUARDED_BY(mutex_);
  std::optional<std::chrono::steady_clock::time_point> read_at_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace calotype
