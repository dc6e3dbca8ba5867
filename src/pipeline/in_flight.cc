#include "pipeline/in_flight.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <span>
#include <system_error>
#include <utility>

namespace calotype {
namespace {

// The file: slots of two little-endian 64-bit numbers, the photo (0: none) and whether a thread crashed on it.
struct Slot {
  std::atomic<int64_t> photo;
  std::atomic<int64_t> crashed;
};
static_assert(sizeof(Slot) == 16 && std::atomic<int64_t>::is_always_lock_free);

constexpr std::array kFatalSignals = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};

// The slot of this thread, for the signal handler.
thread_local std::atomic<Slot*> current_slot = nullptr;

std::array<struct sigaction, kFatalSignals.size()> previous_actions;

// Marks the photo and restores the previous action. A fault occurs again by itself; a signal that was sent is raised
// again.
void MarkCrash(int signal, siginfo_t* info, void* /*context*/) {
  if (Slot* const slot = current_slot.load(); slot != nullptr) {
    slot->crashed = 1;
  }
  for (std::size_t i = 0; i < kFatalSignals.size(); ++i) {
    if (kFatalSignals[i] == signal) {
      sigaction(signal, &previous_actions[i], nullptr);
    }
  }
  if (info->si_code <= 0) {
    raise(signal);
  }
}

}  // namespace

struct InFlight::Mapping {
  Mapping(UniqueFd opened, void* at, std::size_t slot_count)
      : file(std::move(opened)), slots(static_cast<Slot*>(at), slot_count) {}
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;
  ~Mapping() { munmap(slots.data(), slots.size_bytes()); }

  UniqueFd file;
  std::span<Slot> slots;
};

StatusOr<std::unique_ptr<InFlight>> InFlight::Create(const std::filesystem::path& file, std::size_t workers) {
  UniqueFd opened(open(file.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (opened.get() < 0) {
    return ErrnoStatus(errno, fmt::format("open {}", file.string()));
  }
  const std::size_t count = workers;
  // Reserve the space now: on a full disk, writing to an unreserved page would raise SIGBUS.
  if (const int error = posix_fallocate(opened.get(), 0, static_cast<off_t>(count * sizeof(Slot))); error != 0) {
    return ErrnoStatus(error, fmt::format("reserve {}", file.string()));
  }
  void* const at = mmap(nullptr, count * sizeof(Slot), PROT_READ | PROT_WRITE, MAP_SHARED, opened.get(), 0);
  if (at == MAP_FAILED) {
    return ErrnoStatus(errno, fmt::format("map {}", file.string()));
  }
  return std::unique_ptr<InFlight>(new InFlight(file, std::make_unique<Mapping>(std::move(opened), at, count)));
}

InFlight::InFlight(std::filesystem::path file, std::unique_ptr<Mapping> mapping)
    : file_(std::move(file)), mapping_(std::move(mapping)) {
  struct sigaction action{};
  action.sa_sigaction = MarkCrash;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
  for (std::size_t i = 0; i < kFatalSignals.size(); ++i) {
    sigaction(kFatalSignals[i], &action, &previous_actions[i]);
  }
}

InFlight::~InFlight() {
  for (std::size_t i = 0; i < kFatalSignals.size(); ++i) {
    sigaction(kFatalSignals[i], &previous_actions[i], nullptr);
  }
  if (!keep_) {
    std::error_code ignored;
    std::filesystem::remove(file_, ignored);
  }
}

InFlight::Note::Note(InFlight* journal, PhotoId photo) {
  if (journal == nullptr) {
    return;
  }
  for (Slot& slot : journal->mapping_->slots) {
    int64_t free = 0;
    if (slot.photo.compare_exchange_strong(free, photo)) {
      slot_ = &slot;
      current_slot = &slot;
      return;
    }
  }
}

InFlight::Note::~Note() {
  if (slot_ != nullptr) {
    current_slot = nullptr;
    static_cast<Slot*>(slot_)->photo = 0;
  }
}

std::optional<std::vector<Casualty>> TakeCasualties(const std::filesystem::path& file) {
  constexpr std::size_t kNumbers = 2;  // per slot
  std::vector<Casualty> casualties;
  const StatusOr<std::vector<uint8_t>> bytes = ReadFile(file);
  if (!bytes.ok()) {
    return std::nullopt;
  }
  for (std::size_t at = 0; at + sizeof(Slot) <= bytes->size(); at += sizeof(Slot)) {
    std::array<int64_t, kNumbers> slot{};
    std::memcpy(slot.data(), bytes->data() + at, sizeof(slot));
    if (slot[0] == 0) {
      continue;
    }
    // Two threads may have noted one photo: a decoder notes it until the next stage has taken it over.
    const auto known = std::ranges::find(casualties, slot[0], &Casualty::photo);
    if (known == casualties.end()) {
      casualties.push_back({.photo = slot[0], .crashed = slot[1] != 0});
    } else {
      known->crashed = known->crashed || slot[1] != 0;
    }
  }
  std::error_code ignored;
  std::filesystem::remove(file, ignored);
  return casualties;
}

}  // namespace calotype
