#include "pipeline/process_photo.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "analysis/image_ops.h"
#include "base/log.h"

namespace calotype {
namespace {

// Raise it when facts are read in a way that changes what is stored.
constexpr std::string_view kFactsVersion = "3";

Status TooLarge(std::string_view what, int64_t bytes, const MemoryBudget& budget) {
  constexpr double kMegabyte = 1e6;
  return absl::ResourceExhaustedError(fmt::format("{} takes {:.0f} MB of memory, the limit is {:.0f} ({})", what,
                                                  static_cast<double>(bytes) / kMegabyte,
                                                  static_cast<double>(budget.limit()) / kMegabyte, kMemoryKnob));
}

// Claims what the photo needs, then decodes it. `claim` is empty before; afterwards it covers the decoded photo and its
// analysis.
StatusOr<DecodeAnswer> DecodeWithin(PhotoRequest request, const PhotoReader& reader, MemoryBudget& budget,
                                    MemoryBudget::Claim& claim) {
  struct stat info{};
  if (fstat(request.photo, &info) != 0) {
    return ErrnoStatus(errno, "cannot read");
  }
  const int64_t size = info.st_size;
  if (size > budget.limit()) {
    return TooLarge("the file", size, budget);
  }
  // Enough to decode most photos, so that most files are read once.
  claim = budget.Take(size + kAnalysisBytes);
  request.max_memory = std::min(claim.bytes(), budget.limit());
  CALOTYPE_ASSIGN_OR_RETURN(DecodeAnswer answer, reader.Decode(request));
  if (!answer.photo.has_value()) {
    const int64_t needed = answer.needed_memory;
    if (needed > budget.limit()) {
      return TooLarge("decoding it", needed, budget);
    }
    if (!claim.GrowTo(needed)) {
      // Release first: waiting for more while holding some could deadlock.
      claim.ShrinkTo(0);
      claim = budget.Take(std::max(needed, size + kAnalysisBytes));
    }
    request.max_memory = needed;
    CALOTYPE_ASSIGN_OR_RETURN(answer, reader.Decode(request));
  }
  if (!answer.photo.has_value()) {
    return absl::AbortedError("the file grew while it was read");
  }
  return answer;
}

StatusOr<DecodeAnswer> Decode(const PhotoRequest& request, const PhotoTools& tools, MemoryBudget::Claim& claim) {
  if (tools.memory == nullptr || tools.memory->limit() == 0) {
    return tools.reader.Decode(request);
  }
  StatusOr<DecodeAnswer> answer = DecodeWithin(request, tools.reader, *tools.memory, claim);
  claim.ShrinkTo(answer.ok() ? static_cast<int64_t>(answer->photo->image.pixels().size()) + kAnalysisBytes : 0);
  return answer;
}

// Decodes a page of the photo. Returns what is wrong with its sidecars.
StatusOr<std::vector<SidecarProblem>> DecodeInto(LoadedPhoto& loaded, const OpenPhoto& photo, int page,
                                                 const PhotoTools& tools) {
  PhotoRequest request = RequestFor(photo, tools.limits);
  request.page = page;
  request.stop = tools.stop;
  CALOTYPE_ASSIGN_OR_RETURN(DecodeAnswer answer, Decode(request, tools, loaded.memory));
  if (!answer.photo.has_value()) {
    return absl::InternalError("the reader returned no picture");
  }
  loaded.decoded = *std::move(answer.photo);
  return std::move(answer.problems);
}

// Warns of the problems. Returns LoadedFacts::unread_sidecar.
std::string UnreadSidecar(const OpenPhoto& photo, const std::vector<SidecarProblem>& problems) {
  std::string unread = photo.unread_sidecar;
  for (const SidecarProblem& problem : problems) {
    const std::string text = fmt::format("{}: {}", photo.sidecars.at(problem.sidecar).path.string(), problem.reason);
    LogWarning("{}", text);
    if (problem.may_pass) {
      unread = text;
    }
  }
  return unread;
}

std::string DamageReason(const DecodedPhoto& photo) {
  return photo.damage.empty() ? std::string() : "damaged: " + photo.damage;
}

PhotoProperties PropertiesOf(const DecodedPhoto& photo) {
  // Frames of an animation are no pages.
  const int pages = photo.format == PhotoFormat::kTiff ? photo.pages : 0;
  return {.format = photo.format,
          .width = photo.full_width,
          .height = photo.full_height,
          .pages = pages,
          .facts = photo.facts,
          .thumb_hash = ThumbHashOf(photo.image)};
}

}  // namespace

StatusOr<LoadedPhoto> LoadPhoto(const OpenPhoto& photo, const PhotoTools& tools) {
  const auto start = std::chrono::steady_clock::now();
  LoadedPhoto loaded;
  CALOTYPE_ASSIGN_OR_RETURN(const std::vector<SidecarProblem> problems, DecodeInto(loaded, photo, 1, tools));
  const std::string unread_sidecar = UnreadSidecar(photo, problems);
  CompletePlace(tools.places, loaded.decoded.facts);
  loaded.result.properties = PropertiesOf(loaded.decoded);
  const std::chrono::duration<double, std::milli> elapsed = std::chrono::steady_clock::now() - start;
  loaded.result.outcomes.push_back({.analysis = std::string(kDecodeAnalysis),
                                    .version = std::string(kDecodeVersion),
                                    .reason = DamageReason(loaded.decoded),
                                    .device = "cpu",
                                    .milliseconds = elapsed.count()});
  loaded.result.outcomes.push_back(FactsOutcome(tools.places, loaded.decoded.facts, unread_sidecar));
  return loaded;
}

StatusOr<LoadedPhoto> LoadPage(const OpenPhoto& photo, int page, const PhotoTools& tools) {
  LoadedPhoto loaded;
  CALOTYPE_RETURN_IF_ERROR(DecodeInto(loaded, photo, page, tools).status());
  return loaded;
}

std::shared_ptr<Document> DocumentOf(const LoadedPhoto& photo, std::span<const std::string> names,
                                     const PhotoTools& tools) {
  const int pages = photo.result.properties.has_value() ? photo.result.properties->pages : 0;
  const std::vector<std::string> of_all_pages = tools.analysis.OfAllPages(names);
  return pages <= 1 || of_all_pages.empty() ? nullptr
                                            : std::make_shared<Document>(pages, tools.limits.max_pages, of_all_pages);
}

PhotoResult AnalysePhoto(LoadedPhoto photo, std::span<const std::string> names, const PhotoTools& tools) {
  tools.analysis.Run(photo.decoded, names, photo.result);
  return std::move(photo.result);
}

StatusOr<PhotoResult> ProcessPhoto(const OpenPhoto& photo, const PhotoTools& tools) {
  CALOTYPE_ASSIGN_OR_RETURN(LoadedPhoto loaded, LoadPhoto(photo, tools));
  const std::vector<std::string> all = {std::string(kDecodeAnalysis)};
  const std::vector<std::string> names = tools.analysis.Closure(all);
  const std::shared_ptr<Document> document = DocumentOf(loaded, names, tools);
  PhotoResult first = AnalysePhoto(std::move(loaded), names, tools);
  if (document == nullptr) {
    return first;
  }
  std::optional<PhotoResult> whole = document->Add(1, std::move(first));
  for (int page = 2; page <= document->last_page(); ++page) {
    StatusOr<LoadedPhoto> other = LoadPage(photo, page, tools);
    whole = other.ok() ? document->Add(page, AnalysePhoto(*std::move(other), document->analyses(), tools))
                       : document->AddUnreadable(page, other.status());
  }
  return *std::move(whole);
}

StatusOr<LoadedFacts> LoadFacts(const OpenPhoto& photo, const PhotoTools& tools) {
  PhotoRequest request = RequestFor(photo, tools.limits);
  request.stop = tools.stop;
  CALOTYPE_ASSIGN_OR_RETURN(FactsAnswer answer, tools.reader.ReadFacts(request));
  LoadedFacts loaded{.properties = {}, .unread_sidecar = UnreadSidecar(photo, answer.problems)};
  CompletePlace(tools.places, answer.facts);
  loaded.properties.format = answer.format;
  loaded.properties.facts = std::move(answer.facts);
  return loaded;
}

bool IsCurrentFactsVersion(std::string_view version) {
  return version == kFactsVersion || version.starts_with(fmt::format("{} ", kFactsVersion));
}

std::string FactsVersion(const PlaceIndex* places) {
  return places == nullptr ? std::string(kFactsVersion) : fmt::format("{} of {}", kFactsVersion, places->version());
}

AnalysisOutcome FactsOutcome(const PlaceIndex* places, const PhotoFacts& facts, std::string_view unread_sidecar) {
  if (!unread_sidecar.empty()) {
    return {.analysis = std::string(kFactsAnalysis),
            .version = FactsVersion(places),
            .state = AnalysisState::kFailed,
            .reason = std::string(unread_sidecar),
            .retryable = true,
            .device = "cpu"};
  }
  return {.analysis = std::string(kFactsAnalysis),
          .version = FactsVersion(places),
          .reason = facts.unreadable.empty() ? std::string()
                                             : fmt::format("cannot be read: {}", fmt::join(facts.unreadable, ", ")),
          .device = "cpu"};
}

}  // namespace calotype
