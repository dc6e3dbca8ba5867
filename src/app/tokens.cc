#include "app/tokens.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <span>

#include "base/file.h"

namespace calotype {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kTokenPrefix = "calotype_";
constexpr std::size_t kMaxName = 64;
constexpr std::chrono::seconds kFresh{1};

Sha256Digest DigestOf(std::string_view text) {
  return Sha256({reinterpret_cast<const uint8_t*>(text.data()), text.size()});
}

Status CheckName(std::string_view name) {
  const bool printable = std::ranges::all_of(name, [](char c) { return c >= ' ' && c <= '~'; });
  if (name.empty() || name.size() > kMaxName || !printable) {
    return absl::InvalidArgumentError(
        fmt::format("the name of a token has 1 to {} printable ASCII characters, not {}", kMaxName, name.size()));
  }
  return absl::OkStatus();
}

}  // namespace

std::string_view ScopeName(Scope scope) {
  switch (scope) {
    case Scope::kNone:
      return "";
    case Scope::kRead:
      return "read";
    case Scope::kWrite:
      return "write";
    case Scope::kAdmin:
      return "admin";
  }
  return "";
}

std::optional<Scope> ParseScope(std::string_view name) {
  for (const Scope scope : {Scope::kRead, Scope::kWrite, Scope::kAdmin}) {
    if (name == ScopeName(scope)) {
      return scope;
    }
  }
  return std::nullopt;
}

std::array<uint8_t, 32> RandomBytes() {
  std::array<uint8_t, 32> bytes{};
  std::size_t filled = 0;
  while (filled < bytes.size()) {
    const ssize_t got = getrandom(bytes.data() + filled, bytes.size() - filled, 0);
    filled += got > 0 ? static_cast<std::size_t>(got) : 0;
  }
  return bytes;
}

std::string RandomSecret() { return Sha256Digest{RandomBytes()}.Hex(); }

StatusOr<std::string> TokenStore::Create(const std::string& name, Scope scope) {
  CALOTYPE_RETURN_IF_ERROR(CheckName(name));
  const MutexLock lock(&mutex_);
  CALOTYPE_ASSIGN_OR_RETURN(std::vector<ApiToken> tokens, Read());
  if (std::ranges::find(tokens, name, &ApiToken::name) != tokens.end()) {
    return absl::AlreadyExistsError(fmt::format("there is a token called '{}'", name));
  }
  std::string token = std::string(kTokenPrefix) + RandomSecret();
  tokens.push_back({.name = name, .scope = scope, .sha256 = DigestOf(token), .created = time(nullptr)});
  std::ranges::sort(tokens, {}, &ApiToken::name);
  CALOTYPE_RETURN_IF_ERROR(Write(tokens));
  read_at_.reset();
  return token;
}

Status TokenStore::Remove(std::string_view name) {
  const MutexLock lock(&mutex_);
  CALOTYPE_ASSIGN_OR_RETURN(std::vector<ApiToken> tokens, Read());
  if (std::erase_if(tokens, [name](const ApiToken& token) { return token.name == name; }) == 0) {
    return absl::NotFoundError(fmt::format("there is no token called '{}'", name));
  }
  read_at_.reset();
  return Write(tokens);
}

StatusOr<std::vector<ApiToken>> TokenStore::List() const {
  const MutexLock lock(&mutex_);
  return Read();
}

Scope TokenStore::ScopeOf(std::string_view token) {
  const Sha256Digest digest = DigestOf(token);
  const MutexLock lock(&mutex_);
  const auto now = std::chrono::steady_clock::now();
  if (!read_at_.has_value() || now - *read_at_ > kFresh) {
    // A file that cannot be read has no tokens: nobody is let in by mistake.
    known_ = Read().value_or(std::vector<ApiToken>());
    read_at_ = now;
  }
  Scope scope = Scope::kNone;
  for (const ApiToken& known : known_) {
    // How long this takes tells something of the digests only, and no token can be guessed from a digest.
    if (known.sha256 == digest) {
      scope = known.scope;
    }
  }
  return scope;
}

StatusOr<std::vector<ApiToken>> TokenStore::Read() const {
  const StatusOr<std::string> text = ReadTextFile(file_);
  if (absl::IsNotFound(text.status())) {
    return std::vector<ApiToken>();
  }
  CALOTYPE_RETURN_IF_ERROR(text.status());
  const Json json = Json::parse(*text, nullptr, /*allow_exceptions=*/false);
  const auto broken = [this] { return absl::DataLossError(fmt::format("{} is not a list of tokens", file_.string())); };
  if (!json.is_object() || !json.contains("tokens") || !json["tokens"].is_array()) {
    return broken();
  }
  std::vector<ApiToken> tokens;
  for (const Json& entry : json["tokens"]) {
    if (!entry.is_object()) {
      return broken();
    }
    const std::optional<Scope> scope = ParseScope(entry.value("scope", ""));
    const StatusOr<Sha256Digest> digest = ParseSha256(entry.value("sha256", ""));
    if (!scope.has_value() || !digest.ok()) {
      return broken();
    }
    tokens.push_back({.name = entry.value("name", ""),
                      .scope = *scope,
                      .sha256 = *digest,
                      .created = entry.value("created", int64_t{0})});
  }
  return tokens;
}

Status TokenStore::Write(const std::vector<ApiToken>& tokens) const {
  Json json = {{"tokens", Json::array()}};
  for (const ApiToken& token : tokens) {
    json["tokens"].push_back({{"name", token.name},
                              {"scope", ScopeName(token.scope)},
                              {"sha256", token.sha256.Hex()},
                              {"created", token.created}});
  }
  const std::string text = json.dump(2) + "\n";
  std::error_code error;
  std::filesystem::create_directories(file_.parent_path(), error);
  CALOTYPE_RETURN_IF_ERROR(WriteFileAtomically(file_, {reinterpret_cast<const uint8_t*>(text.data()), text.size()}));
  return chmod(file_.c_str(), S_IRUSR | S_IWUSR) == 0 ? absl::OkStatus()
                                                      : ErrnoStatus(errno, "cannot protect " + file_.string());
}

}  // namespace calotype
