// The bytes of one connection, with or without TLS. Included only by http_server.cc, which knows the HTTP library.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/system/error_code.hpp>
#include <cstddef>
#include <memory>
#include <string_view>

namespace calotype {

// Virtual, so that the code of the server is compiled once, and not for each kind of stream. Used on the thread of the
// sockets.
class ClientStream {
 public:
  virtual ~ClientStream() = default;

  // TLS's handshake; nothing without TLS.
  virtual boost::asio::awaitable<void> Open(boost::system::error_code& error) = 0;
  // Waits for at least one byte. Returns 0 with `error` set (asio::error::eof at the end).
  virtual boost::asio::awaitable<std::size_t> ReadSome(boost::asio::mutable_buffer buffer,
                                                       boost::system::error_code& error) = 0;
  // Writes all bytes, or sets `error`.
  virtual boost::asio::awaitable<void> Write(std::string_view bytes, boost::system::error_code& error) = 0;
  // The connection below, for timeouts and to close it.
  virtual boost::beast::tcp_stream& tcp() = 0;
};

// `security` is null for a connection without TLS; it is needed only while the stream is made.
std::unique_ptr<ClientStream> MakeClientStream(boost::asio::ip::tcp::socket socket,
                                               boost::asio::ssl::context* security);

}  // namespace calotype
