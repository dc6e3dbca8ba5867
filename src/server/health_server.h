// /healthz, /readyz and /metrics of a process that serves nothing else.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "app/app.h"
#include "app/fleet/process_state.h"
#include "base/status.h"

namespace calotype {

// Answers without tokens: it tells numbers and names of devices, no photo and no path. Requests of web pages are
// refused. Thread-safe.
class HealthServer {
 public:
  // Listens on `address` (HOST:PORT, with a free port for 0) and answers with what `state` returns, which is called on
  // threads of the server and must be ready at once. Counts what happens to the models that `app` opens from now on.
  // `app` must outlive it. Errors as for HttpServer::Listen().
  static StatusOr<std::unique_ptr<HealthServer>> Start(App& app, const std::string& address,
                                                       std::function<ProcessState()> state);
  ~HealthServer();
  HealthServer(const HealthServer&) = delete;
  HealthServer& operator=(const HealthServer&) = delete;

  // "http://127.0.0.1:9464"
  const std::string& url() const;

 private:
  class Impl;
  explicit HealthServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace calotype
