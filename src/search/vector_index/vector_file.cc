#include "search/vector_index/vector_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

#include "base/prefetch.h"
#include "search/vector_index/code_groups.h"

namespace calotype {
namespace {

namespace fs = std::filesystem;

static_assert(std::endian::native == std::endian::little, "the file is little-endian");

constexpr uint64_t kMagic = 0x3176'6f6c'6143'6376;  // "vcCalov1"
constexpr uint32_t kVersion = 3;
constexpr std::size_t kHeaderBytes = 4096;
constexpr std::array<off_t, 2> kHeaderSlots = {0, 2048};  // written alternately, so that one is always intact

struct Header {
  uint64_t magic = kMagic;
  uint32_t version = kVersion;
  uint32_t dimension = 0;
  uint32_t words = 0;
  uint32_t block = 0;
  uint64_t count = 0;
  uint64_t gone = 0;
  int64_t last_change = 0;
  uint64_t sequence = 0;
  std::array<char, 32> library{};
  uint64_t check = 0;  // checksum of all members before it
};

struct Gone {
  uint32_t slot = 0;
  uint32_t check = 0;
};

// Each step is invertible, so two inputs that differ in one word never have the same checksum.
class CheckSum {
 public:
  void Add(const void* data, std::size_t bytes) {
    const auto* at = static_cast<const unsigned char*>(data);
    for (; bytes >= sizeof(uint64_t); at += sizeof(uint64_t), bytes -= sizeof(uint64_t)) {
      uint64_t word = 0;
      std::memcpy(&word, at, sizeof(word));
      Mix(word);
    }
    uint64_t rest = 0;
    std::memcpy(&rest, at, bytes);
    Mix(rest + bytes);
  }
  uint64_t value() const { return sum_; }
  uint32_t folded() const { return static_cast<uint32_t>(sum_ ^ (sum_ >> 32U)); }

 private:
  void Mix(uint64_t word) {
    sum_ = (sum_ ^ word) * 0x9e37'79b9'7f4a'7c15;  // odd; 2^64 divided by the golden ratio
    sum_ ^= sum_ >> 29U;
  }
  uint64_t sum_ = kMagic;
};

uint64_t CheckOfHeader(const Header& header) {
  CheckSum sum;
  sum.Add(&header, offsetof(Header, check));
  return sum.value();
}

uint32_t CheckOfBytes(std::span<const uint16_t> vector) {
  CheckSum sum;
  sum.Add(vector.data(), vector.size_bytes());
  return sum.folded();
}

uint64_t CheckOfMean(std::span<const float> mean) {
  CheckSum sum;
  sum.Add(mean.data(), mean.size_bytes());
  return sum.value();
}

uint32_t CheckOfGone(uint32_t slot) {
  CheckSum sum;
  sum.Add(&slot, sizeof(slot));
  return sum.folded();
}

Status WriteAt(int file, const void* data, std::size_t bytes, std::size_t offset, const fs::path& folder) {
  const auto* at = static_cast<const char*>(data);
  while (bytes > 0) {
    const ssize_t written = pwrite(file, at, bytes, static_cast<off_t>(offset));
    if (written < 0) {
      return ErrnoStatus(errno, fmt::format("write {}", folder.string()));
    }
    at += written;
    bytes -= static_cast<std::size_t>(written);
    offset += static_cast<std::size_t>(written);
  }
  return absl::OkStatus();
}

template <typename T>
Status WriteSpan(int file, std::span<const T> values, std::size_t offset, const fs::path& folder) {
  return WriteAt(file, values.data(), values.size_bytes(), offset, folder);
}

StatusOr<UniqueFd> OpenFile(const fs::path& path) {
  UniqueFd file(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (file.get() < 0) {
    return ErrnoStatus(errno, fmt::format("open {}", path.string()));
  }
  return file;
}

std::size_t SizeOf(const UniqueFd& file) {
  struct stat info{};
  return fstat(file.get(), &info) == 0 ? static_cast<std::size_t>(info.st_size) : 0;
}

}  // namespace

struct VectorFile::Mapping {
  static StatusOr<std::unique_ptr<Mapping>> Of(const UniqueFd& file, std::size_t bytes, const fs::path& folder) {
    auto mapping = std::make_unique<Mapping>();
    if (bytes == 0) {
      return mapping;
    }
    void* const at = mmap(nullptr, bytes, PROT_READ, MAP_SHARED, file.get(), 0);
    if (at == MAP_FAILED) {
      return ErrnoStatus(errno, fmt::format("map {}", folder.string()));
    }
    mapping->bytes = {static_cast<const std::byte*>(at), bytes};
    return mapping;
  }
  Mapping() = default;
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;
  ~Mapping() {
    if (!bytes.empty()) {
      munmap(const_cast<std::byte*>(bytes.data()), bytes.size());
    }
  }

