#include "server/routes/event_feed.h"

#include <chrono>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "app/api_json.h"

namespace calotype {

struct EventFeed::Client {
  std::shared_ptr<EventQueue> scans;
  Mutex mutex;
  // Events of jobs that were not sent yet: of those that wait or began, and of those that ended. A client hears of
  // the begin of a scan before, and of its end after, what the scan reports.
  std::string begun ABSL_GUARDED_BY(mutex);
  std::string ended ABSL_GUARDED_BY(mutex);
};

void EventFeed::Publish(const Job& job) {
  constexpr std::size_t kMaxWaiting = 1U << 20U;  // a client that does not read loses events
  const std::string text = ToServerSentEvent("job", ToApiJson(job));
  const MutexLock lock(&mutex_);
  std::erase_if(clients_, [](const std::weak_ptr<Client>& client) { return client.expired(); });
  for (const std::weak_ptr<Client>& weak : clients_) {
    if (const std::shared_ptr<Client> client = weak.lock(); client != nullptr) {
      const MutexLock client_lock(&client->mutex);
      std::string& waiting = HasEnded(job) ? client->ended : client->begun;
      if (waiting.size() < kMaxWaiting) {
        waiting += text;
      }
    }
  }
}

EventStream EventFeed::Subscribe() {
  auto client = std::make_shared<Client>();
  client->scans = jobs_.Subscribe();
  {
    // The first event tells the client that it listens.
    const MutexLock client_lock(&client->mutex);
    client->begun = ToServerSentEvent("hello", nlohmann::ordered_json::object());
  }
  const MutexLock lock(&mutex_);
  std::erase_if(clients_, [](const std::weak_ptr<Client>& other) { return other.expired(); });
  if (clients_.size() >= kMaxClients) {
    return nullptr;
  }
  clients_.push_back(client);
  return [client]() -> std::optional<std::string> {
    const auto take = [&client](std::string Client::* events) {
      const MutexLock client_lock(&client->mutex);
      return std::exchange((*client).*events, {});
    };
    // In this order: an end is taken before the scan's last reports are, and a begin after its first ones.
    const std::string ended = take(&Client::ended);
    std::string scans;
    while (const std::optional<Event> event = client->scans->Next(std::chrono::milliseconds(0))) {
      scans += ToServerSentEvent(*event);
    }
    const std::string text = take(&Client::begun) + scans + ended;
    return client->scans->finished() ? std::nullopt : std::optional(text);
  };
}

}  // namespace calotype
