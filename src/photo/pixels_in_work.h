// Tells whether a photo's pixels are decoded now, or its header and metadata are read. Whoever watches this process
// knows then what it was stopped in.
#pragma once

namespace calotype {

// While one of these lives, pixels are decoded.
class PixelsInWork {
 public:
  PixelsInWork() { Tell(true); }
  PixelsInWork(const PixelsInWork&) = delete;
  PixelsInWork& operator=(const PixelsInWork&) = delete;
  ~PixelsInWork() { Tell(false); }

  // `watcher` is called with true and false; at most once set, before photos are read.
  static void Watch(void (*watcher)(bool in_work));

 private:
  static void Tell(bool in_work);
};

}  // namespace calotype
