#include "photo/sandbox/faults.h"

#include <ucontext.h>

#include <array>
#include <csignal>
#include <cstdint>
#include <new>

#include "photo/libraries.h"
#include "photo/pixels_in_work.h"
#include "photo/sandbox/confinement.h"

namespace calotype {
namespace {

// A fault this near to the stack pointer is one of the stack.
constexpr uintptr_t kNearStack = uintptr_t{64} * 1024;

LastWords* noted = nullptr;
std::array<char, std::size_t{64} * 1024> own_stack;  // the overflown one cannot run a handler

uintptr_t StackPointer([[maybe_unused]] const ucontext_t& context) {
#if defined(__x86_64__)
  return static_cast<uintptr_t>(context.uc_mcontext.gregs[REG_RSP]);
#elif defined(__aarch64__)
  return context.uc_mcontext.sp;
#else
  return 0;
#endif
}

void OnFault(int signal, siginfo_t* info, void* context) {
  const auto at = reinterpret_cast<uintptr_t>(info->si_addr);
  const uintptr_t stack = StackPointer(*static_cast<const ucontext_t*>(context));
  if (at + kNearStack > stack && at < stack + kNearStack) {
    noted->cause = LastCause::kStackOverflow;
  }
  struct sigaction usual{};
  usual.sa_handler = SIG_DFL;
  sigaction(signal, &usual, nullptr);  // the fault occurs again
}

void NoteLackOfMemory() { noted->cause = LastCause::kOutOfMemory; }

}  // namespace

void WatchFaults(LastWords& words) {
  noted = &words;
  std::set_new_handler([] {
    NoteLackOfMemory();
    throw std::bad_alloc();
  });
  SetLackOfMemoryHandler(NoteLackOfMemory);
  PixelsInWork::Watch([](bool in_work) { noted->in_pixels = in_work ? 1 : 0; });
  if (kSanitized) {
    return;  // they report faults themselves
  }
  stack_t stack{};
  stack.ss_sp = own_stack.data();
  stack.ss_size = own_stack.size();
  sigaltstack(&stack, nullptr);
  struct sigaction action{};
  action.sa_sigaction = OnFault;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  sigaction(SIGSEGV, &action, nullptr);
  sigaction(SIGBUS, &action, nullptr);
}

}  // namespace calotype
