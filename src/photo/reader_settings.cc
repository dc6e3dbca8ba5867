#include "photo/reader_settings.h"

#include <utility>

#include "base/mutex.h"

namespace calotype {
namespace {

Mutex mutex;
ReaderSettings current ABSL_GUARDED_BY(mutex);

}  // namespace

void SetReaderSettings(ReaderSettings settings) {
  const MutexLock lock(&mutex);
  current = std::move(settings);
}

ReaderSettings CurrentReaderSettings() {
  const MutexLock lock(&mutex);
  return current;
}

}  // namespace calotype
