// Records which photos the threads of this process are working on, in a file that outlives the process. When it dies,
// the next process reads which photos may have killed it.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <vector>

#include "base/file.h"
#include "base/status.h"
#include "catalog/catalog.h"

namespace calotype {

// A small file, mapped into memory. Noting a photo costs two stores to memory; the kernel keeps them when the process
// dies (not when the machine does, but then no photo is to blame). While the file is open, a fatal signal (SIGSEGV,
// SIGBUS, SIGFPE, SIGILL, SIGABRT) marks the photo of its thread and then has its usual effect. One per process at a
// time.
class InFlight {
 public:
  // At most `workers` threads note photos at the same time. The caller holds the scan lock, so what the file contains
  // was written by a dead process.
  static StatusOr<std::unique_ptr<InFlight>> Open(const std::filesystem::path& file, std::size_t workers);
  InFlight(const InFlight&) = delete;
  InFlight& operator=(const InFlight&) = delete;
  // Empties the file: no photo is to blame.
  ~InFlight();

  // The photos that the previous process was working on when it died.
  const std::vector<Casualty>& casualties() const { return casualties_; }

  // While a note exists, the calling thread works on `photo`. One per thread at a time.
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
