#include "server/http/http_server.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#ifdef __clang__
// Boost 1.74 looks for Clang's coroutines under their experimental name only. (clang-tidy reads this file as Clang.)
#define BOOST_ASIO_HAS_CO_AWAIT 1
#define BOOST_ASIO_HAS_STD_COROUTINE 1
#endif
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/error.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <condition_variable>
#include <functional>
#include <iterator>
#include <limits>
#include <list>
#include <mutex>
#include <random>
#include <thread>
#include <utility>  // before Boost.Asio 1.74, whose coroutines use std::exchange and do not include it
#include <vector>

#include "base/log.h"
#include "base/text.h"
#include "server/http/acceptor.h"
#include "server/http/body_reservation.h"
#include "server/http/client_stream.h"
#include "server/http/connection_limit.h"
#include "server/http/idle_connections.h"
#include "server/http/lanes.h"
#include "server/http/tls.h"

// Asio's functions return the error that they also write to their last argument.
// NOLINTBEGIN(bugprone-unused-return-value)
namespace calotype {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;
using Clock = std::chrono::steady_clock;
using ErrorCode = boost::system::error_code;
using Parser = http::request_parser<http::string_body>;

constexpr std::size_t kFirstRead = 512;           // an idle connection keeps no more
constexpr std::size_t kReadPiece = 16U << 10U;    // of a request
constexpr std::size_t kWritePiece = 256U << 10U;  // of a file
constexpr std::size_t kDiscardBytes = 256U << 20U;
constexpr std::chrono::seconds kDiscardTime{5};
constexpr std::chrono::milliseconds kEventPoll{200};
constexpr std::chrono::seconds kEventHeartbeat{15};
constexpr std::chrono::milliseconds kAcceptPause{100};

std::string NewRequestId() {
  thread_local std::mt19937_64 random{std::random_device{}()};
  return fmt::format("{:016x}", random());
}

std::string TextOf(beast::string_view text) { return {text.data(), text.size()}; }

int StatusOfReadError(const ErrorCode& error) {
  if (error == http::error::header_limit || error == http::error::body_limit) {
    return error == http::error::header_limit ? http_status::kHeadTooLarge : http_status::kTooLarge;
  }
  return error == beast::error::timeout ? http_status::kTimeout : http_status::kBadRequest;
}

// The head of a response. `bytes` is the size of the body; nullopt: it comes in chunks.
std::string HeadOf(const HttpResponse& response, std::optional<uint64_t> bytes, bool keep_alive) {
  std::string head = fmt::format("HTTP/1.1 {} {}\r\n", response.status, ReasonPhrase(response.status));
  const auto add = [&head](std::string_view name, std::string_view value) {
    fmt::format_to(std::back_inserter(head), "{}: {}\r\n", name, value);
  };
  for (const auto& [name, value] : response.headers) {
    add(name, value);
  }
  if (!response.content_type.empty()) {
    add("Content-Type", response.content_type);
  }
  if (!keep_alive) {
    add("Connection", "close");
  }
  if (!bytes.has_value()) {
    add("Transfer-Encoding", "chunked");
  } else if (response.status != http_status::kNoContent && response.status != http_status::kUnchanged) {
    add("Content-Length", std::to_string(*bytes));
  }
  return head += "\r\n";
}

}  // namespace

class HttpServer::Impl {
 public:
  explicit Impl(const HttpLimits& limits)
      : limits_(limits), max_connections_(MaxConnections(limits.connections)), lanes_(limits) {}

  StatusOr<uint16_t> Open(const Endpoint& endpoint, const std::optional<TlsFiles>& tls, HttpHandler& handler) {
    CALOTYPE_ASSIGN_OR_RETURN(tcp::acceptor acceptor, OpenAcceptor(io_, endpoint));
    return Add(std::move(acceptor), tls, handler);
  }

  StatusOr<uint16_t> Adopt(int descriptor, const std::optional<TlsFiles>& tls, HttpHandler& handler) {
    tcp::acceptor acceptor(io_);
    ErrorCode error;
    acceptor.assign(tcp::v6(), descriptor, error);
    if (error) {
      return absl::UnavailableError(fmt::format("cannot use socket {}: {}", descriptor, error.message()));
    }
    return Add(std::move(acceptor), tls, handler);
  }

  Status ReloadTls() {
    for (Listener& listener : listeners_) {
      CALOTYPE_ASSIGN_OR_RETURN(std::shared_ptr<asio::ssl::context> security, OpenTls(listener.tls));
      asio::post(io_, [&listener, security = std::move(security)] { listener.security = security; });
    }
    return absl::OkStatus();
  }

