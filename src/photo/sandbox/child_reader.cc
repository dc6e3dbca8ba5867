#include "photo/sandbox/child_reader.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <optional>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>

#include "photo/decode.h"
#include "photo/sandbox/confinement.h"
#include "photo/sandbox/messages.h"
#include "photo/stopped.h"

namespace calotype {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;
using Ends = std::pair<UniqueFd, UniqueFd>;

constexpr std::string_view kProgram = "calotype-reader";
constexpr std::chrono::milliseconds kTick{100};
constexpr std::chrono::milliseconds kGrace{500};  // for a photo that is almost done when a stop is requested
constexpr int kMissingProgram = 127;              // exit status of posix_spawn's child and of the dynamic linker

// The variables that a child gets: where libraries and fonts are, time zone and language, and what sanitizers read.
constexpr std::array<std::string_view, 14> kVariables = {"LD_LIBRARY_PATH=",
                                                         "LD_PRELOAD=",
                                                         "HOME=",
                                                         "XDG_DATA_HOME=",
                                                         "XDG_DATA_DIRS=",
                                                         "XDG_CONFIG_HOME=",
                                                         "XDG_CACHE_HOME=",
                                                         "FONTCONFIG_",
                                                         "TZ=",
                                                         "LANG=",
                                                         "LC_",
                                                         "ASAN_OPTIONS=",
                                                         "UBSAN_OPTIONS=",
                                                         "TSAN_OPTIONS="};

std::vector<std::string> ChildEnvironment() {
  std::vector<std::string> variables;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::string_view text = *variable;
    if (std::ranges::any_of(kVariables, [&](std::string_view known) { return text.starts_with(known); })) {
      variables.emplace_back(text);
    }
  }
  return variables;
}

std::vector<char*> Pointers(std::vector<std::string>& words) {
  std::vector<char*> pointers;
  for (std::string& word : words) {
    pointers.push_back(word.data());
  }
  pointers.push_back(nullptr);
  return pointers;
}

// Beside this program, as in a build folder, or where an installation has it.
StatusOr<std::string> FindProgram(const ReaderSettings& settings) {
  if (!settings.program.empty()) {
    return settings.program;
  }
  std::error_code error;
  const fs::path folder = fs::read_symlink("/proc/self/exe", error).parent_path();
  for (const fs::path& place : {folder / kProgram, folder / "../libexec/calotype" / kProgram}) {
    if (access(place.c_str(), X_OK) == 0) {
      return place.lexically_normal().string();
    }
  }
  return absl::NotFoundError(fmt::format("{} is neither in {} nor in {}; install it beside calotype", kProgram,
                                         folder.string(),
                                         (folder / "../libexec/calotype").lexically_normal().string()));
}

// Descriptors that exec keeps, and signals: the default action for all; those that end a program are blocked, since
// they are sent to all its processes, and photos in progress are finished.
class ChildSetup {
 public:
  ChildSetup(int channel, int page) {
    posix_spawn_file_actions_init(&actions_);
    posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions_, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    if (!kSanitized) {  // their reports are wanted
      posix_spawn_file_actions_addopen(&actions_, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    }
    posix_spawn_file_actions_adddup2(&actions_, channel, kChannelDescriptor);
    posix_spawn_file_actions_adddup2(&actions_, page, kLastWordsDescriptor);
    sigset_t all;
    sigfillset(&all);
    sigset_t blocked;
    sigemptyset(&blocked);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE}) {
      sigaddset(&blocked, signal);
    }
    posix_spawnattr_init(&attributes_);
    posix_spawnattr_setsigdefault(&attributes_, &all);
    posix_spawnattr_setsigmask(&attributes_, &blocked);
    posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
  }
  ChildSetup(const ChildSetup&) = delete;
  ChildSetup& operator=(const ChildSetup&) = delete;
  ~ChildSetup() {
    posix_spawn_file_actions_destroy(&actions_);
    posix_spawnattr_destroy(&attributes_);
  }

  const posix_spawn_file_actions_t* actions() const { return &actions_; }
  const posix_spawnattr_t* attributes() const { return &attributes_; }

 private:
  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
};

