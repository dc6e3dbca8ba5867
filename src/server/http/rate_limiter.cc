#include "server/http/rate_limiter.h"

#include <algorithm>
#include <cmath>
#include <unordered_map>

namespace calotype {

void RateLimiter::SetRate(double per_minute, double burst) {
  const MutexLock lock(&mutex_);
  per_second_ = per_minute / 60;
  burst_ = burst;
}

std::chrono::seconds RateLimiter::Take(const std::string& key, Clock::time_point now) {
  const MutexLock lock(&mutex_);
  if (per_second_ <= 0) {
    return std::chrono::seconds(0);
  }
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
  std::erase_if(buckets_,
                [&](const auto& entry) ABSL_NO_THREAD_SAFETY_ANALYSIS { return LevelAt(entry.second, now) >= burst_; });
}

}  // namespace calotype
