// Work with an owner: photos are claimed, and each claim is acknowledged, given back, or lost when its lease ends.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "catalog/types.h"
#include "catalog/work_owner.h"

namespace calotype {

struct WorkItem {
  PhotoId photo = 0;
  Sha256Digest sha256;                // of the content to be analysed
  std::vector<PhotoFile> files;       // at least one, ordered by path
  std::vector<std::string> analyses;  // the pending ones; may hold kDecodeAnalysis and kFactsAnalysis
};

// A photo that a process was working on when it died.
struct Casualty {
  PhotoId photo = 0;
  bool crashed = false;  // true: the process crashed on this very photo; false: it was killed, or crashed on another
};

// Reads which photos a dead owner was working on (from a file that it left); nullopt when that is not known, as when
// the owner was on another machine. Called without any lock held.
using CasualtyReader = std::function<std::optional<std::vector<Casualty>>(const WorkOwner& dead)>;

// The claims of one owner. Photos are claimed in chunks of about 256, of which Next() returns a part at a time; what it
// did not return yet is claimed, too. A photo is claimed by at most one owner at a time. Claims hold for kLeaseSeconds
// after the latest Next() or Extend(); then, or as soon as the owner is proven dead, other owners may take the photos.
// Nobody takes photos from a live owner that extends its lease. When analyses of a claimed photo are asked for again
// (WorkCatalog::RetryFailed, RequireAnalyses), the claim is lost, and the photo is claimed anew.
//
// Thread-safe. The catalogue must outlive it.
class WorkSource {
 public:
  virtual ~WorkSource() = default;  // as Close(), errors ignored

  virtual const WorkOwner& owner() const = 0;

  // Returns up to `limit` present photos that have pending rows among `analyses`, which this source claims, and extends
  // the lease. Order: prioritised photos (Prioritise), then new ones, then those that have findings of other models;
  // within each group the oldest first, as far as chunks allow. Before that, releases the photos of dead and expired
  // owners, at least once a second and before it returns nothing. A photo on which a process crashed twice, or that was
  // in progress during five kills in a row, becomes failed with that as the reason. Photos that were in progress during
  // a kill come last from then on. When it is not known which photos those were, the chunks of the dead owner are split
  // in four, and each part is given to an owner that has nothing else at that time; so if one photo kills each process,
  // it is alone at its fifth kill.
  virtual StatusOr<std::vector<WorkItem>> Next(std::span<const std::string> analyses, int limit) = 0;

  // Books pending photos in advance, in as many chunks of 256 as `photos` has room for, so that Next() of any source,
  // which otherwise does this itself, finds chunks that it need only lease. Returns the number of photos.
  virtual StatusOr<int64_t> Book(std::span<const std::string> analyses, int64_t photos) = 0;

  // Stores the results of claimed photos (WorkCatalog::Store has the rules and errors) and ends their claims, all in
  // one transaction. Results of photos that this source does not hold (any more) are not stored: their ids are
  // returned, and whoever holds the photo stores its own results. Neither is the outcome of an analysis of which
  // another version is wanted meanwhile: it stays pending.
  virtual StatusOr<std::vector<PhotoId>> Ack(std::span<const PhotoResult> results) = 0;

  // Puts claimed photos back to pending without a result; this does not count as an attempt. `why` becomes the reason
  // of the pending rows. This source does not return these photos again, because the reason (a file that changed, a
  // disk that is not mounted) probably still exists. Photos that it does not hold are ignored.
  virtual Status Nack(std::span<const PhotoId> photos, std::string_view why) = 0;

  // Puts claimed photos back to pending as if they had not been claimed: Next() may return them again, with the files
  // that they have then. Photos that it does not hold are ignored.
  virtual Status Release(std::span<const PhotoId> photos) = 0;

  // Extends the lease of all claims. Call it every kExtendSeconds while photos are in work.
  virtual Status Extend() = 0;

  // The number of photos that are claimed, but not by this source: by other owners, or for whoever has finished all
  // that it holds (see Next). 0 after Next() returned nothing means that all work is done.
  virtual StatusOr<int64_t> HeldByOthers() = 0;

  // Puts all claims back to pending and removes the owner.
  virtual Status Close() = 0;
};

inline constexpr int kLeaseSeconds = 60;
inline constexpr int kExtendSeconds = 10;

}  // namespace calotype
