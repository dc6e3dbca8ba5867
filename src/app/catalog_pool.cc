#include "app/catalog_pool.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <iterator>
#include <utility>

namespace calotype {

CatalogLease::CatalogLease(CatalogLease&& other) noexcept
    : pool_(other.pool_), catalog_(std::move(other.catalog_)), file_(std::move(other.file_)) {}

CatalogLease::~CatalogLease() {
  if (catalog_ != nullptr) {
    pool_.Return(std::move(catalog_), std::move(file_));
  }
}

ClosedCatalog::~ClosedCatalog() {
  if (pool_ != nullptr) {
    const MutexLock lock(&pool_->mutex_);
    pool_->closed_ = false;
  }
}

std::string CatalogPool::CurrentFile() const {
  struct stat info{};
  return stat(path_.c_str(), &info) == 0 ? fmt::format("{}:{}", info.st_dev, info.st_ino) : "";
}

StatusOr<CatalogLease> CatalogPool::Take() {
  {
    const MutexLock lock(&mutex_);
    mutex_.Await([this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return in_use_ < capacity_ && !closed_; });
    ++in_use_;
  }
  // Asked after the wait: another thread may have created or replaced the file meanwhile.
  const std::string file = CurrentFile();
  std::vector<Idle> outdated;  // closed after the lock is released: closing may write
  std::unique_ptr<Catalog> catalog;
  {
    const MutexLock lock(&mutex_);
    const auto current = std::ranges::partition(idle_, [&](const Idle& idle) { return idle.file == file; });
    std::ranges::move(current, std::back_inserter(outdated));
    idle_.erase(current.begin(), current.end());
    if (!idle_.empty()) {
      catalog = std::move(idle_.back().catalog);
      idle_.pop_back();
    }
    opened_ += catalog == nullptr ? 1 : 0;
  }
  outdated.clear();
  if (catalog != nullptr) {
    return CatalogLease(*this, std::move(catalog), file);
  }
  StatusOr<std::unique_ptr<Catalog>> opened = open_();
  if (!opened.ok()) {
    Return(nullptr, "");
    return opened.status();
  }
  // Opening may have created the file.
  return CatalogLease(*this, *std::move(opened), CurrentFile());
}

void CatalogPool::Return(std::unique_ptr<Catalog> catalog, std::string file) {
  const MutexLock lock(&mutex_);
  --in_use_;
  if (catalog != nullptr) {
    idle_.push_back({.catalog = std::move(catalog), .file = std::move(file)});
  }
}

std::optional<ClosedCatalog> CatalogPool::Close(std::chrono::nanoseconds patience) {
  std::vector<Idle> idle;  // closed after the lock is released: closing may write
  const MutexLock lock(&mutex_);
  if (closed_) {
    return std::nullopt;
  }
  closed_ = true;
  const auto unused = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return in_use_ == 0; };
  if (!mutex_.AwaitWithTimeout(unused, patience)) {
    closed_ = false;
    return std::nullopt;
  }
  idle.swap(idle_);
  return ClosedCatalog(*this);
}

int64_t CatalogPool::opened() const {
  const MutexLock lock(&mutex_);
  return opened_;
}

}  // namespace calotype
