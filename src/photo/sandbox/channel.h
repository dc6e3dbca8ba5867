// A connection between the program and a child process: messages of bytes and open files over a pair of sockets.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "base/file.h"
#include "base/status.h"

namespace calotype {

// The descriptors that a child finds open, beside the standard ones: its end of the channel, and its LastWordsPage.
inline constexpr int kChannelDescriptor = 3;
inline constexpr int kLastWordsDescriptor = 4;

struct ChannelMessage {
  std::vector<uint8_t> bytes;
  std::vector<UniqueFd> files;
};

// Both ends, closed on exec.
StatusOr<std::pair<UniqueFd, UniqueFd>> MakeChannel();

// Sends one message. Large ones travel as a sealed file. `files` stay the caller's, at most 64.
Status Send(const UniqueFd& channel, std::span<const uint8_t> bytes, std::span<const int> files);

// Waits for one message. kUnavailable when the other end is closed, kInvalidArgument when it is more than 64 MB, its
// file is not sealed, or it has too many files.
StatusOr<ChannelMessage> Receive(const UniqueFd& channel);

}  // namespace calotype
