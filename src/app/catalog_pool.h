// Connections to the catalogue, opened when needed and used again.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "base/mutex.h"
#include "base/status.h"
#include "catalog/catalog.h"

namespace calotype {

class CatalogPool;

// While it lives, no connection of the pool is open, and CatalogPool::Take() waits. The pool must outlive it.
class ClosedCatalog {
 public:
  ClosedCatalog(ClosedCatalog&& other) noexcept : pool_(std::exchange(other.pool_, nullptr)) {}
  ClosedCatalog& operator=(ClosedCatalog&&) = delete;
  ~ClosedCatalog();

 private:
  friend class CatalogPool;
  explicit ClosedCatalog(CatalogPool& pool) : pool_(&pool) {}

  CatalogPool* pool_;
};

// One connection, for one thread and one operation. Returns to the pool when it is destroyed.
class CatalogLease {
 public:
  CatalogLease(CatalogLease&& other) noexcept;
  CatalogLease& operator=(CatalogLease&&) = delete;
  ~CatalogLease();

  Catalog& operator*() const { return *catalog_; }
  Catalog* operator->() const { return catalog_.get(); }

 private:
  friend class CatalogPool;
  CatalogLease(CatalogPool& pool, std::unique_ptr<Catalog> catalog, std::string file)
      : pool_(pool), catalog_(std::move(catalog)), file_(std::move(file)) {}

  CatalogPool& pool_;
  std::unique_ptr<Catalog> catalog_;
  std::string file_;  // identifies the file that was opened
};

// Thread-safe. The pool must outlive its leases.
class CatalogPool {
 public:
  using Open = std::function<StatusOr<std::unique_ptr<Catalog>>()>;

  // Opens connections to the catalogue at `path` with `open`; at most `capacity` at the same time.
  CatalogPool(std::string path, Open open, std::size_t capacity)
      : path_(std::move(path)), open_(std::move(open)), capacity_(capacity) {}

  // An idle connection, or a new one. Waits while `capacity` connections are in use or the pool is closed. Connections
  // to a file that was replaced since (calotype restore) are closed first. The error of `open` otherwise.
  StatusOr<CatalogLease> Take() ABSL_LOCKS_EXCLUDED(mutex_);

  // Closes all connections and opens none until the answer is destroyed, so that the file can be replaced. Waits at
  // most `patience` for those in use; nullopt if one is still in use then, or if the pool is closed already.
  std::optional<ClosedCatalog> Close(std::chrono::nanoseconds patience) ABSL_LOCKS_EXCLUDED(mutex_);

  // How often a connection was opened.
  int64_t opened() const ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  friend class CatalogLease;
  friend class ClosedCatalog;
  struct Idle {
    std::unique_ptr<Catalog> catalog;
    std::string file;
  };

  // "device:inode" of the file at path_; empty when there is none.
  std::string CurrentFile() const;
  void Return(std::unique_ptr<Catalog> catalog, std::string file) ABSL_LOCKS_EXCLUDED(mutex_);

  const std::string path_;
  const Open open_;
  const std::size_t capacity_;
  mutable Mutex mutex_;
  std::vector<Idle> idle_ ABSL_GUARDED_BY(mutex_);
  std::size_t in_use_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t opened_ ABSL_GUARDED_BY(mutex_) = 0;
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace calotype
