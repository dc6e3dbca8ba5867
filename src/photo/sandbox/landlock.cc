#include "photo/sandbox/landlock.h"

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>

#include "base/file.h"

namespace calotype {
namespace {

// The same number on every architecture.
constexpr long kCreateRuleset = 444;  // NOLINT(google-runtime-int): the type of syscall()
constexpr long kAddRule = 445;        // NOLINT(google-runtime-int)
constexpr long kRestrictSelf = 446;   // NOLINT(google-runtime-int)
constexpr uint32_t kGetVersion = 1;
constexpr int kPathBeneath = 1;

constexpr uint64_t kReadFile = uint64_t{1} << 2;
constexpr uint64_t kReadFolder = uint64_t{1} << 3;

struct RulesetAttributes {
  uint64_t files = 0;
  uint64_t network = 0;  // since 4
  uint64_t scopes = 0;   // since 6
};

struct [[gnu::packed]] PathRule {
  uint64_t allowed = 0;
  int32_t folder = -1;
};

// How many kinds of access to files each version knows, from the first bit on: 1 has 13, and later versions add moving
// between folders (2), truncating (3) and device controls (5).
constexpr std::array<int, 6> kFileBits = {0, 13, 14, 15, 15, 16};

RulesetAttributes AttributesOf(int version) {
  const auto known = static_cast<std::size_t>(std::min<int>(version, std::ssize(kFileBits) - 1));
  RulesetAttributes attributes{.files = (uint64_t{1} << kFileBits[known]) - 1};
  if (version >= 4) {
    attributes.network = 0b11;  // bind and connect of TCP
  }
  if (version >= 6) {
    attributes.scopes = 0b11;  // abstract sockets and signals of processes outside
  }
  return attributes;
}

std::size_t SizeOf(int version) {
  return version >= 6   ? sizeof(RulesetAttributes)
         : version >= 4 ? offsetof(RulesetAttributes, scopes)
                        : offsetof(RulesetAttributes, network);
}

}  // namespace

int LandlockVersion() { return static_cast<int>(std::max(0L, syscall(kCreateRuleset, nullptr, 0, kGetVersion))); }

Status RestrictWithLandlock(int version, std::span<const std::string> readable) {
  const RulesetAttributes attributes = AttributesOf(version);
  const UniqueFd rules(static_cast<int>(syscall(kCreateRuleset, &attributes, SizeOf(version), 0)));
  if (rules.get() < 0) {
    return ErrnoStatus(errno, "cannot create the Landlock rules");
  }
  for (const std::string& folder : readable) {
    const UniqueFd opened(open(folder.c_str(), O_PATH | O_CLOEXEC));
    const PathRule rule{.allowed = kReadFile | kReadFolder, .folder = opened.get()};
    if (opened.get() >= 0 && syscall(kAddRule, rules.get(), kPathBeneath, &rule, 0) != 0) {
      return ErrnoStatus(errno, "cannot add a Landlock rule");
    }
  }
  return syscall(kRestrictSelf, rules.get(), 0) == 0 ? absl::OkStatus()
                                                     : ErrnoStatus(errno, "cannot apply the Landlock rules");
}

}  // namespace calotype
