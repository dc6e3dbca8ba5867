#include "server/http/access.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <memory>
#include <ranges>

#include "base/text.h"

namespace calotype {
namespace {

constexpr std::string_view kCookie = "calotype_session";
constexpr std::chrono::minutes kCodeLife{15};
constexpr std::chrono::hours kSessionLife{24 * 30};
constexpr double kWrongTokensPerMinute = 10;
constexpr double kWrongTokensAtOnce = 10;
constexpr double kBurstSeconds = 10;  // of the allowed rate may come at once

Sha256Digest DigestOf(std::string_view text) {
  return Sha256({reinterpret_cast<const uint8_t*>(text.data()), text.size()});
}

std::string MachineName() {
  constexpr std::size_t kMaxName = 256;
  std::array<char, kMaxName> name{};
  return gethostname(name.data(), name.size() - 1) == 0 ? ToLowerAscii(name.data()) : "";
}

// "photos.example" from "photos.example:8080", "::1" from "[::1]:8080".
std::string_view WithoutPort(std::string_view host) {
  if (host.starts_with('[')) {
    const std::size_t end = host.find(']');
    return end == std::string_view::npos ? std::string_view() : host.substr(1, end - 1);
  }
  return host.substr(0, host.find(':'));
}

std::string_view CookieValue(std::string_view cookies) {
  for (std::string_view cookie : Split(cookies, ';')) {
    cookie = Trim(cookie);
    if (cookie.size() > kCookie.size() && cookie.starts_with(kCookie) && cookie[kCookie.size()] == '=') {
      return cookie.substr(kCookie.size() + 1);
    }
  }
  return {};
}

std::string_view BearerToken(std::string_view authorization) {
  constexpr std::string_view kBearer = "bearer ";
  return ToLowerAscii(authorization.substr(0, kBearer.size())) == kBearer ? Trim(authorization.substr(kBearer.size()))
                                                                          : std::string_view();
}

double PerMinute(const AccessOptions& options) { return static_cast<double>(options.requests_per_minute); }
double Burst(const AccessOptions& options) { return std::max(1.0, PerMinute(options) * kBurstSeconds / 60); }

bool Changes(std::string_view method) { return method != "GET" && method != "HEAD" && method != "OPTIONS"; }

std::string Cookie(std::string_view value, std::chrono::seconds life, bool secure) {
  return fmt::format("{}={}; Path=/; HttpOnly; SameSite=Strict; Max-Age={}{}", kCookie, value, life.count(),
                     secure ? "; Secure" : "");
}

}  // namespace

Access::Access(const AccessOptions& options, TokenStore& tokens)
    : tokens_required_(options.tokens_required),
      options_(options),
      machine_(MachineName()),
      tokens_(tokens),
      requests_(PerMinute(options), Burst(options)),
      wrong_tokens_(kWrongTokensPerMinute, kWrongTokensAtOnce) {}

void Access::Reload(AccessOptions options) {
  requests_.SetRate(PerMinute(options), Burst(options));
  options_.Set(std::move(options));
}

std::optional<Refusal> Access::Check(HttpRequest& request) {
  if (request.CountHeader("host") != 1) {
    return Refusal{.status = http_status::kBadRequest, .detail = "a request has exactly one Host header"};
  }
  const std::shared_ptr<const AccessOptions> options = options_.Get();
  FollowProxies(*options, request);
  const std::string host = ToLowerAscii(request.Header("host"));
  // A web page of somebody else may point its own name at this machine (DNS rebinding); its requests carry that name.
  if (!IsOwnHost(*options, host)) {
    return Refusal{.status = http_status::kMisdirected,
                   .detail = "this server does not answer to this Host; its names are in the setting server.hosts"};
  }
  if (!IsFromOwnPage(request, host)) {
    return Refusal{.status = http_status::kForbidden, .detail = "the request comes from a web page of another site"};
  }
  const bool is_limited = !request.from_loopback;
  if (const auto wait = is_limited ? requests_.Take(request.client) : std::chrono::seconds(0); wait.count() > 0) {
    return Refusal{.status = http_status::kTooMany,
                   .detail = fmt::format("more than {} requests a minute (server.requests_per_minute)",
                                         options->requests_per_minute),
                   .retry_after = wait};
  }
  return SetScope(request);
}

void Access::FollowProxies(const AccessOptions& options, HttpRequest& request) {
  const std::optional<IpAddress> peer = ParseAddress(request.client);
  if (!peer.has_value() || !options.trusted_proxies.Contains(*peer)) {
    return;
  }
  // The last proxy that is not ours, or the client: what it appended itself is the last entry.
  std::vector<std::string> hops;
  for (const auto& [name, value] : request.headers) {
    if (name == "x-forwarded-for") {
      for (const std::string_view hop : Split(value, ',')) {
        hops.emplace_back(Trim(hop));
      }
    }
  }
  for (const std::string& hop : std::views::reverse(hops)) {
    const std::optional<IpAddress> address = ParseAddress(hop);
    if (!address.has_value()) {
      break;
    }
    request.client = hop;
    request.from_loopback = IsLoopback(*address);
    if (!options.trusted_proxies.Contains(*address)) {
      break;
    }
  }
  if (const std::string_view scheme = request.Header("x-forwarded-proto"); !scheme.empty()) {
    request.secure = ToLowerAscii(scheme) == "https";
  }
}

bool Access::IsOwnHost(const AccessOptions& options, std::string_view host) const {
  const std::string_view name = WithoutPort(host);
  return name == "localhost" || (!machine_.empty() && name == machine_) || ParseAddress(name).has_value() ||
         std::ranges::any_of(options.hosts, [name](const std::string& own) { return ToLowerAscii(own) == name; });
}

bool Access::IsFromOwnPage(const HttpRequest& request, std::string_view host) {
  const std::string_view site = request.Header("sec-fetch-site");
  if (Changes(request.method) && (site == "cross-site" || site == "same-site")) {
    return false;
  }
  const std::string_view origin = request.Header("origin");
  if (origin.empty()) {
    return true;
  }
  const std::size_t start = origin.find("://");
  return start != std::string_view::npos && ToLowerAscii(origin.substr(start + 3)) == host;
}

std::optional<Refusal> Access::SetScope(HttpRequest& request) {
  const std::string_view token = BearerToken(request.Header("authorization"));
  if (!token.empty()) {
    if (wrong_tokens_.IsEmpty(request.client)) {
      return Refusal{.status = http_status::kTooMany,
                     .detail = "too many wrong tokens from this address; wait a minute",
                     .retry_after = std::chrono::minutes(1)};
    }
    request.scope = tokens_.ScopeOf(token);
    if (request.scope == Scope::kNone) {
      wrong_tokens_.Take(request.client);
      return Refusal{.status = http_status::kUnauthorized,
                     .detail = "this token is unknown; calotype token create makes one"};
    }
    return std::nullopt;
  }
  request.scope = tokens_required_ ? SessionScope(request) : Scope::kAdmin;
  return std::nullopt;
}

Scope Access::SessionScope(const HttpRequest& request) {
  const std::string_view secret = CookieValue(request.Header("cookie"));
  if (secret.empty()) {
    return Scope::kNone;
  }
  const MutexLock lock(&mutex_);
  const auto session = sessions_.find(DigestOf(secret));
  return session != sessions_.end() && Clock::now() < session->second.until ? session->second.scope : Scope::kNone;
}

std::string Access::NewLoginCode(Scope scope) {
  std::string code = RandomSecret();
  const MutexLock lock(&mutex_);
  codes_[DigestOf(code)] = {.scope = scope, .until = Clock::now() + kCodeLife};
  return code;
}

std::optional<std::string> Access::Login(std::string_view code, bool secure) {
  const MutexLock lock(&mutex_);
  const auto found = codes_.find(DigestOf(code));
  if (found == codes_.end() || Clock::now() >= found->second.until) {
    return std::nullopt;
  }
  const std::string secret = RandomSecret();
  std::erase_if(sessions_, [](const auto& session) { return Clock::now() >= session.second.until; });
  sessions_[DigestOf(secret)] = {.scope = found->second.scope, .until = Clock::now() + kSessionLife};
  codes_.erase(found);
  return Cookie(secret, kSessionLife, secure);
}

std::string Access::Logout(const HttpRequest& request) {
  const MutexLock lock(&mutex_);
  sessions_.erase(DigestOf(CookieValue(request.Header("cookie"))));
  return Cookie("", std::chrono::seconds(0), request.secure);
}

}  // namespace calotype
