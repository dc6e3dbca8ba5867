#include "photo/sandbox/channel.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace calotype {
namespace {

// A message of one packet is this byte and the bytes, or this byte alone with the bytes in the first file.
enum class Kind : uint8_t { kInline = 0, kInFile = 1 };

constexpr std::size_t kMaxInline = std::size_t{60} << 10;  // the kernel's buffers take more than twice this
constexpr std::size_t kMaxBytes = std::size_t{64} << 20;
constexpr std::size_t kMaxFiles = 64;

StatusOr<std::vector<uint8_t>> ReadBody(const UniqueFd& file) {
  struct stat info{};
  if (!IsSealed(file) || fstat(file.get(), &info) != 0) {
    return absl::InvalidArgumentError("a message in a file that is not sealed");
  }
  return ReadAll(file.get(), kMaxBytes, "a fixed limit for messages");
}

}  // namespace

StatusOr<std::pair<UniqueFd, UniqueFd>> MakeChannel() {
  std::array<int, 2> ends{};
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    return ErrnoStatus(errno, "cannot make a pair of sockets");
  }
  return std::pair(UniqueFd(ends[0]), UniqueFd(ends[1]));
}

Status Send(const UniqueFd& channel, std::span<const uint8_t> bytes, std::span<const int> files) {
  Kind kind = Kind::kInline;
  UniqueFd body;
  std::vector<int> all_files;
  if (bytes.size() > kMaxInline) {
    kind = Kind::kInFile;
    CALOTYPE_ASSIGN_OR_RETURN(body, MakeMemoryFile("calotype-message", bytes));
    all_files.push_back(body.get());
    bytes = {};
  }
  all_files.insert(all_files.end(), files.begin(), files.end());
  if (all_files.size() > kMaxFiles) {
    return absl::InvalidArgumentError("a message with more than 64 files");
  }
  std::array<iovec, 2> parts = {iovec{&kind, sizeof(kind)}, iovec{const_cast<uint8_t*>(bytes.data()), bytes.size()}};
  msghdr header{};
  header.msg_iov = parts.data();
  header.msg_iovlen = parts.size();
  alignas(cmsghdr) std::array<char, CMSG_SPACE(kMaxFiles * sizeof(int))> control{};
  if (!all_files.empty()) {
    header.msg_control = control.data();
    header.msg_controllen = CMSG_SPACE(all_files.size() * sizeof(int));
    cmsghdr* const rights = CMSG_FIRSTHDR(&header);
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(all_files.size() * sizeof(int));
    std::memcpy(CMSG_DATA(rights), all_files.data(), all_files.size() * sizeof(int));
  }
  while (sendmsg(channel.get(), &header, MSG_NOSIGNAL) < 0) {
    if (errno != EINTR) {
      return absl::UnavailableError("the other process ended");
    }
  }
  return absl::OkStatus();
}

StatusOr<ChannelMessage> Receive(const UniqueFd& channel) {
  Kind kind = Kind::kInline;
  ChannelMessage message;
  message.bytes.resize(kMaxInline);
  std::array<iovec, 2> parts = {iovec{&kind, sizeof(kind)}, iovec{message.bytes.data(), message.bytes.size()}};
  msghdr header{};
  header.msg_iov = parts.data();
  header.msg_iovlen = parts.size();
  alignas(cmsghdr) std::array<char, CMSG_SPACE(kMaxFiles * sizeof(int))> control{};
  header.msg_control = control.data();
  header.msg_controllen = control.size();
  ssize_t count = 0;
  while ((count = recvmsg(channel.get(), &header, MSG_CMSG_CLOEXEC)) < 0 && errno == EINTR) {
  }
  for (cmsghdr* part = CMSG_FIRSTHDR(&header); count > 0 && part != nullptr; part = CMSG_NXTHDR(&header, part)) {
    if (part->cmsg_level == SOL_SOCKET && part->cmsg_type == SCM_RIGHTS) {
      std::vector<int> files((part->cmsg_len - CMSG_LEN(0)) / sizeof(int));
      std::memcpy(files.data(), CMSG_DATA(part), files.size() * sizeof(int));
      for (const int file : files) {
        message.files.emplace_back(file);
      }
    }
  }
  if (count <= 0) {
    return absl::UnavailableError("the other process ended");
  }
  if ((header.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0) {
    return absl::InvalidArgumentError("a message is too long");
  }
  message.bytes.resize(static_cast<std::size_t>(count) - 1);
  if (kind == Kind::kInFile) {
    if (message.files.empty()) {
      return absl::InvalidArgumentError("a message without its file");
    }
    CALOTYPE_ASSIGN_OR_RETURN(message.bytes, ReadBody(message.files.front()));
    message.files.erase(message.files.begin());
  }
  return message;
}

}  // namespace calotype