// Above the descriptors that the child gets, so that dup2() overwrites none of them.
UniqueFd Lifted(const UniqueFd& file) {
  constexpr int kAbove = 10;
  return UniqueFd(fcntl(file.get(), F_DUPFD_CLOEXEC, kAbove));
}

std::string SignalName(int signal) {
  const char* const name = sigabbrev_np(signal);
  return name == nullptr ? fmt::format("signal {}", signal) : fmt::format("SIG{}", name);
}

// Seconds on a processor so far, of all its threads together.
double ProcessorTime(pid_t process) {
  clockid_t clock{};
  timespec time{};
  const bool known = clock_getcpuclockid(process, &clock) == 0 && clock_gettime(clock, &time) == 0;
  return known
             ? std::chrono::duration<double>(std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec))
                   .count()
             : 0;
}

}  // namespace

StatusOr<std::unique_ptr<ChildReader>> ChildReader::Start(ChildKind kind, const ReaderSettings& settings) {
  CALOTYPE_ASSIGN_OR_RETURN(const std::string program, FindProgram(settings));
  CALOTYPE_ASSIGN_OR_RETURN(Ends ends, MakeChannel());
  CALOTYPE_ASSIGN_OR_RETURN(LastWordsPage page, LastWordsPage::Create());
  const UniqueFd lifted_channel = Lifted(ends.second);
  const UniqueFd page_file(fcntl(page.file(), F_DUPFD_CLOEXEC, lifted_channel.get()));
  if (lifted_channel.get() < 0 || page_file.get() < 0) {
    return ErrnoStatus(errno, "cannot start a process to read photos");
  }
  constexpr int64_t kMegabyte = 1'000'000;
  std::vector<std::string> words = {program, kind == ChildKind::kText ? "text" : "photos",
                                    fmt::format("sandbox={}", settings.sandbox ? 1 : 0),
                                    fmt::format("memory={}", settings.memory_mb * kMegabyte)};
  if (settings.newest_landlock.has_value()) {
    words.push_back(fmt::format("landlock={}", *settings.newest_landlock));
  }
  std::vector<std::string> environment = ChildEnvironment();
  const ChildSetup setup(lifted_channel.get(), page_file.get());
  pid_t process = -1;
  const int error = posix_spawn(&process, program.c_str(), setup.actions(), setup.attributes(), Pointers(words).data(),
                                Pointers(environment).data());
  if (error != 0) {
    return ErrnoStatus(error, fmt::format("cannot start {}", program));
  }
  return std::unique_ptr<ChildReader>(new ChildReader(process, std::move(ends.first), std::move(page), settings));
}

ChildReader::~ChildReader() { Kill(absl::OkStatus()).IgnoreError(); }

Status ChildReader::Kill(Status reason) {
  if (process_ > 0) {
    kill(process_, SIGKILL);
    waitpid(process_, nullptr, 0);
    process_ = -1;
  }
  return reason;
}

std::string ChildReader::InFormat() const {
  const uint32_t format = page_.words()->format;
  const bool known = format > 0 && format <= static_cast<uint32_t>(PhotoFormat::kRaw);
  return known ? fmt::format(" in {}", FormatName(static_cast<PhotoFormat>(format))) : std::string();
}

Status ChildReader::Stopped(Status status) const {
  const bool reads_photo = page_.words()->format != static_cast<uint32_t>(PhotoFormat::kUnknown);
  return reads_photo && page_.words()->in_pixels == 0 ? StoppedBeforePixels(std::move(status)) : status;
}

