#ifdef __clang__
// Boost 1.74 looks for Clang's coroutines under their experimental name only. (clang-tidy reads this file as Clang.)
#define BOOST_ASIO_HAS_CO_AWAIT 1
#define BOOST_ASIO_HAS_STD_COROUTINE 1
#endif
#include "server/http/client_stream.h"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>
#include <type_traits>
#include <utility>  // before Boost.Asio 1.74, whose coroutines use std::exchange and do not include it

namespace calotype {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using ErrorCode = boost::system::error_code;

template <typename Stream>
class AnyStream : public ClientStream {
 public:
  explicit AnyStream(Stream stream) : stream_(std::move(stream)) {}

  asio::awaitable<void> Open(ErrorCode& error) override {
    if constexpr (!std::is_same_v<Stream, beast::tcp_stream>) {
      co_await stream_.async_handshake(asio::ssl::stream_base::server,
                                       asio::redirect_error(asio::use_awaitable, error));
    }
    co_return;
  }
  asio::awaitable<std::size_t> ReadSome(asio::mutable_buffer buffer, ErrorCode& error) override {
    co_return co_await stream_.async_read_some(buffer, asio::redirect_error(asio::use_awaitable, error));
  }
  asio::awaitable<void> Write(std::string_view bytes, ErrorCode& error) override {
    co_await asio::async_write(stream_, asio::buffer(bytes.data(), bytes.size()),
                               asio::redirect_error(asio::use_awaitable, error));
  }
  beast::tcp_stream& tcp() override { return beast::get_lowest_layer(stream_); }

 private:
  Stream stream_;
};

}  // namespace

std::unique_ptr<ClientStream> MakeClientStream(asio::ip::tcp::socket socket, asio::ssl::context* security) {
  beast::tcp_stream plain(std::move(socket));
  if (security == nullptr) {
    return std::make_unique<AnyStream<beast::tcp_stream>>(std::move(plain));
  }
  using Secure = beast::ssl_stream<beast::tcp_stream>;
  return std::make_unique<AnyStream<Secure>>(Secure(std::move(plain), *security));
}

}  // namespace calotype