  void Start() {
    for (Listener& listener : listeners_) {
      asio::co_spawn(io_, Accept(listener), asio::detached);
    }
    thread_ = std::jthread([this] { io_.run(); });
  }

  void Stop() {
    if (!thread_.joinable()) {
      return;
    }
    asio::post(io_, [this] {
      stopping_ = true;
      for (Listener& listener : listeners_) {
        ErrorCode ignored;
        listener.acceptor.close(ignored);
      }
      idle_.CloseAll();
    });
    {
      std::unique_lock lock(ended_mutex_);
      ended_.wait_for(lock, limits_.stop_timeout, [this] { return connections_ == 0; });
    }
    io_.stop();
    thread_.join();
    lanes_.Join();
  }

  int64_t connections() const { return connections_; }
  int64_t worked() const { return worked_; }
  int64_t waiting(Lane lane) { return lanes_.Waiting(lane); }

 private:
  struct Listener {
    tcp::acceptor acceptor;
    std::optional<TlsFiles> tls;
    std::shared_ptr<asio::ssl::context> security;  // null: without TLS; once started, for the thread of the sockets
    HttpHandler& handler;
  };

  // A connection: the stream and what is known of the client.
  struct Connection {
    std::unique_ptr<ClientStream> stream;
    HttpHandler& handler;
    beast::flat_buffer buffer;
    std::string client;
    bool from_loopback = false;
    bool unread_body = false;  // the last request was answered without reading its body
  };

  StatusOr<uint16_t> Add(tcp::acceptor acceptor, const std::optional<TlsFiles>& tls, HttpHandler& handler) {
    CALOTYPE_ASSIGN_OR_RETURN(std::shared_ptr<asio::ssl::context> security, OpenTls(tls));
    ErrorCode error;
    const tcp::endpoint local = acceptor.local_endpoint(error);
    if (error) {
      return absl::UnavailableError(fmt::format("the socket is not listening: {}", error.message()));
    }
    listeners_.push_back(
        {.acceptor = std::move(acceptor), .tls = tls, .security = std::move(security), .handler = handler});
    return local.port();
  }

  asio::awaitable<void> Accept(Listener& listener) {
    while (!stopping_) {
      ErrorCode error;
      tcp::socket socket(io_);
      co_await listener.acceptor.async_accept(socket, asio::redirect_error(asio::use_awaitable, error));
      if (stopping_) {
        co_return;
      }
      if (error) {
        // No descriptor is left, or the client is gone already.
        idle_.CloseOldest();
        asio::steady_timer pause(io_, kAcceptPause);
        co_await pause.async_wait(asio::redirect_error(asio::use_awaitable, error));
        continue;
      }
      if (connections_ >= max_connections_) {
        idle_.CloseOldest();
      }
      socket.set_option(tcp::no_delay(true), error);
      asio::co_spawn(io_, Run(std::move(socket), listener), asio::detached);
    }
  }

