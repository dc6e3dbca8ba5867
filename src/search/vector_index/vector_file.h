// The bytes of a vector index on the disk (docs/vector-index.md): codes, ids and vectors, mapped into memory, appended
// in place.
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

// To how much of the catalogue an index answers.
struct VectorFileState {
  uint64_t count = 0;       // vectors, those that are gone among them
  uint64_t gone = 0;        // of these, replaced or removed ones
  int64_t last_change = 0;  // of the catalogue: Catalog::VectorChanges
};

// One writer at a time (hold a lock between processes); readers in other processes see what was committed when they
// opened it. Records are written before the header that counts them, and each carries a check sum, so a process or
// machine that dies leaves the former state or a file that is found to be damaged. Const methods may be called from
// several threads at once; the others need exclusive access. Another VectorFile, of this process or another one, may
// write to or Remove() the folder meanwhile: this one still returns what was committed when it was opened.
class VectorFile {
 public:
  static constexpr std::size_t kBlock = 4096;  // vectors whose codes lie together

  // One block of codes, as far as it is filled.
  struct Block {
    CodeSpan codes;                   // whole groups, of which only codes of vectors count
    std::span<const int64_t> photos;  // 0: gone
  };

  // Opens the index in `folder`, or makes an empty one. `library` names the catalogue that it belongs to, `words` is
  // Coder::words().
  //   kDataLoss            damaged, cut short, of another catalogue or dimension: Remove() it and make it anew
  //   kFailedPrecondition  whole, of another version of this file: likewise
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
  // Of the Coder that made the codes; empty as long as there are none.
  std::span<const float> mean() const { return mean_; }
  std::size_t blocks() const { return (state_.count + kBlock - 1) / kBlock; }

  // Verifies the block's check sums on its first read only. kDataLoss when a record does not match its check sum.
  StatusOr<Block> ReadBlock(std::size_t block) const;
  // The vector in place `slot`. kDataLoss as above.
  StatusOr<std::span<const uint16_t>> Vector(std::size_t slot) const;
  // Asks memory for it, so that it is there in a moment.
  void AskForVector(std::size_t slot) const;

  // Before the first Append() to an empty index, once.
  Status SetMean(std::span<const float> mean);
  // `code`: of Coder::Encode(). Not seen by others before Commit().
  Status Append(PhotoId photo, std::span<const uint64_t> code, const CodeFactors& factors,
                std::span<const uint16_t> vector);
  // Marks the vectors of these photos as gone, but for those that were appended since the last Commit().
  Status RemovePhotos(const std::unordered_set<PhotoId>& photos);
  Status Commit(int64_t last_change);

 private:
  static constexpr std::size_t kPlanes = 2;  // of a code: signs, sizes

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
  uint64_t sequence_ = 0;  // of the header
  std::unique_ptr<Mapping> codes_;
  std::unique_ptr<Mapping> vectors_;
  mutable std::vector<std::atomic<bool>> block_is_checked_;  // of several readers, each may check a block once
  std::unordered_set<uint32_t> gone_;
  std::vector<std::vector<int64_t>> photos_of_block_;  // where some are gone

  // What is appended, until it is written.
  struct Pending {
    std::array<std::vector<uint64_t>, kPlanes> planes;  // signs, sizes
    std::vector<float> scales;
    std::vector<float> errors;
    std::vector<float> fine_scales;
    std::vector<float> fine_errors;
    std::vector<int64_t> photos;
    std::vector<uint32_t> checks;      // of the code
    std::vector<uint32_t> row_checks;  // of the vector
    std::vector<uint16_t> vectors;
  };
  Pending pending_;
  uint64_t written_ = 0;  // vectors in the files; at least state_.count
};

}  // namespace calotype
