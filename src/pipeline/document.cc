#include "pipeline/document.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "photo/limits.h"
#include "pipeline/photo_analysis.h"

namespace calotype {
namespace {

void AddSentence(std::string& text, const std::string& sentence) { text += (text.empty() ? "" : "; ") + sentence; }

}  // namespace

Document::Document(int pages, int max_pages, std::vector<std::string> analyses)
    : pages_(pages),
      max_pages_(max_pages),
      analyses_(std::move(analyses)),
      last_page_(analyses_.empty() ? 1 : std::max(1, std::min(pages, max_pages))) {}

std::optional<PhotoResult> Document::Add(int page, PhotoResult result) {
  return AddPage(page, {.result = std::move(result), .decoded = {}});
}

std::optional<PhotoResult> Document::AddUnreadable(int page, const Status& reason) {
  return AddPage(page, {.result = {}, .decoded = reason});
}

std::optional<PhotoResult> Document::AddPage(int page, Page added) {
  const MutexLock lock(&mutex_);
  added_.insert_or_assign(page, std::move(added));
  return std::ssize(added_) == last_page_ ? std::optional(Merge()) : std::nullopt;
}

PhotoResult Document::Merge() {
  PhotoResult whole = std::move(added_.at(1).result);
  for (AnalysisOutcome& outcome : whole.outcomes) {
    if (std::ranges::find(analyses_, outcome.analysis) != analyses_.end()) {
      MergeOutcome(outcome);
    }
  }
  for (auto& [number, page] : added_) {
    if (number == 1 || !whole.findings.text.has_value() || !page.result.findings.text.has_value()) {
      continue;
    }
    for (TextFinding& line : *page.result.findings.text) {
      line.page = number;
      whole.findings.text->push_back(std::move(line));
    }
  }
  return whole;
}

// A page that is broken, or too large, does not cost the others. Any other error may pass, so the analysis fails as a
// whole and is tried again.
void Document::MergeOutcome(AnalysisOutcome& outcome) const {
  std::string damaged;
  std::string left_out;
  const auto fail = [&outcome](int page, const std::string& reason, bool retryable) {
    if (outcome.state == AnalysisState::kDone) {
      outcome.state = AnalysisState::kFailed;
      outcome.reason = fmt::format("page {}: {}", page, reason);
      outcome.retryable = retryable;
    }
  };
  for (const auto& [number, page] : added_) {
    if (absl::IsInvalidArgument(page.decoded)) {
      AddSentence(damaged, fmt::format("page {}: {}", number, Message(page.decoded)));
    } else if (absl::IsResourceExhausted(page.decoded) || absl::IsUnimplemented(page.decoded)) {
      AddSentence(left_out, fmt::format("page {} is left out: {}", number, Message(page.decoded)));
    } else if (!page.decoded.ok()) {
      fail(number, Message(page.decoded), IsRetryable(page.decoded.code()));
    }
    for (const AnalysisOutcome& one : page.result.outcomes) {
      if (one.analysis != outcome.analysis) {
        continue;
      }
      outcome.milliseconds += one.milliseconds;
      if (one.state != AnalysisState::kDone) {
        fail(number, one.reason, one.retryable);
      }
    }
  }
  if (outcome.state != AnalysisState::kDone) {
    return;
  }
  if (pages_ > max_pages_) {
    const std::string which = last_page_ + 1 == pages_ ? fmt::format("page {} is", pages_)
                                                       : fmt::format("pages {} to {} are", last_page_ + 1, pages_);
    AddSentence(left_out, fmt::format("{} left out, the limit is {} ({}); to read more, raise it, then calotype retry",
                                      which, max_pages_, kPagesKnob));
  }
  outcome.reason = damaged.empty() ? std::string() : "damaged: " + damaged;
  if (!left_out.empty()) {
    AddSentence(outcome.reason, left_out);
  }
}

}  // namespace calotype
