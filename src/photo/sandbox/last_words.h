// A page of memory that a child process shares with its program: what it works on, and why it ends. The program reads
// it when the child is dead.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "base/file.h"
#include "base/status.h"

namespace calotype {

// Why a child ends itself, or is about to die.
enum class LastCause : uint32_t { kNone = 0, kForbiddenCall = 1, kStackOverflow = 2, kOutOfMemory = 3 };

// Lies in the page. Zeros are a valid page. A signal handler may write it.
struct LastWords {
  static constexpr std::size_t kMaxName = 32;

  std::atomic<uint32_t> format;     // PhotoFormat of the photo in work
  std::atomic<uint32_t> in_pixels;  // 1 while its pixels are decoded, 0 while its header and metadata are read
  std::atomic<LastCause> cause;
  std::array<std::atomic<char>, kMaxName> call;  // the name of the forbidden system call
};

// The page, mapped. Its file cannot be made shorter, so to read it is always safe.
class LastWordsPage {
 public:
  // A new page.
  static StatusOr<LastWordsPage> Create();
  // The page of a file that Create() made.
  static StatusOr<LastWordsPage> Open(UniqueFd file);

  int file() const { return file_.get(); }
  LastWords* words() { return words_.get(); }
  const LastWords* words() const { return words_.get(); }
  // LastWords::call as text, of small letters, digits and underscores only.
  std::string CallName() const;

 private:
  struct Unmap {
    void operator()(LastWords* words) const;
  };
  LastWordsPage(UniqueFd file, LastWords* words) : file_(std::move(file)), words_(words) {}

  UniqueFd file_;
  std::unique_ptr<LastWords, Unmap> words_;
};

}  // namespace calotype
