#include "app/date_counts.h"

#include <cstddef>
#include <utility>

namespace calotype {

StatusOr<DateCounts::Counts> DateCounts::Get(Catalog& catalog, DatePart part) {
  Kept& kept = kept_.at(static_cast<std::size_t>(part));
  const MutexLock lock(&kept.mutex);
  // Asked before counting: a change in between is at worst counted twice.
  CALOTYPE_ASSIGN_OR_RETURN(const PhotoChanges now, catalog.ChangesSince(0, 0));
  if (kept.counts == nullptr || kept.library != now.library || kept.last_change != now.last) {
    CALOTYPE_ASSIGN_OR_RETURN(std::vector<DateCount> counts, catalog.CountByDate(part));
    kept.counts = std::make_shared<const std::vector<DateCount>>(std::move(counts));
    kept.library = now.library;
    kept.last_change = now.last;
    ++kept.counted;
  }
  return kept.counts;
}

int64_t DateCounts::counted() const {
  int64_t counted = 0;
  for (const Kept& kept : kept_) {
    const MutexLock lock(&kept.mutex);
    counted += kept.counted;
  }
  return counted;
}

}  // namespace calotype
