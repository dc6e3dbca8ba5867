#include "photo/photo_reader.h"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <ranges>
#include <span>
#include <utility>

#include "base/file.h"
#include "photo/content_identifier.h"
#include "photo/decode_memory.h"
#include "photo/libraries.h"
#include "photo/limits.h"
#include "photo/metadata.h"
#include "photo/reader_settings.h"
#include "photo/sidecar.h"
#include "photo/sidecar_facts.h"
#include "photo/tiff_pages.h"

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
    StatusOr<PhotoFacts> sidecar = ReadSidecar(request.sidecars[i], facts.orientation, request.limits);
    if (sidecar.ok()) {
      found.push_back(*std::move(sidecar));
    } else {
      problems.push_back(
          {.sidecar = i, .reason = Message(sidecar.status()), .may_pass = absl::IsUnavailable(sidecar.status())});
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

struct SelectedPage {
  std::optional<int> pages;         // their number; nullopt for formats without pages
  std::optional<PhotoFacts> facts;  // those of the file, when they are not beside the selected page
};

// Makes `page` the only page that decoders see.
StatusOr<SelectedPage> SelectPage(int page, std::span<uint8_t> file, const DecodeLimits& limits) {
  const bool has_pages = SniffFormat(file) == PhotoFormat::kTiff;
  const std::vector<std::size_t> pages = has_pages ? FindTiffPages(file) : std::vector<std::size_t>{0};
  if (page < 1 || page > std::ssize(pages)) {
    return absl::InvalidArgumentError(fmt::format("page {} was asked for, the last page is {}", page, pages.size()));
  }
  if (!has_pages) {
    return SelectedPage();
  }
  SelectedPage selected{.pages = static_cast<int>(pages.size()), .facts = {}};
  const bool comes_first = pages.front() == FirstTiffDirectory(file);
  if (page == 1 && !comes_first) {
    selected.facts = ReadFactsOfFile(file, limits);
  }
  // A single page is read as it is.
  if (pages.size() > 1 || !comes_first) {
    KeepTiffPage(file, pages[static_cast<std::size_t>(page) - 1]);
  }
  return selected;
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
    CALOTYPE_ASSIGN_OR_RETURN(std::vector<uint8_t> file,
                              ReadAll(request.photo, request.limits.max_file_bytes, kFileBytesKnob));
    CALOTYPE_ASSIGN_OR_RETURN(SelectedPage selected, SelectPage(request.page, file, request.limits));
    DecodeAnswer answer;
    if (request.max_memory > 0) {
      CALOTYPE_ASSIGN_OR_RETURN(answer.needed_memory, MemoryToDecode(file, request.limits));
      if (answer.needed_memory > request.max_memory) {
        return answer;
      }
    }
    CALOTYPE_ASSIGN_OR_RETURN(answer.photo, DecodePhoto(file, request.limits));
    answer.photo->pages = selected.pages.value_or(answer.photo->pages);
    answer.photo->facts = std::move(selected.facts).value_or(std::move(answer.photo->facts));
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

std::unique_ptr<PhotoReader> CreatePhotoReader() { return CreateInProcessReader(); }

StatusOr<ReaderReport> DescribeReader() {
  return ReaderReport{.missing = {"a process of its own"}, .libraries = LibraryVersions()};
}

int64_t ReaderMemory() { return 0; }

}  // namespace calotype
