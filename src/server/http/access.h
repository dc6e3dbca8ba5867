// Who may do what: the name of this server, tokens, browser sessions, requests from other web pages, and how often.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "app/tokens.h"
#include "base/mutex.h"
#include "base/networks.h"
#include "base/shared_value.h"
#include "base/status.h"
#include "server/http/http.h"
#include "server/http/rate_limiter.h"

namespace calotype {

struct AccessOptions {
  // A token or a session is needed for everything but Scope::kNone. Reload() does not change it.
  bool tokens_required = true;
  std::vector<std::string> hosts;      // names of this server besides addresses, localhost and the machine's own name
  Networks trusted_proxies;            // whose X-Forwarded-* headers count
  int64_t requests_per_minute = 3000;  // of a client that is not on this machine; 0: no limit
};

// Why a request is refused.
struct Refusal {
  int status = 403;
  std::string detail;
  std::optional<std::chrono::seconds> retry_after;
};

// Thread-safe.
class Access {
 public:
  Access(const AccessOptions& options, TokenStore& tokens);

  // Requests that come from now on are checked with these options.
  void Reload(AccessOptions options);

  // Checks a request from its head, sets its client, `secure` and scope, and returns why it is refused. Its scope may
  // still be too low for what it asks for.
  std::optional<Refusal> Check(HttpRequest& request) ABSL_LOCKS_EXCLUDED(mutex_);

  // A secret that Login() exchanges for a session, once and within 15 minutes.
  std::string NewLoginCode(Scope scope) ABSL_LOCKS_EXCLUDED(mutex_);
  // The value of the header Set-Cookie for a new session; nullopt if the code is wrong, used or too old.
  std::optional<std::string> Login(std::string_view code, bool secure) ABSL_LOCKS_EXCLUDED(mutex_);
  // Ends the session of a request and returns the header that deletes its cookie.
  std::string Logout(const HttpRequest& request) ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  using Clock = std::chrono::steady_clock;
  struct Grant {
    Scope scope = Scope::kNone;
    Clock::time_point until;
  };

  static void FollowProxies(const AccessOptions& options, HttpRequest& request);
  bool IsOwnHost(const AccessOptions& options, std::string_view host) const;
  // The page that sent the request is one of this server, or no page sent it.
  static bool IsFromOwnPage(const HttpRequest& request, std::string_view host);
  std::optional<Refusal> SetScope(HttpRequest& request) ABSL_LOCKS_EXCLUDED(mutex_);
  Scope SessionScope(const HttpRequest& request) ABSL_LOCKS_EXCLUDED(mutex_);

  const bool tokens_required_;
  SharedValue<AccessOptions> options_;
  const std::string machine_;  // its name, in lower case
  TokenStore& tokens_;
  RateLimiter requests_;
  RateLimiter wrong_tokens_;
  Mutex mutex_;
  // By SHA-256 of the secret, so that how long a search takes tells nothing of a secret.
  std::map<Sha256Digest, Grant> codes_ ABSL_GUARDED_BY(mutex_);
  std::map<Sha256Digest, Grant> sessions_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace calotype
