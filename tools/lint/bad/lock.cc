class __attribute__((capability("mutex"))) Mutex {};

class Counter {
 public:
  void Increment() { ++count_; }

 private:
  Mutex mutex_;
  int count_ __attribute__((guarded_by(mutex_))) = 0;
};

void Use(Counter& counter) { counter.Increment(); }