  asio::awaitable<void> Run(tcp::socket socket, Listener& listener) {
    ++connections_;
    try {
      ErrorCode error;
      const tcp::endpoint peer = socket.remote_endpoint(error);
      asio::ip::address address = peer.address();
      if (address.is_v6() && address.to_v6().is_v4_mapped()) {
        address = asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6());
      }
      const std::string client = address.to_string();
      const bool secure = listener.security != nullptr;
      Connection connection{.stream = MakeClientStream(std::move(socket), listener.security.get()),
                            .handler = listener.handler,
                            .client = client,
                            .from_loopback = address.is_loopback()};
      connection.stream->tcp().expires_after(limits_.header_timeout);
      co_await connection.stream->Open(error);
      if (!error) {
        co_await Serve(connection, secure);
      }
    } catch (const std::exception& problem) {
      LogWarning("a connection ended with an error: {}", problem.what());
    }
    {
      const std::lock_guard lock(ended_mutex_);
      --connections_;
    }
    ended_.notify_all();
  }

  // Serves the requests of one connection, one after the other.
  asio::awaitable<void> Serve(Connection& connection, bool secure) {
    // GCC 12 evaluates a co_await on the right of && whatever is on the left, so each has a statement of its own.
    bool is_open = true;
    while (is_open && !stopping_) {
      is_open = co_await WaitForRequest(connection);
      if (is_open) {
        is_open = co_await ServeOne(connection, secure);
      }
    }
    ErrorCode error;
    connection.stream->tcp().socket().shutdown(tcp::socket::shutdown_send, error);
    if (connection.unread_body && !stopping_) {
      co_await Discard(connection.stream->tcp());
    }
  }

  // Reads what a refused client still sends, for a while: if the connection were closed with unread bytes, the client's
  // system would throw the answer away.
  asio::awaitable<void> Discard(beast::tcp_stream& stream) {
    std::vector<char> piece(kWritePiece);
    stream.expires_after(kDiscardTime);
    ErrorCode error;
    for (std::size_t all = 0; all < kDiscardBytes && !error;) {
      all += co_await stream.async_read_some(asio::buffer(piece), asio::redirect_error(asio::use_awaitable, error));
    }
  }

  // Waits for the first bytes of a request. False at the end of the connection.
  asio::awaitable<bool> WaitForRequest(Connection& connection) {
    if (connection.buffer.size() > 0) {
      co_return true;
    }
    connection.buffer.shrink_to_fit();
    auto& lowest = connection.stream->tcp();
    const IdleConnections::Entry entry = idle_.Add([&lowest] { lowest.close(); });
    lowest.expires_after(limits_.idle_timeout);
    ErrorCode error;
    const std::size_t bytes = co_await connection.stream->ReadSome(connection.buffer.prepare(kFirstRead), error);
    idle_.Remove(entry);
    connection.buffer.commit(bytes);
    co_return !error;
  }

  // Reads a request and answers it. False when the connection must be closed.
  asio::awaitable<bool> ServeOne(Connection& connection, bool secure) {
    const Clock::time_point start = Clock::now();
    Parser parser;
    parser.header_limit(static_cast<std::uint32_t>(limits_.header_bytes));
    parser.body_limit(std::numeric_limits<std::uint64_t>::max());  // set below, when the head is known
    connection.stream->tcp().expires_after(limits_.header_timeout);
    ErrorCode error;
    co_await ReadInto(parser, connection, /*whole=*/false, error);
    HttpRequest request{.id = NewRequestId(), .client = connection.client, .from_loopback = connection.from_loopback};
    request.secure = secure;
    if (error) {
      co_await RefuseUnread(connection, request, error, start);
      co_return false;
    }
    TakeHead(parser.get(), request);
    if (!ParseTarget(request)) {
      HttpResponse refusal =
          connection.handler.Refuse(request.id, http_status::kBadRequest, "the address of the request is malformed");
      co_await Send(connection, request, std::move(refusal), /*keep_alive=*/false, start);
      co_return false;
    }
    Admission admission = connection.handler.Admit(request);
    if (admission.refusal.has_value()) {
      connection.unread_body = !parser.is_done();
      co_await Send(connection, request, *std::move(admission.refusal), /*keep_alive=*/false, start);
      co_return false;
    }
    const std::size_t announced = parser.content_length().has_value()
                                      ? static_cast<std::size_t>(*parser.content_length())
                                      : (parser.chunked() ? admission.max_body : 0);
    const BodyReservation reservation(body_bytes_, limits_.body_bytes_in_all, std::min(announced, admission.max_body));
    HttpResponse response;
    bool keep_alive = false;
    connection.unread_body = true;
    if (announced > admission.max_body) {
      response = connection.handler.Refuse(request.id, http_status::kTooLarge, TooLarge(announced, admission));
    } else if (!reservation.granted() || lanes_.IsFull(admission.lane, request.client)) {
      response = connection.handler.Refuse(request.id, http_status::kUnavailable,
                                           "too many requests at the moment; try again");
      response.headers.emplace_back("Retry-After", "1");
    } else {
      parser.body_limit(admission.max_body);
      co_await ReadBody(connection, parser, error);
      if (error == http::error::body_limit) {
        response =
            connection.handler.Refuse(request.id, http_status::kTooLarge, TooLarge(admission.max_body + 1, admission));
      } else if (error) {
        co_await RefuseUnread(connection, request, error, start);
        co_return false;
      } else {
        connection.unread_body = false;
        request.body = std::move(parser.get().body());
        keep_alive = parser.keep_alive() && !stopping_;
        response = co_await Handle(connection.handler, request, admission.lane);
      }
    }
    co_return co_await Send(connection, request, std::move(response), keep_alive, start);
  }

  static void TakeHead(const http::request<http::string_body>& message, HttpRequest& request) {
    request.method = TextOf(message.method_string());
    request.target = TextOf(message.target());
    for (const auto& field : message) {
      request.headers.emplace_back(ToLowerAscii(TextOf(field.name_string())), TextOf(field.value()));
    }
  }

  static std::string TooLarge(std::size_t bytes, const Admission& admission) {
    const std::string limit = fmt::format("the body has {} bytes or more; the limit is {}", bytes, admission.max_body);
    return admission.max_body_setting.empty() ? limit : fmt::format("{} ({})", limit, admission.max_body_setting);
  }

  // Reads and parses the head of a request, or all that is left of it.
  static asio::awaitable<void> ReadInto(Parser& parser, Connection& connection, bool whole, ErrorCode& error) {
    parser.eager(whole);
    while (!error && !(whole ? parser.is_done() : parser.is_header_done())) {
      if (connection.buffer.size() > 0) {
        connection.buffer.consume(parser.put(connection.buffer.data(), error));
        if (error != http::error::need_more) {
          continue;
        }
        error = {};
      }
      const std::size_t bytes = co_await connection.stream->ReadSome(connection.buffer.prepare(kReadPiece), error);
      connection.buffer.commit(bytes);
      if (error == asio::error::eof) {
        error = http::error::end_of_stream;
        if (parser.got_some()) {
          parser.put_eof(error);
        }
      }
    }
  }

  asio::awaitable<void> ReadBody(Connection& connection, Parser& parser, ErrorCode& error) {
    if (parser.is_done()) {
      co_return;
    }
    auto& lowest = connection.stream->tcp();
    lowest.expires_after(limits_.body_timeout);
    const auto expects = parser.get()[http::field::expect];
    if (beast::iequals(expects, "100-continue")) {
      constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
      co_await connection.stream->Write(kContinue, error);
      if (error) {
        co_return;
      }
    }
    co_await ReadInto(parser, connection, /*whole=*/true, error);
  }

  // Answers a request that could not be read. Says nothing to a client that closed the connection.
  asio::awaitable<void> RefuseUnread(Connection& connection, const HttpRequest& request, const ErrorCode& error,
                                     Clock::time_point start) {
    if (error == http::error::end_of_stream || error == http::error::partial_message ||
        error.category() == asio::error::get_system_category() || error == asio::error::operation_aborted) {
      co_return;
    }
    const int status = StatusOfReadError(error);
    const std::string detail = status == http_status::kTimeout ? std::string("the request took too long to arrive")
                               : status == http_status::kHeadTooLarge
                                   ? fmt::format("the head of the request has more than {} bytes", limits_.header_bytes)
                                   : fmt::format("the request cannot be understood: {}", error.message());
    HttpResponse response = connection.handler.Refuse(request.id, status, detail);
    // After a timeout the stream is closed for reading and writing.
    if (status != http_status::kTimeout) {
      co_await Send(connection, request, std::move(response), /*keep_alive=*/false, start);
    }
  }

  asio::awaitable<HttpResponse> Handle(HttpHandler& handler, const HttpRequest& request, Lane lane) {
    const auto answer = [&handler, &request]() -> HttpResponse {
      try {
        return handler.Handle(request);
      } catch (const std::exception& problem) {
        LogWarning("request {} ({} {}): {}", request.id, request.method, request.path, problem.what());
        return handler.Refuse(request.id, http_status::kInternalError,
                              "an unexpected error; the server's log has the reason");
      }
    };
    if (lane == Lane::kInline) {
      co_return answer();
    }
    HttpResponse response;
    co_await OnWorker(lane, request.client, [&] { response = answer(); });
    co_return response;
  }

  // Waits while a worker of the lane does `work`.
  asio::awaitable<void> OnWorker(Lane lane, const std::string& client, std::function<void()> work) {
    const auto start = [&](auto handler) {
      lanes_.Of(lane).Post(client, [this, work = std::move(work),
                                    resume = std::make_shared<decltype(handler)>(std::move(handler))]() mutable {
        work();
        ++worked_;
        asio::post(io_, [resume = std::move(resume)] { (*resume)(); });
      });
    };
    co_await asio::async_initiate<const asio::use_awaitable_t<>&, void()>(start, asio::use_awaitable);
  }

  // Sends a response. Returns whether the connection can be used again.
  asio::awaitable<bool> Send(Connection& connection, const HttpRequest& request, HttpResponse response, bool keep_alive,
                             Clock::time_point start) {
    const bool has_body = request.method != "HEAD";
    const bool streams = static_cast<bool>(response.events);
    const uint64_t bytes = response.file.has_value() ? response.file->bytes : response.body.size();
    keep_alive = keep_alive && !streams;
    std::string head = HeadOf(response, streams ? std::nullopt : std::optional(bytes), keep_alive);
    connection.stream->tcp().expires_after(limits_.write_timeout);
    ErrorCode error;
    if (has_body && !streams && !response.file.has_value() && response.body.size() <= kWritePiece) {
      head += response.body;  // in one piece with the head
      response.body.clear();
    }
    co_await connection.stream->Write(head, error);
    if (!error && has_body) {
      co_await SendBody(connection, response, error);
    }
    connection.handler.Finished(request, response.status, bytes,
                                std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - start));
    co_return !error && keep_alive;
  }

  asio::awaitable<void> SendBody(Connection& connection, const HttpResponse& response, ErrorCode& error) {
    if (response.file.has_value()) {
      co_await SendFile(connection, *response.file, error);
    } else if (response.events) {
      co_await SendEvents(connection, response.events, error);
    } else {
      co_await SendText(connection, response.body, error);
    }
  }

  asio::awaitable<void> SendText(Connection& connection, std::string_view text, ErrorCode& error) {
    while (!text.empty() && !error) {
      const std::string_view piece = text.substr(0, kWritePiece);
      connection.stream->tcp().expires_after(limits_.write_timeout);
      co_await connection.stream->Write(piece, error);
      text.remove_prefix(piece.size());
    }
  }

  // Reads on a worker: a disk that sleeps must not hold up other connections.
  asio::awaitable<void> SendFile(Connection& connection, const FileBody& file, ErrorCode& error) {
    std::vector<char> piece(static_cast<std::size_t>(std::min<uint64_t>(kWritePiece, file.bytes)));
    for (uint64_t sent = 0; sent < file.bytes && !error;) {
      const std::size_t wanted = static_cast<std::size_t>(std::min<uint64_t>(piece.size(), file.bytes - sent));
      ssize_t bytes = 0;
      co_await OnWorker(Lane::kQuick, connection.client, [&] {
        bytes = pread(file.file.get(), piece.data(), wanted, static_cast<off_t>(file.offset + sent));
      });
      if (bytes <= 0) {
        // The file became shorter. The connection is closed, so the client sees that something is missing.
        error = asio::error::eof;
        co_return;
      }
      co_await SendText(connection, std::string_view(piece.data(), static_cast<std::size_t>(bytes)), error);
      sent += static_cast<uint64_t>(bytes);
    }
  }

  asio::awaitable<void> SendEvents(Connection& connection, const EventStream& events, ErrorCode& error) {
    asio::steady_timer timer(io_);
    Clock::time_point last = Clock::now();
    while (!stopping_ && !error) {
      std::optional<std::string> text = events();
      if (!text.has_value()) {
        break;
      }
      if (text->empty() && Clock::now() - last > kEventHeartbeat) {
        text = ":\n\n";
      }
      if (!text->empty()) {
        last = Clock::now();
        connection.stream->tcp().expires_after(limits_.write_timeout);
        co_await connection.stream->Write(fmt::format("{:x}\r\n{}\r\n", text->size(), *text), error);
      }
      timer.expires_after(kEventPoll);
      ErrorCode ignored;
      co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    }
    if (!error) {
      co_await connection.stream->Write("0\r\n\r\n", error);
    }
  }

  const HttpLimits limits_;
  const int64_t max_connections_;
  std::atomic<int64_t> connections_ = 0;
  std::atomic<int64_t> worked_ = 0;
  std::atomic<std::size_t> body_bytes_ = 0;
  asio::io_context io_{1};
  std::list<Listener> listeners_;
  // The members below are used on the thread of the sockets only.
  IdleConnections idle_;
  std::atomic<bool> stopping_ = false;
  std::mutex ended_mutex_;
  std::condition_variable ended_;
  Lanes lanes_;
  std::jthread thread_;
};

HttpServer::HttpServer(const HttpLimits& limits) : impl_(std::make_unique<Impl>(limits)) {}
HttpServer::~HttpServer() { Stop(); }

StatusOr<uint16_t> HttpServer::Listen(const Endpoint& endpoint, const std::optional<TlsFiles>& tls,
                                      HttpHandler& handler) {
  return impl_->Open(endpoint, tls, handler);
}
StatusOr<uint16_t> HttpServer::Adopt(int descriptor, const std::optional<TlsFiles>& tls, HttpHandler& handler) {
  return impl_->Adopt(descriptor, tls, handler);
}
Status HttpServer::ReloadTls() { return impl_->ReloadTls(); }
void HttpServer::Start() { impl_->Start(); }
void HttpServer::Stop() { impl_->Stop(); }
int64_t HttpServer::worked() const { return impl_->worked(); }
int64_t HttpServer::connections() const { return impl_->connections(); }
int64_t HttpServer::waiting(Lane lane) { return impl_->waiting(lane); }

}  // namespace calotype
// NOLINTEND(bugprone-unused-return-value)