  template <typename T>
  std::span<const T> At(std::size_t offset, std::size_t count) const {
    return {reinterpret_cast<const T*>(bytes.data() + offset), count};
  }

  std::span<const std::byte> bytes;
};

VectorFile::VectorFile(fs::path folder, std::size_t dimension, std::size_t words, std::string library)
    : folder_(std::move(folder)), dimension_(dimension), words_(words), library_(std::move(library)) {}

VectorFile::~VectorFile() = default;

Status VectorFile::Remove(const fs::path& folder) {
  std::error_code error;
  fs::remove_all(folder, error);
  return error ? ErrnoStatus(error.value(), fmt::format("remove {}", folder.string())) : absl::OkStatus();
}

StatusOr<std::unique_ptr<VectorFile>> VectorFile::Open(const fs::path& folder, std::size_t dimension, std::size_t words,
                                                       const std::string& library) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) {
    return ErrnoStatus(error.value(), fmt::format("create {}", folder.string()));
  }
  std::unique_ptr<VectorFile> index(new VectorFile(folder, dimension, words, library));
  CALOTYPE_ASSIGN_OR_RETURN(index->codes_file_, OpenFile(folder / "codes"));
  CALOTYPE_ASSIGN_OR_RETURN(index->vectors_file_, OpenFile(folder / "vectors"));
  CALOTYPE_ASSIGN_OR_RETURN(index->gone_file_, OpenFile(folder / "gone"));
  CALOTYPE_ASSIGN_OR_RETURN(index->mean_file_, OpenFile(folder / "mean"));
  if (SizeOf(index->codes_file_) > 0) {
    CALOTYPE_RETURN_IF_ERROR(index->ReadHeader());
  }
  index->written_ = index->state_.count;
  CALOTYPE_RETURN_IF_ERROR(index->ReadMean());
  CALOTYPE_RETURN_IF_ERROR(index->Map());
  CALOTYPE_RETURN_IF_ERROR(index->ReadGone());
  return index;
}

// Codes, factors, photos and both kinds of checksums.
std::size_t VectorFile::BlockBytes() const {
  return kBlock * (kPlanes * words_ * sizeof(uint64_t) + sizeof(CodeFactors) + sizeof(int64_t) + 2 * sizeof(uint32_t));
}

std::size_t VectorFile::OffsetOf(std::size_t block) const { return kHeaderBytes + block * BlockBytes(); }

Status VectorFile::ReadHeader() {
  bool found = false;
  for (const off_t slot : kHeaderSlots) {
    Header header;
    if (pread(codes_file_.get(), &header, sizeof(header), slot) != static_cast<ssize_t>(sizeof(header)) ||
        header.magic != kMagic || header.check != CheckOfHeader(header) || (found && header.sequence < sequence_)) {
      continue;
    }
    if (header.version != kVersion) {
      return absl::FailedPreconditionError(
          fmt::format("its format has version {}, this program uses version {}", header.version, kVersion));
    }
    if (header.dimension != dimension_ || header.words != words_ || header.block != kBlock ||
        std::string(header.library.data()) != library_) {
      return absl::DataLossError("it belongs to another catalogue or other models");
    }
    found = true;
    sequence_ = header.sequence;
    state_ = {.count = header.count, .gone = header.gone, .last_change = header.last_change};
  }
  if (!found) {
    return absl::DataLossError("both of its headers are damaged");
  }
  if (SizeOf(codes_file_) < OffsetOf(blocks()) ||
      SizeOf(vectors_file_) / sizeof(uint16_t) / dimension_ < state_.count ||
      SizeOf(gone_file_) / sizeof(Gone) < state_.gone) {
    return absl::DataLossError("it is truncated");
  }
  return absl::OkStatus();
}

