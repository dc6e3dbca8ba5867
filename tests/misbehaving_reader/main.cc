// A photo reader whose decoder misbehaves on request: a file "misbehave: WHAT" does what WHAT says, and all other files
// are read as usual. Programs start it instead of calotype-reader if CALOTYPE_READER names it.
#include <fcntl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "photo/photo_reader.h"
#include "photo/pixels_in_work.h"
#include "photo/sandbox/channel.h"
#include "photo/sandbox/reader_process.h"

namespace calotype {
namespace {

constexpr std::string_view kMark = "misbehave: ";

void Crash() {
  volatile int* nothing = nullptr;
  *nothing = 1;
}

void Abort() { std::abort(); }

void LoopInMetadata() {
  volatile bool on = true;
  while (on) {
  }
}

void Loop() {
  const PixelsInWork pixels_in_work;
  LoopInMetadata();
}

void TakeEightGigabytes() {
  std::vector<char> much(std::size_t{8} << 30, 'x');
  volatile char last = much.back();
  static_cast<void>(last);
}

// As much as is there, page by page, as a decoder that trusts a header.
void TakeAllMemory() {
  constexpr std::size_t kBlock = std::size_t{64} << 20;
  std::vector<std::unique_ptr<char[]>> blocks;
  while (true) {
    blocks.push_back(std::make_unique<char[]>(kBlock));
  }
}

int Deeper(int depth) {  // NOLINT(misc-no-recursion): that is the point
  std::array<char, 4096> frame{};
  volatile char* const first = frame.data();
  *first = static_cast<char>(depth);
  return depth < 0 ? 0 : Deeper(depth + 1) + *first;
}

void OverflowStack() { static_cast<void>(Deeper(0)); }

void WriteToOutput() { static_cast<void>(!write(STDOUT_FILENO, "hello\n", 6)); }

void OpenSocket() { static_cast<void>(socket(AF_INET, SOCK_STREAM, 0)); }

void OpenFile() { static_cast<void>(open("/etc/passwd", O_RDONLY | O_CLOEXEC)); }

void CreateFile() { static_cast<void>(open("/tmp/calotype-misbehaved", O_WRONLY | O_CREAT | O_CLOEXEC, 0600)); }

void Trace() { static_cast<void>(ptrace(PTRACE_TRACEME, 0, nullptr, nullptr)); }

// Not fork(): in newer C libraries it blocks all signals first.
void Fork() {
  if (syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0) == 0) {
    _exit(0);
  }
}

// The handler cannot tell which call it was.
void ForkWithoutSignals() {
  sigset_t all;
  sigfillset(&all);
  sigprocmask(SIG_BLOCK, &all, nullptr);
  Fork();
}

void RunShell() { static_cast<void>(execl("/bin/sh", "sh", "-c", "true", nullptr)); }

void KillParent() { static_cast<void>(kill(getppid(), SIGKILL)); }

// An answer that nothing of this program made.
void SendNonsense() {
  std::array<char, 9> nonsense = {0, 'n', 'o', 'n', 's', 'e', 'n', 's', 'e'};
  iovec part{nonsense.data(), nonsense.size()};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  static_cast<void>(sendmsg(kChannelDescriptor, &message, 0));
}

// Without an exec, threads are what libraries may have.
void RunThread() {
  std::thread([] {}).join();
}

constexpr std::array<std::pair<std::string_view, void (*)()>, 18> kDeeds = {
    {{"crash", Crash},
     {"abort", Abort},
     {"loop", Loop},
     {"loop in metadata", LoopInMetadata},
     {"8 GB", TakeEightGigabytes},
     {"all memory", TakeAllMemory},
     {"stack", OverflowStack},
     {"stdout", WriteToOutput},
     {"socket", OpenSocket},
     {"open", OpenFile},
     {"create", CreateFile},
     {"ptrace", Trace},
     {"fork", Fork},
     {"fork without signals", ForkWithoutSignals},
     {"exec", RunShell},
     {"kill", KillParent},
     {"nonsense", SendNonsense},
     {"thread", RunThread}}};

// What the file asks for; empty for a usual file.
std::string DeedOf(int file) {
  std::array<char, 64> head{};
  const ssize_t count = pread(file, head.data(), head.size(), 0);
  const std::string_view text(head.data(), static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
  const std::string_view line = text.substr(0, text.find('\n'));
  return line.starts_with(kMark) ? std::string(line.substr(kMark.size())) : std::string();
}

class MisbehavingReader : public PhotoReader {
 public:
  PhotoFormat DetectFormat(int file) const override {
    return DeedOf(file).empty() ? usual_->DetectFormat(file) : PhotoFormat::kPng;
  }
  std::string ReadContentIdentifier(int file) const override { return usual_->ReadContentIdentifier(file); }
  StatusOr<FactsAnswer> ReadFacts(const PhotoRequest& request) const override { return usual_->ReadFacts(request); }

  StatusOr<DecodeAnswer> Decode(const PhotoRequest& request) const override {
    const std::string asked = DeedOf(request.photo);
    for (const auto& [name, act] : kDeeds) {
      if (asked == name) {
        act();
        return absl::InvalidArgumentError("nothing stopped it: " + asked);
      }
    }
    return usual_->Decode(request);
  }

  StatusOr<XmpChange> AddToSidecar(int sidecar, const XmpAdditions& additions) const override {
    return usual_->AddToSidecar(sidecar, additions);
  }

 private:
  const std::unique_ptr<PhotoReader> usual_ = CreateInProcessReader();
};

}  // namespace
}  // namespace calotype

int main(int argc, char** argv) { return calotype::RunReaderProcess(argc, argv, calotype::MisbehavingReader()); }
