#include "photo/sandbox/last_words.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace calotype {
namespace {

constexpr std::size_t kPageBytes = 4096;
static_assert(sizeof(LastWords) <= kPageBytes);
static_assert(std::atomic<uint32_t>::is_always_lock_free && std::atomic<char>::is_always_lock_free);

}  // namespace

void LastWordsPage::Unmap::operator()(LastWords* words) const { munmap(words, kPageBytes); }

StatusOr<LastWordsPage> LastWordsPage::Create() {
  UniqueFd file(memfd_create("calotype-last-words", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (file.get() < 0 || ftruncate(file.get(), kPageBytes) != 0 ||
      fcntl(file.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0) {
    return ErrnoStatus(errno, "cannot make a page of shared memory");
  }
  return Open(std::move(file));
}

StatusOr<LastWordsPage> LastWordsPage::Open(UniqueFd file) {
  void* const at = mmap(nullptr, kPageBytes, PROT_READ | PROT_WRITE, MAP_SHARED, file.get(), 0);
  if (at == MAP_FAILED) {
    return ErrnoStatus(errno, "cannot map a page of shared memory");
  }
  return LastWordsPage(std::move(file), static_cast<LastWords*>(at));
}

std::string LastWordsPage::CallName() const {
  std::string name;
  for (const std::atomic<char>& letter : words_->call) {
    const char c = letter;
    if ((c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_') {
      break;
    }
    name += c;
  }
  return name;
}

}  // namespace calotype
