// Records which photos the threads of this process are working on, in a file that outlives the process. When it dies,
// the next process reads which photos may have killed it.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <optional>
#include <vector>

#include "base/file.h"
#include "base/status.h"
#include "catalog/work_source.h"

namespace calotype {

// A small file, mapped into memory. Noting a photo costs two stores to memory; the kernel keeps them when the process
// dies (not when the machine does, but then no photo is the cause). While the file is open, a fatal signal (SIGSEGV,
// SIGBUS, SIGFPE, SIGILL, SIGABRT) marks the photo of its thread and then has its usual effect. One per process at a
// time.
class InFlight {
 public:
  // Creates the file, which no other process uses (CatalogFiles::in_flight). At most `workers` threads note photos at
  // the same time.
  static StatusOr<std::unique_ptr<InFlight>> Create(const std::filesystem::path& file, std::size_t workers);
  InFlight(const InFlight&) = delete;
  InFlight& operator=(const InFlight&) = delete;
  // Deletes the file, unless Keep() was called: no photo is the cause.
  ~InFlight();

  // The owner could not give its claims back, so that others will ask what it was working on: nothing, says the file.
  void Keep() { keep_ = true; }

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
  InFlight(std::filesystem::path file, std::unique_ptr<Mapping> mapping);

  const std::filesystem::path file_;
  const std::unique_ptr<Mapping> mapping_;
  bool keep_ = false;
};

// The photos that a dead process was working on, each once, from the file that it left; deletes the file. nullopt when
// there is none or it cannot be read: the process may have been on another machine.
std::optional<std::vector<Casualty>> TakeCasualties(const std::filesystem::path& file);

}  // namespace calotype