Status VectorFile::Map() {
  CALOTYPE_ASSIGN_OR_RETURN(codes_, Mapping::Of(codes_file_, state_.count == 0 ? 0 : OffsetOf(blocks()), folder_));
  CALOTYPE_ASSIGN_OR_RETURN(vectors_,
                            Mapping::Of(vectors_file_, state_.count * dimension_ * sizeof(uint16_t), folder_));
  // Only vectors of candidates are read, in no order. Reading ahead would load vectors that are not needed.
  if (!vectors_->bytes.empty()) {
    madvise(const_cast<std::byte*>(vectors_->bytes.data()), vectors_->bytes.size(), MADV_RANDOM);
  }
  std::vector<std::atomic<bool>> checked(blocks());
  for (std::size_t block = 0; block + 1 < std::min(checked.size(), block_is_checked_.size()); ++block) {
    checked[block] = block_is_checked_[block].load();  // not the last block: it may have grown
  }
  block_is_checked_ = std::move(checked);
  photos_of_block_.resize(blocks());
  return absl::OkStatus();
}

Status VectorFile::ReadMean() {
  if (state_.count == 0) {
    return absl::OkStatus();  // a mean in the file was not committed
  }
  mean_.resize(dimension_);
  const auto bytes = static_cast<ssize_t>(dimension_ * sizeof(float));
  uint64_t check = 0;
  if (pread(mean_file_.get(), mean_.data(), static_cast<std::size_t>(bytes), 0) != bytes ||
      pread(mean_file_.get(), &check, sizeof(check), bytes) != static_cast<ssize_t>(sizeof(check))) {
    return absl::DataLossError("it is truncated");
  }
  return check == CheckOfMean(mean_) ? absl::OkStatus() : absl::DataLossError("its mean does not match its checksum");
}

Status VectorFile::SetMean(std::span<const float> mean) {
  const uint64_t check = CheckOfMean(mean);
  CALOTYPE_RETURN_IF_ERROR(WriteSpan<float>(mean_file_.get(), mean, 0, folder_));
  CALOTYPE_RETURN_IF_ERROR(WriteAt(mean_file_.get(), &check, sizeof(check), mean.size_bytes(), folder_));
  mean_.assign(mean.begin(), mean.end());
  return absl::OkStatus();
}

Status VectorFile::ReadGone() {
  std::vector<Gone> entries(state_.gone);
  const auto bytes = static_cast<ssize_t>(entries.size() * sizeof(Gone));
  if (pread(gone_file_.get(), entries.data(), static_cast<std::size_t>(bytes), 0) != bytes) {
    return absl::DataLossError("it is truncated");
  }
  for (const Gone& entry : entries) {
    if (entry.check != CheckOfGone(entry.slot) || entry.slot >= state_.count) {
      return absl::DataLossError("its list of deleted vectors does not match its checksums");
    }
    gone_.insert(entry.slot);
    photos_of_block_[entry.slot / kBlock].clear();
  }
  for (const uint32_t slot : gone_) {
    std::vector<int64_t>& photos = photos_of_block_[slot / kBlock];
    if (photos.empty()) {
      const std::size_t offset =
          OffsetOf(slot / kBlock) + kBlock * (kPlanes * words_ * sizeof(uint64_t) + sizeof(CodeFactors));
      const auto stored = codes_->At<int64_t>(offset, kBlock);
      photos.assign(stored.begin(), stored.end());
    }
    photos[slot % kBlock] = 0;
  }
  return absl::OkStatus();
}

uint32_t VectorFile::CheckOf(PhotoId photo, std::span<const uint64_t> code, const CodeFactors& factors) const {
  CheckSum sum;
  sum.Add(code.data(), code.size_bytes());
  sum.Add(&factors, sizeof(factors));
  sum.Add(&photo, sizeof(photo));
  return sum.folded();
}

Status VectorFile::CheckCodes(std::size_t block, const Block& read, std::span<const uint32_t> checks) const {
  const std::size_t bytes = GroupBytes(words_);
  std::vector<uint64_t> signs(kGroup * words_);
  std::vector<uint64_t> sizes(kGroup * words_);
  std::vector<uint64_t> code(kPlanes * words_);
  for (std::size_t i = 0; i < checks.size(); ++i) {
    const std::size_t place = i % kGroup;
    if (place == 0) {
      TakeCodes(read.codes.signs.subspan(i / kGroup * bytes, bytes), signs);
      TakeCodes(read.codes.sizes.subspan(i / kGroup * bytes, bytes), sizes);
    }
    std::ranges::copy(std::span(signs).subspan(place * words_, words_), code.begin());
    std::ranges::copy(std::span(sizes).subspan(place * words_, words_),
                      code.begin() + static_cast<std::ptrdiff_t>(words_));
    const CodeFactors factors{.scale = read.codes.scales[i],
                              .error = read.codes.errors[i],
                              .fine_scale = read.codes.fine_scales[i],
                              .fine_error = read.codes.fine_errors[i]};
    if (checks[i] != CheckOf(read.photos[i], code, factors)) {
      return absl::DataLossError(fmt::format("entry {} does not match its checksum", block * kBlock + i));
    }
  }
  return absl::OkStatus();
}

