// What one scan is to do.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "base/memory_budget.h"
#include "catalog/catalog.h"
#include "photo/photo_reader.h"
#include "photo/places.h"
#include "pipeline/scanner.h"
#include "pipeline/throttle.h"

namespace calotype {

struct ScanOptions {
  std::filesystem::path catalog_file;
  std::vector<std::filesystem::path> roots;  // files or folders; absolute and normal
  // When this is not empty, only these folders are walked; each lies below one of the roots.
  std::vector<std::filesystem::path> parts;
  ModelSet models;  // the models that the analysis uses
  // True: only does work that others have booked, until it is stopped. Walks no folder, decides nothing for the library
  // (which models and analyses it needs, what is forgotten), and takes no lock, so that any number of processes may do
  // so beside a scan.
  bool only_work = false;
  // True: only walks the folders, books new photos and decides what a scan decides for the library; others analyse
  // (only_work). Takes no lock either.
  bool only_walk = false;
  std::optional<int64_t> leads_as;  // of only_walk: ProcessCatalog::WriteOnlyAsLeader()
  // Of only_work: what ends the process if photos in progress are not finished `drain` after the stop. Called on
  // another thread, when their claims have been given back; a model or a decoder may hang. May be empty.
  std::chrono::seconds drain{60};
  std::function<void()> abandon;
  // What to do when another scan holds the lock. True: queue new files for that scan and wait for its end. False: fail.
  bool wait = false;
  int workers = 1;                                                  // threads that analyse photos
  std::shared_ptr<const PhotoReader> reader = CreatePhotoReader();  // never null
  DecodeLimits limits;
  MemorySettings memory;                     // photos wait until there is room; a photo that alone needs more fails
  std::shared_ptr<const PlaceIndex> places;  // null: photos get no place names
  ScannerOptions scanner;
  ThrottleOptions throttle;
  int64_t forget_before = 0;  // MaintenanceCatalog::DeleteMissing(); 0: keep all missing photos
};

}  // namespace calotype
