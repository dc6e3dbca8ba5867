#include "server/http/rate_limiter.h"

#include <algorithm>
#include <cmath>
#include <unordered_map>

namespace calotype {

std::chrono::seconds RateLimiter::Take(const std::string& key, Clock::time_point now) {
  if (per_second_ <= 0) {
    return std::chrono::seconds(0);
  }
  const MutexLock lock(&mutex_);
  if (buckets_.size() > kMaxKeys) {
    Forget(now);
  }
  Bucket& bucket = buckets_.try_emplace(key, Bucket{.level = burst_, .at = now}).first->second;
  bucket.level = LevelAt(bucket, now);
  bucket.at = now;
  if (bucket.level >= 1) {
    bucket.level -= 1;
    return std::chrono::seconds(0);
  }
  return std::chrono::seconds(static_cast<int64_t>(std::ceil((1 - bucket.level) / per_second_)));
}

bool RateLimiter::IsEmpty(const std::string& key, Clock::time_point now) const {
  const MutexLock lock(&mutex_);
  const auto found = buckets_.find(key);
  return per_second_ > 0 && found != buckets_.end() && LevelAt(found->second, now) < 1;
}

double RateLimiter::LevelAt(const Bucket& bucket, Clock::time_point now) const {
  return std::min(burst_, bucket.level + std::chrono::duration<double>(now - bucket.at).count() * per_second_);
}

void RateLimiter::Forget(Clock::time_point now) {
  std::erase_if(buckets_, [&](const auto& entry) { return LevelAt(entry.second, now) >= burst_; });
}

}  // namespace calotype
