// The files of a vector index (docs/vector-index.md): codes, ids and vectors, mapped into memory, appended in place.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <unordered_set>
#include <vector>

#include "base/file.h"
#include "base/status.h"
#include "catalog/types.h"
#include "search/vector_index/coder.h"

namespace calotype {

// The state of an index.
struct VectorFileState {
  uint64_t count = 0;       // vectors, including deleted ones
  uint64_t gone = 0;        // deleted vectors: their photo was removed or has a new vector
  int64_t last_change = 0;  // the last change of the catalogue that the index contains (VectorChanges::last)
};

// One writer at a time (use a lock between processes); readers see what was committed when they opened the index.
// Records are written before the header that counts them, and each has a checksum, so a crash of the process or machine
// leaves the former state, or a file that is recognised as damaged.
//
// Const methods may be called from several threads at once; the others need exclusive access. Another VectorFile, in
// this process or another one, may write to or Remove() the folder meanwhile: this one still returns what was committed
// when it was opened.
class VectorFile {
 public:
  static constexpr std::size_t kBlock = 4096;  // number of vectors in a block

  // The filled part of a block.
  struct Block {
    CodeSpan codes;                   // whole groups; entries after the last vector have no meaning
    std::span<const int64_t> photos;  // one for each vector; 0: deleted
  };

  // Opens the index in `folder`, or creates an empty one. `library` identifies the catalogue, `words` is
  // Coder::words().
  //   kDataLoss            damaged, truncated, or of another catalogue or dimension: Remove() and rebuild it
  //   kFailedPrecondition  intact, but of another format version: the same
  //   kResourceExhausted   the disk is full
  static StatusOr<std::unique_ptr<VectorFile>> Open(const std::filesystem::path& folder, std::size_t dimension,
                                                    std::size_t words, const std::string& library);
  static Status Remove(const std::filesystem::path& folder);
  ~VectorFile();
  VectorFile(const VectorFile&) = delete;
  VectorFile& operator=(const VectorFile&) = delete;

  const VectorFileState& state() const { return state_; }
  const std::string& library() const { return library_; }
  std::size_t words() const { return words_; }
  // The mean that the codes are relative to (see Coder); empty if there are no codes.
  std::span<const float> mean() const { return mean_; }
  std::size_t blocks() const { return (state_.count + kBlock - 1) / kBlock; }

  // Verifies the block's check sums on its first read only. kDataLoss when a record does not match its check sum.
  StatusOr<Block> ReadBlock(std::size_t block) const;
  // The vector number `slot`. kDataLoss if it does not match its checksum.
  StatusOr<std::span<const uint16_t>> Vector(std::size_t slot) const;
  // Prefetches the vector into the CPU cache.
  void AskForVector(std::size_t slot) const;

  // Call it once, before the first Append() to an empty index.
  Status SetMean(std::span<const float> mean);
  // Adds a vector; `code` and `factors` are from Coder::Encode(). Not visible to others before Commit().
  Status Append(PhotoId photo, std::span<const uint64_t> code, const CodeFactors& factors,
                std::span<const uint16_t> vector);
  // Marks the vectors of these photos as deleted, except vectors appended since the last Commit().
  Status RemovePhotos(const std::unordered_set<PhotoId>& photos);
  Status Commit(int64_t last_change);

 private:
  static constexpr std::size_t kPlanes = 2;  // the parts of a code: signs, sizes

  struct Mapping;
  VectorFile(std::filesystem::path folder, std::size_t dimension, std::size_t words, std::string library);

  std::size_t BlockBytes() const;
  std::size_t OffsetOf(std::size_t block) const;
  Status ReadHeader();
  Status Map();
  Status ReadMean();
  Status ReadGone();
  Status CheckCodes(std::size_t block, const Block& read, std::span<const uint32_t> checks) const;
  Status Flush();
  StatusOr<std::vector<uint8_t>> PendingGroups(std::size_t plane) const;
  uint32_t CheckOf(PhotoId photo, std::span<const uint64_t> code, const CodeFactors& factors) const;

  const std::filesystem::path folder_;
  const std::size_t dimension_;
  const std::size_t words_;
  const std::string library_;
  UniqueFd codes_file_;
  UniqueFd vectors_file_;
  UniqueFd gone_file_;
  UniqueFd mean_file_;
  std::vector<float> mean_;
  VectorFileState state_;
  uint64_t sequence_ = 0;  // sequence number of the header
  std::unique_ptr<Mapping> codes_;
  std::unique_ptr<Mapping> vectors_;
  mutable std::vector<std::atomic<bool>>
      block_is_checked_;  // threads that read a block at the same time may verify it twice
  std::unordered_set<uint32_t> gone_;
  std::vector<std::vector<int64_t>> photos_of_block_;  // only for blocks with deleted vectors; else empty

  // Appended vectors that are not written yet.
  struct Pending {
    std::array<std::vector<uint64_t>, kPlanes> planes;  // signs, sizes
    std::vector<float> scales;
    std::vector<float> errors;
    std::vector<float> fine_scales;
    std::vector<float> fine_errors;
    std::vector<int64_t> photos;
    std::vector<uint32_t> checks;      // checksum of the code
    std::vector<uint32_t> row_checks;  // checksum of the vector
    std::vector<uint16_t> vectors;
  };
  Pending pending_;
  uint64_t written_ = 0;  // number of vectors in the files; at least state_.count
};

}  // namespace calotype
