#include "photo/photo_reader.h"

#include <unistd.h>

#include <array>
#include <ranges>
#include <span>
#include <utility>

#include "base/file.h"
#include "photo/content_identifier.h"
#include "photo/decode_memory.h"
#include "photo/limits.h"
#include "photo/sidecar.h"

namespace calotype {
namespace {

// Enough for every signature that SniffFormat knows.
constexpr std::size_t kSniffBytes = 4096;

// Removes kinds that one source has broken and another states.
void RemoveResolved(PhotoFacts& facts) {
  std::erase_if(facts.unreadable, [&](const std::string& kind) {
    return (kind == "date" && !facts.taken_at.empty()) || (kind == "position" && facts.gps.has_value()) ||
           (kind == "rating" && facts.rating.has_value());
  });
}

// Adds what the sidecars state to the photo's own facts.
std::vector<SidecarProblem> AddSidecars(const PhotoRequest& request, PhotoFacts& facts) {
  std::vector<SidecarProblem> problems;
  std::vector<PhotoFacts> found;
  for (std::size_t i = 0; i < request.sidecars.size(); ++i) {
    StatusOr<PhotoFacts> sidecar = ReadSidecar(request.sidecars[i], facts.orientation);
    if (sidecar.ok()) {
      found.push_back(*std::move(sidecar));
    } else {
      problems.push_back({.sidecar = i, .reason = Message(sidecar.status())});
      AddUnreadable("sidecar", facts);
    }
  }
  // Each one overwrites those before it, so the first sidecar comes last.
  for (PhotoFacts& sidecar : std::views::reverse(found)) {
    TakeFromSidecar(std::move(sidecar), facts);
  }
  RemoveResolved(facts);
  return problems;
}

class InProcessReader : public PhotoReader {
 public:
  PhotoFormat DetectFormat(int file) const override {
    std::array<uint8_t, kSniffBytes> head{};
    const ssize_t count = pread(file, head.data(), head.size(), 0);
    return count > 0 ? SniffFormat({head.data(), static_cast<std::size_t>(count)}) : PhotoFormat::kUnknown;
  }

  std::string ReadContentIdentifier(int file) const override { return ContentIdentifier(file); }

  StatusOr<FactsAnswer> ReadFacts(const PhotoRequest& request) const override {
    FactsAnswer answer;
    CALOTYPE_ASSIGN_OR_RETURN(FileFacts file, ReadPhotoFacts(request.photo, request.limits));
    answer.format = file.format;
    answer.facts = std::move(file.facts);
    answer.problems = AddSidecars(request, answer.facts);
    return answer;
  }

  StatusOr<DecodeAnswer> Decode(const PhotoRequest& request) const override {
    CALOTYPE_ASSIGN_OR_RETURN(const std::vector<uint8_t> file,
                              ReadAll(request.photo, request.limits.max_file_bytes, kFileBytesKnob));
    DecodeAnswer answer;
    if (request.max_memory > 0) {
      CALOTYPE_ASSIGN_OR_RETURN(answer.needed_memory, MemoryToDecode(file, request.limits));
      if (answer.needed_memory > request.max_memory) {
        return answer;
      }
    }
    CALOTYPE_ASSIGN_OR_RETURN(answer.photo, DecodePhoto(file, request.limits));
    answer.problems = AddSidecars(request, answer.photo->facts);
    return answer;
  }

  StatusOr<XmpChange> AddToSidecar(int sidecar, const XmpAdditions& additions) const override {
    std::vector<uint8_t> existing;
    if (sidecar >= 0) {
      CALOTYPE_ASSIGN_OR_RETURN(existing, ReadAll(sidecar, kMaxSidecarBytes, kSidecarBytesKnob));
    }
    return AddToXmp({reinterpret_cast<const char*>(existing.data()), existing.size()}, additions);
  }
};

}  // namespace

std::unique_ptr<PhotoReader> CreateInProcessReader() { return std::make_unique<InProcessReader>(); }

}  // namespace calotype
