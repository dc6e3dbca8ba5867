// Listens on sockets, reads requests within limits and writes responses. Knows no routes.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/status.h"
#include "server/http/endpoint.h"
#include "server/http/http.h"
#include "server/http/tls_files.h"

namespace calotype {

// Where a request is handled.
enum class Lane : uint8_t {
  kInline,  // on the thread of the sockets: for what takes microseconds, such as /ping
  kQuick,   // on a worker: searches, lists
  kHeavy,   // on one of a few other workers: analyses of uploads, comparisons of pictures
  kModels,  // on one of more workers than there are cores, with low priority: they wait for shared runs of models
};

// What happens with a request, decided from its head, before its body is read.
struct Admission {
  std::optional<HttpResponse> refusal;  // set: send this, do not read the body, and close the connection
  std::size_t max_body = 0;             // bytes
  std::string max_body_setting;         // what raises the limit: "server.upload_mb"; empty: nothing
  Lane lane = Lane::kQuick;
};

// Answers the requests of a listener. Must outlive the server.
class HttpHandler {
 public:
  virtual ~HttpHandler() = default;

  // Decides about a request from its head, and sets HttpRequest::scope. Called on the thread of the sockets: must not
  // wait.
  virtual Admission Admit(HttpRequest& head) = 0;
  // Answers a whole request. Called concurrently, on the threads of the lane.
  virtual HttpResponse Handle(const HttpRequest& request) = 0;
  // The response to a request that did not reach Handle(): `status` with one sentence.
  virtual HttpResponse Refuse(const std::string& request_id, int status, const std::string& detail) = 0;
  // A request ended. `bytes` is the size of the response's body.
  virtual void Finished(const HttpRequest& request, int status, uint64_t bytes, std::chrono::microseconds took) = 0;
};

struct HttpLimits {
  std::size_t header_bytes = 16U << 10U;
  int64_t connections = 10'000;                 // setting: server.connections
  int64_t waiting = 1'000;                      // requests that wait in each lane; setting: server.waiting
  std::size_t body_bytes_in_all = 256U << 20U;  // of all requests that are being read or handled
  std::chrono::seconds header_timeout{10};      // to receive a head
  std::chrono::seconds body_timeout{120};       // to receive a body; setting: server.body_timeout_s
  std::chrono::seconds write_timeout{60};       // to send each 256 KB; setting: server.write_timeout_s
  std::chrono::seconds idle_timeout{75};        // between two requests; setting: server.idle_timeout_s
  std::chrono::seconds stop_timeout{10};        // for requests in progress when the server stops
  int quick_threads = 4;
  int heavy_threads = 2;
  int model_threads = 8;
};

// Listens from Listen() on, and serves from Start() to Stop(). The workers of a lane serve clients in turn, each
// request of a client after its earlier ones.
class HttpServer {
 public:
  explicit HttpServer(const HttpLimits& limits);
  // As Stop().
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  // Opens a socket. Requests that come through it go to `handler`. Returns the port, which is a free one if
  // endpoint.port is 0. Not after Start().
  //   kUnavailable      the address is in use, or is none of this machine
  //   kInvalidArgument  a TLS file cannot be used
  StatusOr<uint16_t> Listen(const Endpoint& endpoint, const std::optional<TlsFiles>& tls, HttpHandler& handler);
  // The same with a listening socket that somebody else opened (systemd). Takes the descriptor over.
  StatusOr<uint16_t> Adopt(int descriptor, const std::optional<TlsFiles>& tls, HttpHandler& handler);

  // Serves in the background.
  void Start();
  // Reads the TLS files of all listeners again, for the connections that come from now on. On an error (see Listen())
  // those that could not be read stay as they are.
  Status ReloadTls();
  // Closes the listeners and the idle connections, and waits for requests in progress, for HttpLimits::stop_timeout at
  // most. May be called several times.
  void Stop();

  int64_t connections() const;
  // Requests, and pieces of files, that workers finished so far.
  int64_t worked() const;
  // Requests that wait for a worker of this lane.
  int64_t waiting(Lane lane);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace calotype
