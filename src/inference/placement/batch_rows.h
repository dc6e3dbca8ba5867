// Learns how many rows a run of a model should have.
#pragma once

#include <cstdint>
#include <vector>

namespace calotype {

// Compares the times of past runs and recommends the number of rows that took the least time per row: on a GPU that is
// usually the largest, on a CPU often the smallest, depending on the model. Only powers of two are compared. Every now
// and then it recommends another number, so that it notices when the load of the machine changes. Not thread-safe.
class BatchRows {
 public:
  // `most` is the largest number of rows that will be asked for.
  explicit BatchRows(int64_t most);

  // Returns how many of `waiting` rows (at least one) to run together: 1 to `waiting`.
  int64_t Choose(int64_t waiting);
  // A run of `rows` rows took `seconds`.
  void Record(int64_t rows, double seconds);

 private:
  struct Size {
    int64_t runs = 0;
    double seconds_per_row = 0;  // smoothed
  };

  std::vector<Size> sizes_;  // of runs with 1, 2, 4 ... rows
  int64_t choices_ = 0;
};

}  // namespace calotype
