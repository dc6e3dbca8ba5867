// One child process that reads photos, seen from the program.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "base/file.h"
#include "base/status.h"
#include "photo/reader_settings.h"
#include "photo/sandbox/channel.h"
#include "photo/sandbox/last_words.h"

namespace calotype {

enum class ChildKind : uint8_t { kPhotos, kText };

// Not thread-safe. The destructor kills the child.
class ChildReader {
 public:
  // Starts the child. Its libraries load while the first request waits. kNotFound when its program is not there.
  static StatusOr<std::unique_ptr<ChildReader>> Start(ChildKind kind, const ReaderSettings& settings);
  ChildReader(const ChildReader&) = delete;
  ChildReader& operator=(const ChildReader&) = delete;
  ~ChildReader();

  // Sends a request and waits for the answer. On an error the child is dead:
  //   kInternal           it died: "decoder stopped: SIGSEGV in RAW", "decoder stopped: forbidden system call socket"
  //   kUnavailable        somebody killed it: the system, which lacked memory, or a person
  //   kDeadlineExceeded   no answer within `deadline_s`, in which it worked as long, or within kPatience times that
  //   kResourceExhausted  it died because it got no memory
  //   kCancelled          `stop` was requested; an answer that comes within half a second is still returned
  StatusOr<ChannelMessage> Call(std::span<const uint8_t> request, std::span<const int> files, int64_t deadline_s,
                                const std::stop_token& stop);

  pid_t process() const { return process_; }
  std::chrono::steady_clock::time_point last_used() const { return last_used_; }

 private:
  ChildReader(pid_t process, UniqueFd channel, LastWordsPage page, const ReaderSettings& settings)
      : process_(process), channel_(std::move(channel)), page_(std::move(page)), settings_(settings) {}

  Status WaitForAnswer(int64_t deadline_s, const std::stop_token& stop);
  Status Autopsy();
  Status Kill(Status reason);
  std::string InFormat() const;
  // `status` of a child that was stopped or died while it read a photo.
  Status Stopped(Status status) const;

  pid_t process_;  // -1: dead
  UniqueFd channel_;
  LastWordsPage page_;
  const ReaderSettings settings_;
  bool answered_ = false;  // once at least
  std::chrono::steady_clock::time_point last_used_ = std::chrono::steady_clock::now();
};

}  // namespace calotype
