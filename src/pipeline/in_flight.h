// Which photos are being worked on at this instant, written where it outlives the process: the next one learns what
// killed this one.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <vector>

#include "base/file.h"
#include "base/status.h"
#include "catalog/catalog.h"

namespace calotype {

// A small file, mapped into memory: to note a photo costs two stores, and the system keeps them when the process dies
// (not when the machine does: then nobody is to blame). While it is open, a fatal signal (SIGSEGV, SIGBUS, SIGFPE,
// SIGILL, SIGABRT) marks the photo that its thread was at and goes on as it would have. One per process at a time.
class InFlight {
 public:
  // `workers` threads at most note photos at a time. The scan lock is held: what the file says is a dead process's.
  static StatusOr<std::unique_ptr<InFlight>> Open(const std::filesystem::path& file, std::size_t workers);
  InFlight(const InFlight&) = delete;
  InFlight& operator=(const InFlight&) = delete;
  // All is well: the file is empty again.
  ~InFlight();

  // What the process before was at when it died.
  const std::vector<Casualty>& casualties() const { return casualties_; }

  // While it lives, the calling thread is at `photo`. One per thread at a time.
  class Note {
   public:
    Note(InFlight* journal, PhotoId photo);  // does nothing when `journal` is null
    Note(const Note&) = delete;
    Note& operator=(const Note&) = delete;
    ~Note();

   private:
    void* slot_ = nullptr;
  };

 private:
  struct Mapping;
  explicit InFlight(std::unique_ptr<Mapping> mapping);

  const std::unique_ptr<Mapping> mapping_;
  std::vector<Casualty> casualties_;
};

}  // namespace calotype
