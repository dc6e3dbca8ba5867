#include "base/child_process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <string_view>
#include <utility>

namespace calotype {
namespace {

// exec wants a null pointer at the end. The cast is safe: posix_spawn does not write to the words.
std::vector<char*> Pointers(const std::vector<std::string>& words) {
  std::vector<char*> pointers;
  for (const std::string& word : words) {
    pointers.push_back(const_cast<char*>(word.c_str()));
  }
  pointers.push_back(nullptr);
  return pointers;
}

std::vector<std::string> EnvironmentWith(std::vector<std::string> variables) {
  const std::vector<std::string> changed = variables;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::string_view text = *variable;
    const std::string_view name = text.substr(0, text.find('=') + 1);
    if (std::ranges::none_of(changed, [name](const std::string& other) { return other.starts_with(name); })) {
      variables.emplace_back(text);
    }
  }
  return variables;
}

// The child gets SIGPIPE as other programs do; this one ignores it (PrepareOutput). `flags` are further ones.
class SpawnAttributes {
 public:
  explicit SpawnAttributes(short flags = 0) {  // NOLINT(google-runtime-int): as posix_spawn has it
    posix_spawnattr_init(&attributes_);
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGPIPE);
    posix_spawnattr_setsigdefault(&attributes_, &signals);
    posix_spawnattr_setflags(&attributes_,
                             static_cast<short>(flags | POSIX_SPAWN_SETSIGDEF));  // NOLINT(google-runtime-int)
  }
  SpawnAttributes(const SpawnAttributes&) = delete;
  SpawnAttributes& operator=(const SpawnAttributes&) = delete;
  ~SpawnAttributes() { posix_spawnattr_destroy(&attributes_); }

  const posix_spawnattr_t* get() const { return &attributes_; }

 private:
  posix_spawnattr_t attributes_{};
};

}  // namespace

StatusOr<ChildProcess> ChildProcess::Start(const std::vector<std::string>& command, bool quiet,
                                           const std::vector<std::string>& environment) {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) {
    return ErrnoStatus(errno, "cannot make a pipe");
  }
  UniqueFd read_end(ends[0]);
  const UniqueFd write_end(ends[1]);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, write_end.get(), STDOUT_FILENO);
  if (quiet) {
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  }
  const std::vector<char*> words = Pointers(command);
  const std::vector<std::string> all_variables = EnvironmentWith(environment);
  const std::vector<char*> variables = Pointers(all_variables);
  pid_t process = -1;
  const SpawnAttributes attributes;
  const int error = posix_spawn(&process, words.front(), &actions, attributes.get(), words.data(), variables.data());
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) {
    return ErrnoStatus(error, fmt::format("cannot start {}", command.front()));
  }
  return ChildProcess(process, std::move(read_end));
}

StatusOr<pid_t> ChildProcess::StartDetached(const std::vector<std::string>& command, const std::string& log) {
  constexpr mode_t kReadable = 0644;
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, log.c_str(), O_WRONLY | O_CREAT | O_APPEND, kReadable);
  posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
  const SpawnAttributes attributes(POSIX_SPAWN_SETSID);
  const std::vector<char*> words = Pointers(command);
  pid_t process = -1;
  const int error = posix_spawn(&process, words.front(), &actions, attributes.get(), words.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  return error == 0 ? StatusOr<pid_t>(process)
                    : ErrnoStatus(error, fmt::format("cannot start {} with its log in {}", command.front(), log));
}

ChildProcess::~ChildProcess() {
  if (process_ > 0) {
    Kill();
    waitpid(process_, nullptr, 0);
  }
}

void ChildProcess::Kill() const { kill(process_, SIGKILL); }

ChildProcess::Result ChildProcess::Wait() {
  Result result;
  std::array<char, 4096> block{};
  while (true) {
    const ssize_t count = read(output_.get(), block.data(), block.size());
    if (count < 0 && errno == EINTR) {
      continue;
    }
    if (count <= 0) {
      break;
    }
    result.output.append(block.data(), static_cast<std::size_t>(count));
  }
  int status = 0;
  while (waitpid(process_, &status, 0) < 0 && errno == EINTR) {
  }
  process_ = -1;
  constexpr int kSignalBase = 128;
  result.exit_status = WIFEXITED(status) ? WEXITSTATUS(status) : kSignalBase + WTERMSIG(status);
  return result;
}

}  // namespace calotype
