// What travels between the stages of a scan.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "analysis/photo_result.h"
#include "base/bounded_queue.h"
#include "catalog/work_source.h"
#include "pipeline/process_photo.h"

namespace calotype {

// Between the decode stage and the analyse stage.
struct LoadedItem {
  LoadedPhoto photo;
  std::vector<std::string> analyses;  // to run
  std::string path;                   // for messages
  int page = 1;
  std::shared_ptr<Document> document;  // that the page belongs to; null for a photo whose other pages are not read
};

// Between the last two stages and the write stage.
struct FinishedItem {
  PhotoResult result;
  std::string path;  // for messages
};

using ClaimedQueue = BoundedQueue<WorkItem>;
using LoadedQueue = BoundedQueue<LoadedItem>;
using FinishedQueue = BoundedQueue<FinishedItem>;

}  // namespace calotype
