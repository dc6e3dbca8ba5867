#include "photo/pixels_in_work.h"

#include <atomic>

namespace calotype {
namespace {

std::atomic<void (*)(bool)> watcher_of_pixels = nullptr;

}  // namespace

void PixelsInWork::Watch(void (*watcher)(bool in_work)) { watcher_of_pixels = watcher; }

void PixelsInWork::Tell(bool in_work) {
  if (const auto watcher = watcher_of_pixels.load(); watcher != nullptr) {
    watcher(in_work);
  }
}

}  // namespace calotype
