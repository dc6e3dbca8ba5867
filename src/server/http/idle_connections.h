// The connections of a server that wait for their next request.
#pragma once

#include <functional>
#include <list>
#include <utility>

namespace calotype {

// The one that waits longest comes first. For one thread.
class IdleConnections {
 public:
  using Close = std::function<void()>;
  using Entry = std::list<Close>::iterator;

  Entry Add(Close close) { return connections_.insert(connections_.end(), std::move(close)); }
  void Remove(Entry entry) { connections_.erase(entry); }
  void CloseOldest() {
    if (!connections_.empty()) {
      connections_.front()();
    }
  }
  void CloseAll() {
    for (const Close& close : connections_) {
      close();
    }
  }

 private:
  std::list<Close> connections_;
};

}  // namespace calotype
