// Limits the memory of all request bodies together.
#pragma once

#include <atomic>
#include <cstddef>

namespace calotype {

// Bytes of bodies that are in memory, given back in the destructor.
class BodyReservation {
 public:
  BodyReservation(std::atomic<std::size_t>& used, std::size_t limit, std::size_t bytes) : used_(used), bytes_(bytes) {
    if (used_.fetch_add(bytes_) + bytes_ > limit) {
      used_ -= bytes_;
      bytes_ = 0;
      granted_ = false;
    }
  }
  BodyReservation(const BodyReservation&) = delete;
  BodyReservation& operator=(const BodyReservation&) = delete;
  ~BodyReservation() { used_ -= bytes_; }

  bool granted() const { return granted_; }

 private:
  std::atomic<std::size_t>& used_;
  std::size_t bytes_;
  bool granted_ = true;
};

}  // namespace calotype