StatusOr<VectorFile::Block> VectorFile::ReadBlock(std::size_t block) const {
  const std::size_t count = std::min(kBlock, state_.count - block * kBlock);
  std::size_t offset = OffsetOf(block);
  Block read;
  for (std::span<const uint8_t>* const plane : {&read.codes.signs, &read.codes.sizes}) {
    *plane = codes_->At<uint8_t>(offset, GroupsOf(count) * GroupBytes(words_));
    offset += kBlock * words_ * sizeof(uint64_t);
  }
  for (std::span<const float>* const factors :
       {&read.codes.scales, &read.codes.errors, &read.codes.fine_scales, &read.codes.fine_errors}) {
    *factors = codes_->At<float>(offset, GroupsOf(count) * kGroup);
    offset += kBlock * sizeof(float);
  }
  read.photos = codes_->At<int64_t>(offset, count);
  offset += kBlock * sizeof(int64_t);
  if (!block_is_checked_[block]) {
    CALOTYPE_RETURN_IF_ERROR(CheckCodes(block, read, codes_->At<uint32_t>(offset, count)));
    block_is_checked_[block] = true;
  }
  if (!photos_of_block_[block].empty()) {
    read.photos = std::span(photos_of_block_[block]).first(count);
  }
  return read;
}

StatusOr<std::span<const uint16_t>> VectorFile::Vector(std::size_t slot) const {
  const auto row = vectors_->At<uint16_t>(slot * dimension_ * sizeof(uint16_t), dimension_);
  const std::size_t checks = OffsetOf(slot / kBlock) + BlockBytes() - kBlock * sizeof(uint32_t);
  if (CheckOfBytes(row) != codes_->At<uint32_t>(checks, kBlock)[slot % kBlock]) {
    return absl::DataLossError(fmt::format("vector {} does not match its checksum", slot));
  }
  return row;
}

void VectorFile::AskForVector(std::size_t slot) const {
  const std::size_t bytes = dimension_ * sizeof(uint16_t);
  Prefetch(vectors_->bytes.data() + slot * bytes, bytes);
}

Status VectorFile::Append(PhotoId photo, std::span<const uint64_t> code, const CodeFactors& factors,
                          std::span<const uint16_t> vector) {
  for (std::size_t plane = 0; plane < kPlanes; ++plane) {
    const auto words = code.subspan(plane * words_, words_);
    pending_.planes[plane].insert(pending_.planes[plane].end(), words.begin(), words.end());
  }
  pending_.scales.push_back(factors.scale);
  pending_.errors.push_back(factors.error);
  pending_.fine_scales.push_back(factors.fine_scale);
  pending_.fine_errors.push_back(factors.fine_error);
  pending_.photos.push_back(photo);
  pending_.checks.push_back(CheckOf(photo, code, factors));
  pending_.row_checks.push_back(CheckOfBytes(vector));
  pending_.vectors.insert(pending_.vectors.end(), vector.begin(), vector.end());
  const bool block_is_full = (written_ + pending_.photos.size()) % kBlock == 0;
  return block_is_full ? Flush() : absl::OkStatus();
}

// Returns the groups that contain the pending codes of a plane, including written codes in the first of them.
StatusOr<std::vector<uint8_t>> VectorFile::PendingGroups(std::size_t plane) const {
  const std::size_t first = written_ % kGroup;
  const std::size_t count = pending_.photos.size();
  const std::size_t bytes = GroupBytes(words_);
  std::vector<uint8_t> groups(GroupsOf(first + count) * bytes);
  if (first != 0) {
    const std::size_t offset =
        OffsetOf(written_ / kBlock) + plane * kBlock * words_ * sizeof(uint64_t) + written_ % kBlock / kGroup * bytes;
    if (pread(codes_file_.get(), groups.data(), bytes, static_cast<off_t>(offset)) != static_cast<ssize_t>(bytes)) {
      return absl::DataLossError("it is truncated");
    }
  }
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t at = first + i;
    PutCode(std::span(pending_.planes[plane]).subspan(i * words_, words_), at % kGroup,
            std::span(groups).subspan(at / kGroup * bytes, bytes));
  }
  return groups;
}

