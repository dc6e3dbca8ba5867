#include "server/http/acceptor.h"

#include <fmt/format.h>

#include <boost/asio/ip/v6_only.hpp>
#include <string>
#include <utility>  // before Boost.Asio 1.74, whose coroutines use std::exchange and do not include it

namespace calotype {

namespace asio = boost::asio;
using asio::ip::tcp;

// Asio's functions return the error that they also write to their last argument.
// NOLINTBEGIN(bugprone-unused-return-value)
StatusOr<tcp::acceptor> OpenAcceptor(asio::io_context& io, const Endpoint& endpoint) {
  boost::system::error_code error;
  tcp::endpoint address(tcp::v6(), endpoint.port);
  if (!endpoint.host.empty()) {
    const auto found = tcp::resolver(io).resolve(endpoint.host, std::to_string(endpoint.port),
                                                 tcp::resolver::passive | tcp::resolver::numeric_service, error);
    if (!error && !found.empty()) {
      address = found.begin()->endpoint();
    } else if (!error) {
      error = asio::error::host_not_found;
    }
  }
  tcp::acceptor acceptor(io);
  if (!error) {
    acceptor.open(address.protocol(), error);
  }
  if (!error) {
    acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  }
  if (!error && address.protocol() == tcp::v6() && address.address().is_unspecified()) {
    acceptor.set_option(asio::ip::v6_only(false), error);  // "[::]" is all addresses, also of IPv4
  }
  if (!error) {
    acceptor.bind(address, error);
  }
  if (!error) {
    acceptor.listen(asio::socket_base::max_listen_connections, error);
  }
  if (error) {
    return absl::UnavailableError(
        fmt::format("cannot listen on {}:{}: {}", endpoint.host, endpoint.port, error.message()));
  }
  return acceptor;
}
// NOLINTEND(bugprone-unused-return-value)

}  // namespace calotype
