#include "photo/sandbox/reader_pool.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <utility>

namespace calotype {
namespace {

constexpr std::chrono::seconds kKeepIdle{60};
constexpr int64_t kMegabyte = 1'000'000;

int64_t BytesOf(const std::vector<int>& files) {
  int64_t bytes = 0;
  for (const int file : files) {
    struct stat info{};
    bytes += fstat(file, &info) == 0 ? info.st_size : 0;
  }
  return bytes;
}

// Without pages that are shared with files: code, and pictures in memory.
int64_t ResidentBytesOf(pid_t process) {
  std::ifstream file(fmt::format("/proc/{}/statm", process));
  int64_t total = 0;
  int64_t resident = 0;
  int64_t shared = 0;
  file >> total >> resident >> shared;
  return (resident - shared) * sysconf(_SC_PAGESIZE);
}

ChildKind KindOf(Operation operation) {
  return operation == Operation::kDrawText ? ChildKind::kText : ChildKind::kPhotos;
}

}  // namespace

ReaderPool& ReaderPool::Get() {
  static ReaderPool pool;
  return pool;
}

StatusOr<ReaderPool::Child> ReaderPool::Start(ChildKind kind) {
  CALOTYPE_ASSIGN_OR_RETURN(Child child, ChildReader::Start(kind, CurrentReaderSettings()));
  const MutexLock lock(&mutex_);
  processes_.push_back(child->process());
  return child;
}

StatusOr<ReaderPool::Child> ReaderPool::Take(ChildKind kind) {
  {
    const MutexLock lock(&mutex_);
    std::vector<Child>& idle = idle_.at(static_cast<std::size_t>(kind));
    if (!idle.empty()) {
      Child child = std::move(idle.back());
      idle.pop_back();
      return child;
    }
  }
  return Start(kind);
}

void ReaderPool::Return(ChildKind kind, Child child) {
  std::vector<Child> ended;  // killed outside of the lock
  const MutexLock lock(&mutex_);
  std::vector<Child>& idle = idle_.at(static_cast<std::size_t>(kind));
  const auto recent = std::ranges::find_if(idle, [now = std::chrono::steady_clock::now()](const Child& other) {
    return now - other->last_used() < kKeepIdle;
  });
  std::move(idle.begin(), recent, std::back_inserter(ended));
  idle.erase(idle.begin(), recent);
  for (const Child& other : ended) {
    std::erase(processes_, other->process());
  }
  idle.push_back(std::move(child));
}

StatusOr<ReaderReply> ReaderPool::AskOnce(ReaderCall& call, Child& child) {
  const pid_t process = child->process();
  StatusOr<ChannelMessage> message = child->Call(ToBytes(call.request), call.files, call.request.deadline_s, call.stop);
  StatusOr<ReaderAnswer> answer =
      message.ok() ? ReadAnswer(message->bytes, call.request, call.sidecars) : message.status();
  if (!message.ok() || IsWrongAnswer(answer.status())) {
    child.reset();
    const MutexLock lock(&mutex_);
    std::erase(processes_, process);
    return answer.status();
  }
  Return(KindOf(call.request.operation), std::move(child));
  CALOTYPE_RETURN_IF_ERROR(answer.status());
  return ReaderReply{.answer = *std::move(answer), .files = std::move(message->files)};
}

StatusOr<ReaderReply> ReaderPool::Ask(ReaderCall call) {
  call.request.deadline_s = CurrentReaderSettings().decode_s + BytesOf(call.files) / kMegabyte;
  CALOTYPE_ASSIGN_OR_RETURN(Child child, Take(KindOf(call.request.operation)));
  StatusOr<ReaderReply> reply = AskOnce(call, child);
  const bool died = child == nullptr && (absl::IsInternal(reply.status()) || absl::IsUnavailable(reply.status()));
  if (!died) {
    return reply;
  }
  CALOTYPE_ASSIGN_OR_RETURN(child, Start(KindOf(call.request.operation)));
  return AskOnce(call, child);
}

int64_t ReaderPool::ResidentBytes() {
  const MutexLock lock(&mutex_);
  int64_t bytes = 0;
  for (const pid_t process : processes_) {
    bytes += ResidentBytesOf(process);
  }
  return bytes;
}

}  // namespace calotype