// Writes the pending vectors, which all belong to one block.
Status VectorFile::Flush() {
  const std::size_t count = pending_.photos.size();
  if (count == 0) {
    return absl::OkStatus();
  }
  const std::size_t block = written_ / kBlock;
  const std::size_t first = written_ % kBlock;
  if (SizeOf(codes_file_) < OffsetOf(block + 1) &&
      ftruncate(codes_file_.get(), static_cast<off_t>(OffsetOf(block + 1))) != 0) {
    return ErrnoStatus(errno, fmt::format("extend {}", folder_.string()));
  }
  const int file = codes_file_.get();
  std::size_t offset = OffsetOf(block);
  // Codes written earlier are written again with the same bytes, so concurrent readers see no change.
  for (std::size_t plane = 0; plane < kPlanes; ++plane) {
    CALOTYPE_ASSIGN_OR_RETURN(const std::vector<uint8_t> groups, PendingGroups(plane));
    CALOTYPE_RETURN_IF_ERROR(WriteSpan<uint8_t>(file, groups, offset + first / kGroup * GroupBytes(words_), folder_));
    offset += kBlock * words_ * sizeof(uint64_t);
  }
  const auto write = [&](const auto& values) -> Status {
    using Value = std::remove_cvref_t<decltype(values)>::value_type;
    CALOTYPE_RETURN_IF_ERROR(WriteSpan<Value>(file, values, offset + first * sizeof(Value), folder_));
    offset += kBlock * sizeof(Value);
    return absl::OkStatus();
  };
  CALOTYPE_RETURN_IF_ERROR(write(pending_.scales));
  CALOTYPE_RETURN_IF_ERROR(write(pending_.errors));
  CALOTYPE_RETURN_IF_ERROR(write(pending_.fine_scales));
  CALOTYPE_RETURN_IF_ERROR(write(pending_.fine_errors));
  CALOTYPE_RETURN_IF_ERROR(write(pending_.photos));
  CALOTYPE_RETURN_IF_ERROR(write(pending_.checks));
  CALOTYPE_RETURN_IF_ERROR(write(pending_.row_checks));
  CALOTYPE_RETURN_IF_ERROR(
      WriteSpan<uint16_t>(vectors_file_.get(), pending_.vectors, written_ * dimension_ * sizeof(uint16_t), folder_));
  written_ += count;
  pending_ = {};
  return absl::OkStatus();
}

Status VectorFile::RemovePhotos(const std::unordered_set<PhotoId>& photos) {
  for (std::size_t block = 0; block < blocks() && !photos.empty(); ++block) {
    CALOTYPE_ASSIGN_OR_RETURN(const Block read, ReadBlock(block));
    std::vector<Gone> entries;
    for (std::size_t i = 0; i < read.photos.size(); ++i) {
      if (photos.contains(read.photos[i])) {
        const auto slot = static_cast<uint32_t>(block * kBlock + i);
        entries.push_back({.slot = slot, .check = CheckOfGone(slot)});
      }
    }
    if (entries.empty()) {
      continue;
    }
    CALOTYPE_RETURN_IF_ERROR(WriteSpan<Gone>(gone_file_.get(), entries, gone_.size() * sizeof(Gone), folder_));
    std::vector<int64_t>& stored = photos_of_block_[block];
    if (stored.empty()) {
      stored.assign(read.photos.begin(), read.photos.end());
    }
    stored.resize(kBlock);
    for (const Gone& entry : entries) {
      gone_.insert(entry.slot);
      stored[entry.slot % kBlock] = 0;
    }
  }
  return absl::OkStatus();
}

Status VectorFile::Commit(int64_t last_change) {
  CALOTYPE_RETURN_IF_ERROR(Flush());
  const std::size_t former_blocks = blocks();
  state_ = {.count = written_, .gone = gone_.size(), .last_change = last_change};
  Header header;
  header.dimension = static_cast<uint32_t>(dimension_);
  header.words = static_cast<uint32_t>(words_);
  header.block = kBlock;
  header.count = state_.count;
  header.gone = state_.gone;
  header.last_change = last_change;
  header.sequence = ++sequence_;
  library_.copy(header.library.data(), header.library.size() - 1);
  header.check = CheckOfHeader(header);
  CALOTYPE_RETURN_IF_ERROR(WriteAt(codes_file_.get(), &header, sizeof(header),
                                   static_cast<std::size_t>(kHeaderSlots[sequence_ % kHeaderSlots.size()]), folder_));
  if (former_blocks > 0 && !photos_of_block_[former_blocks - 1].empty()) {
    // The block grew; its copy is read again.
    photos_of_block_[former_blocks - 1].clear();
  }
  CALOTYPE_RETURN_IF_ERROR(Map());
  return ReadGone();
}

}  // namespace calotype
