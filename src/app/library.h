// A library in use: what the services share. A command makes one for its own life, a server one for all requests.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "app/app.h"
#include "app/catalog_pool.h"
#include "app/date_counts.h"
#include "app/open_models.h"
#include "base/mutex.h"
#include "base/status.h"
#include "catalog/catalog.h"
#include "search/vector_search.h"

namespace calotype {

// A text encoder with the models it came from.
struct OpenTextEncoder {
  ModelSet models;
  std::unique_ptr<Models> opened;
  std::unique_ptr<TextEncoder> encoder;  // null when the pack has none; after `opened`, which it uses
  std::string why_none;                  // the reason why `encoder` is null
};

// Thread-safe. Opens nothing before it is needed, then keeps it: connections to the catalogue, the text encoder, the
// mapped vector indices. `app` must be configured and outlive the library.
class Library {
 public:
  // How models are opened: OpenModels(), or what a test puts in its place.
  using ModelOpener = std::function<StatusOr<std::unique_ptr<Models>>(const ModelChoice&, const ModelUse&)>;

  explicit Library(const App& app);
  Library(const App& app, ModelOpener open_models);
  Library(const Library&) = delete;
  Library& operator=(const Library&) = delete;

  const App& app() const { return app_; }

  // A connection to the catalogue for one operation. kFailedPrecondition when nothing was scanned yet.
  StatusOr<CatalogLease> Catalogue() { return catalogs_.Take(); }
  CatalogPool& catalogs() { return catalogs_; }
  // There is a catalogue: something was scanned.
  bool Scanned() const;

  DateCounts& date_counts() { return date_counts_; }
  // The vector indices of this library.
  VectorSearch& vectors() { return vectors_; }
  // The index segments that this machine shares with others; null unless search.segments is set. Searches use them once
  // Follow() was called.
  SegmentFollower* segments() { return segments_.get(); }

  // The encoder of the models whose findings are shown (`shown`). Opened at the first call and when `shown` changes;
  // concurrent callers wait for one opening. An error is not kept: the next call tries again.
  StatusOr<std::shared_ptr<const OpenTextEncoder>> Encoder(const ModelSet& shown) ABSL_LOCKS_EXCLUDED(encoder_mutex_);

  StatusOr<std::unique_ptr<Models>> Open(const ModelChoice& choice, const ModelUse& use) const {
    return open_models_(choice, use);
  }

  // How often a text encoder was opened.
  int64_t encoders_opened() const ABSL_LOCKS_EXCLUDED(encoder_mutex_);

 private:
  StatusOr<std::shared_ptr<const OpenTextEncoder>> OpenEncoder(const ModelSet& shown) const;

  const App& app_;
  const ModelOpener open_models_;
  CatalogPool catalogs_;
  DateCounts date_counts_;
  const std::unique_ptr<SegmentFollower> segments_;  // before vectors_, which uses it
  VectorSearch vectors_;
  mutable Mutex encoder_mutex_;
  std::shared_ptr<const OpenTextEncoder> encoder_ ABSL_GUARDED_BY(encoder_mutex_);
  int64_t encoders_opened_ ABSL_GUARDED_BY(encoder_mutex_) = 0;
};

}  // namespace calotype