StatusOr<ChannelMessage> ChildReader::Call(std::span<const uint8_t> request, std::span<const int> files,
                                           int64_t deadline_s, const std::stop_token& stop) {
  if (!Send(channel_, request, files).ok()) {
    return Autopsy();
  }
  CALOTYPE_RETURN_IF_ERROR(WaitForAnswer(deadline_s, stop));
  StatusOr<ChannelMessage> answer = Receive(channel_);
  if (absl::IsUnavailable(answer.status())) {
    return Autopsy();
  }
  if (!answer.ok()) {
    return Kill(absl::InternalError(fmt::format("decoder stopped: wrong answer: {}", Message(answer.status()))));
  }
  answered_ = true;
  last_used_ = Clock::now();
  return answer;
}

Status ChildReader::WaitForAnswer(int64_t deadline_s, const std::stop_token& stop) {
  const Clock::time_point start = Clock::now();
  const double worked_before = ProcessorTime(process_);
  std::optional<Clock::time_point> stopped;
  while (true) {
    pollfd waiting{.fd = channel_.get(), .events = POLLIN, .revents = 0};
    if (poll(&waiting, 1, static_cast<int>(kTick.count())) > 0) {
      return absl::OkStatus();
    }
    const Clock::time_point now = Clock::now();
    if (stop.stop_requested() && !stopped.has_value()) {
      stopped = now;
    }
    if (stopped.has_value() && now >= *stopped + kGrace) {
      return Kill(absl::CancelledError("stopped"));
    }
    const int64_t waited_s = std::chrono::duration_cast<std::chrono::seconds>(now - start).count();
    if (waited_s < deadline_s) {
      continue;
    }
    const bool had_its_time = ProcessorTime(process_) - worked_before >= static_cast<double>(deadline_s);
    if (had_its_time || waited_s >= kPatience * deadline_s) {
      return Kill(
          Stopped(absl::DeadlineExceededError(fmt::format("decoder stopped: no answer{} after {} s (limits.decode_s)",
                                                          InFormat(), had_its_time ? deadline_s : waited_s))));
    }
  }
}

// The channel is closed: why did the child end?
Status ChildReader::Autopsy() {
  int status = 0;
  const Clock::time_point limit = Clock::now() + kGrace;
  pid_t ended = 0;
  while ((ended = waitpid(process_, &status, WNOHANG)) == 0 && Clock::now() < limit) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  if (ended == 0) {
    return Kill(absl::InternalError("decoder stopped: it closed its channel"));
  }
  process_ = -1;
  if (!answered_ && WIFEXITED(status) && WEXITSTATUS(status) == kMissingProgram) {
    return absl::FailedPreconditionError(
        "calotype-reader does not start; does it lack a library? (ldd calotype-reader)");
  }
  if (page_.words()->cause == LastCause::kForbiddenCall) {
    return Stopped(
        absl::InternalError(fmt::format("decoder stopped: forbidden system call {}{}", page_.CallName(), InFormat())));
  }
  if (page_.words()->cause == LastCause::kOutOfMemory) {
    return Stopped(
        absl::ResourceExhaustedError(fmt::format("decoder stopped: more than {} MB of memory{} "
                                                 "(limits.decoder_memory_mb)",
                                                 settings_.memory_mb, InFormat())));
  }
  if (!WIFSIGNALED(status)) {
    return absl::InternalError(fmt::format("decoder stopped: exit status {}{}", WEXITSTATUS(status), InFormat()));
  }
  if (WTERMSIG(status) == SIGKILL) {
    return absl::UnavailableError(fmt::format("decoder stopped: SIGKILL{} (too little memory?)", InFormat()));
  }
  if (WTERMSIG(status) == SIGSYS) {  // its handler was blocked, as it is in fork() of newer C libraries
    return Stopped(absl::InternalError(fmt::format("decoder stopped: forbidden system call{}", InFormat())));
  }
  const bool overflow = page_.words()->cause == LastCause::kStackOverflow;
  return Stopped(absl::InternalError(fmt::format("decoder stopped: {}{}{}", SignalName(WTERMSIG(status)),
                                                 overflow ? " (stack overflow)" : "", InFormat())));
}

}  // namespace calotype
