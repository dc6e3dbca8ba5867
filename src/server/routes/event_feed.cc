#include "server/routes/event_feed.h"

#include <chrono>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "server/routes/api_json.h"

namespace calotype {

struct EventFeed::Client {
  std::shared_ptr<EventQueue> scans;
  Mutex mutex;
  std::string jobs ABSL_GUARDED_BY(mutex);  // events that were not sent yet
};

void EventFeed::Publish(const Job& job) {
  constexpr std::size_t kMaxWaiting = 1U << 20U;  // a client that does not read loses events
  const std::string text = ToServerSentEvent("job", ToApiJson(job));
  const MutexLock lock(&mutex_);
  std::erase_if(clients_, [](const std::weak_ptr<Client>& client) { return client.expired(); });
  for (const std::weak_ptr<Client>& weak : clients_) {
    if (const std::shared_ptr<Client> client = weak.lock(); client != nullptr) {
      const MutexLock client_lock(&client->mutex);
      if (client->jobs.size() < kMaxWaiting) {
        client->jobs += text;
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
    client->jobs = ToServerSentEvent("hello", nlohmann::ordered_json::object());
  }
  const MutexLock lock(&mutex_);
  std::erase_if(clients_, [](const std::weak_ptr<Client>& other) { return other.expired(); });
  if (clients_.size() >= kMaxClients) {
    return nullptr;
  }
  clients_.push_back(client);
  return [client]() -> std::optional<std::string> {
    std::string text;
    {
      const MutexLock client_lock(&client->mutex);
      text = std::exchange(client->jobs, {});
    }
    while (const std::optional<Event> event = client->scans->Next(std::chrono::milliseconds(0))) {
      text += ToServerSentEvent(*event);
    }
    return client->scans->finished() ? std::nullopt : std::optional(text);
  };
}

}  // namespace calotype
