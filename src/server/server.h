// The server: the library's services behind HTTP. The command line starts it.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "app/app.h"
#include "base/status.h"

namespace calotype {

// Applies the environment variables of Immich's container to the settings, if the setting server.immich is on. Call it
// once, before Start().
Status ApplyImmichEnvironment(App& app);

// The settings that Server::Reload() takes over.
inline constexpr std::array<std::string_view, 5> kReloadedSettings = {
    "server.hosts", "server.trusted_proxies", "server.requests_per_minute", "server.folders", "server.immich_networks"};

// `app` must outlive it.
class Server {
 public:
  // Opens the addresses of the settings, or uses the sockets that systemd passes (LISTEN_FDS), and starts to serve.
  // Errors as for HttpServer::Listen(), and kInvalidArgument for settings that cannot be used.
  static StatusOr<std::unique_ptr<Server>> Start(App& app);
  // Finishes requests in progress. A running job is stopped without loss and continues with the next server.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Takes over the settings that can change while it runs (kReloadedSettings) from `fresh`, and reads the TLS files
  // again. On an error, what the message names stays as it was.
  Status Reload(const Settings& fresh);

  // "http://127.0.0.1:4280": where the server answers.
  const std::vector<std::string>& urls() const;
  // Where Immich's requests are answered; empty: nowhere.
  const std::string& immich_url() const;
  // Where a browser starts; with a code that lets it in, once, if tokens are needed.
  std::string PageUrl();
  // Whether clients need tokens.
  bool tokens_required() const;

 private:
  class Impl;
  explicit Server(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace calotype
