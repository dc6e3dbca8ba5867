#include "server/http/tls.h"

#include <fmt/format.h>

namespace calotype {

namespace asio = boost::asio;

// Asio's functions return the error that they also write to their last argument.
// NOLINTBEGIN(bugprone-unused-return-value)
StatusOr<std::shared_ptr<asio::ssl::context>> OpenTls(const std::optional<TlsFiles>& files) {
  if (!files.has_value()) {
    return std::shared_ptr<asio::ssl::context>();
  }
  auto security = std::make_shared<asio::ssl::context>(asio::ssl::context::tls_server);
  boost::system::error_code error;
  security->set_options(
      asio::ssl::context::default_workarounds | asio::ssl::context::no_tlsv1 | asio::ssl::context::no_tlsv1_1, error);
  security->use_certificate_chain_file(files->certificate, error);
  if (error) {
    return absl::InvalidArgumentError(
        fmt::format("cannot use the certificate {}: {}", files->certificate, error.message()));
  }
  security->use_private_key_file(files->key, asio::ssl::context::pem, error);
  if (error) {
    return absl::InvalidArgumentError(fmt::format("cannot use the key {}: {}", files->key, error.message()));
  }
  return security;
}
// NOLINTEND(bugprone-unused-return-value)

}  // namespace calotype
