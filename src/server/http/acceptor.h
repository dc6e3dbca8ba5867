// Opens listening sockets. Included only by http_server.cc, which knows the HTTP library.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "base/status.h"
#include "server/http/endpoint.h"

namespace calotype {

// kUnavailable when the address is in use or is none of this machine.
StatusOr<boost::asio::ip::tcp::acceptor> OpenAcceptor(boost::asio::io_context& io, const Endpoint& endpoint);

}  // namespace calotype
