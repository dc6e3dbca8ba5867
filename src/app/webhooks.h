// Webhooks: applications to which the changes of the library are sent (docs/server.md). Each has a place in the list of
// changes, which is saved after each message that arrived, so none is lost across restarts. A message may arrive twice.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <list>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "app/changes.h"
#include "app/library.h"
#include "base/mutex.h"
#include "base/networks.h"
#include "base/status.h"
#include "models/http.h"

namespace calotype {

struct Webhook {
  int64_t id = 0;
  std::string url;
  std::string secret;        // "whsec_...": signs the messages
  std::string since;         // the cursor up to which changes arrived; empty: none
  int64_t created = 0;       // seconds since 1970, as those below
  int64_t delivered = 0;     // messages that arrived
  int64_t delivered_at = 0;  // 0: never
  int64_t failures = 0;      // attempts in a row that failed
  int64_t retry_at = 0;      // 0: nothing is to be repeated
  std::string error;         // of the latest attempt
  bool stopped = false;      // the target answered 410: it wants no more messages
};

struct WebhookOptions {
  Networks allowed;                           // internal addresses that may be targets
  std::chrono::milliseconds retry{5000};      // wait after the first failure; doubled after each other one, up to 1 h
  std::chrono::milliseconds look{2000};       // how often the catalogue is asked for changes
  std::chrono::milliseconds timeout{15'000};  // of one message
};

// Thread-safe. The library must outlive it.
class WebhookService {
 public:
  static constexpr std::size_t kMaxWebhooks = 16;
  static constexpr int kPhotosInMessage = 100;

  // `file` keeps the webhooks; only its owner can read it.
  WebhookService(Library& library, std::filesystem::path file, WebhookOptions options,
                 std::unique_ptr<HttpClient> client);
  ~WebhookService();
  WebhookService(const WebhookService&) = delete;
  WebhookService& operator=(const WebhookService&) = delete;

  // Starts to send, on a thread for each webhook.
  void Start() ABSL_LOCKS_EXCLUDED(mutex_);
  // Ends messages in progress, which are repeated by the next service.
  void Stop() ABSL_LOCKS_EXCLUDED(mutex_);

  // Adds a webhook that learns of changes from now on, or of all photos first (`from_start`).
  //   kInvalidArgument    `url` is not an http or https URL
  //   kResourceExhausted  there are kMaxWebhooks
  StatusOr<Webhook> Create(const std::string& url, bool from_start) ABSL_LOCKS_EXCLUDED(mutex_);
  std::vector<Webhook> List() const ABSL_LOCKS_EXCLUDED(mutex_);
  // kNotFound
  Status Remove(int64_t id) ABSL_LOCKS_EXCLUDED(mutex_);
  // Sends a message without changes and returns why it did not arrive. kNotFound for an unknown webhook.
  Status Test(int64_t id) ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  struct Sender {
    int64_t id;
    std::jthread thread;
  };
  // What a target said to a message.
  struct Reply {
    Status status;                        // OK: it arrived
    bool gone = false;                    // the target wants no more
    std::chrono::seconds retry_after{0};  // 0: it does not say
  };

  // Sends changes to a webhook until it is removed or the service stops.
  void Work(int64_t id, const std::stop_token& stop) ABSL_LOCKS_EXCLUDED(mutex_);
  // Sends the next message if there are changes. Returns how long to wait for the next call.
  std::chrono::milliseconds SendNext(const Webhook& webhook, const std::stop_token& stop) ABSL_LOCKS_EXCLUDED(mutex_);
  Reply Send(const Webhook& webhook, const std::string& body, const std::stop_token& stop) const;
  Status CheckAddress(const std::string& address) const;
  std::chrono::milliseconds Record(int64_t id, const Reply& reply, const ChangePage& page) ABSL_LOCKS_EXCLUDED(mutex_);
  StatusOr<Webhook> Get(int64_t id) const ABSL_LOCKS_EXCLUDED(mutex_);
  Webhook* Find(int64_t id) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void StartSender(int64_t id) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  Status Save() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Load() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  Library& library_;
  const std::filesystem::path file_;
  const WebhookOptions options_;
  const std::unique_ptr<HttpClient> client_;
  mutable Mutex mutex_;
  std::vector<Webhook> webhooks_ ABSL_GUARDED_BY(mutex_);  // by id
  int64_t next_id_ ABSL_GUARDED_BY(mutex_) = 1;
  bool started_ ABSL_GUARDED_BY(mutex_) = false;
  std::list<Sender> senders_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace calotype
