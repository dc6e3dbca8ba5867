// Puts the results of the pages of a document together, so that words on each page are found. The pages are analysed
// one by one, so that only one of them takes memory in each thread.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "analysis/photo_result.h"
#include "base/mutex.h"
#include "base/status.h"
#include "photo/decode.h"

namespace calotype {

// Thread-safe: several threads may analyse pages of one document.
class Document {
 public:
  // A document of `pages` pages, of which at most `max_pages` are read. `analyses` are those that read all pages
  // (PhotoAnalysis::OfAllPages). If there are none, only the first page is read.
  Document(int pages, int max_pages, std::vector<std::string> analyses);

  // Pages from 1 to this one must be added.
  int last_page() const { return last_page_; }
  const std::vector<std::string>& analyses() const { return analyses_; }

  // Adds the result of a page: for the first page the whole result, for others the findings and outcomes of analyses().
  // Returns the result of the document when this page was the last to come, else nullopt.
  std::optional<PhotoResult> Add(int page, PhotoResult result) ABSL_LOCKS_EXCLUDED(mutex_);
  // The same for a page other than the first that could not be decoded.
  std::optional<PhotoResult> AddUnreadable(int page, const Status& reason) ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  struct Page {
    PhotoResult result;
    Status decoded;
  };

  std::optional<PhotoResult> AddPage(int page, Page added) ABSL_LOCKS_EXCLUDED(mutex_);
  PhotoResult Merge() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void MergeOutcome(AnalysisOutcome& outcome) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const int pages_;
  const int max_pages_;
  const std::vector<std::string> analyses_;
  const int last_page_;
  Mutex mutex_;
  std::map<int, Page> added_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace calotype
