// Other programs, run and listened to.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "base/file.h"
#include "base/status.h"

namespace calotype {

// A running program. Killed and waited for by its destructor.
class ChildProcess {
 public:
  // Starts `command` (its first word is the program's path) with nothing on standard input, its standard output caught
  // and its standard error left where ours goes, or thrown away if `quiet`. Its environment is ours, but for what
  // `environment` ("NAME=VALUE" each) says.
  static StatusOr<ChildProcess> Start(const std::vector<std::string>& command, bool quiet,
                                      const std::vector<std::string>& environment = {});
  ChildProcess(ChildProcess&& other) noexcept
      : process_(std::exchange(other.process_, -1)), output_(std::move(other.output_)) {}
  ChildProcess& operator=(ChildProcess&&) = delete;
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;
  ~ChildProcess();

  // Starts `command` in a session of its own, which outlives this one; what it prints is appended to `log`. Answers its
  // process number.
  static StatusOr<pid_t> StartDetached(const std::vector<std::string>& command, const std::string& log);

  // SIGKILL: it gets no chance to tidy up.
  void Kill() const;

  struct Result {
    int exit_status = -1;  // 128 + the signal's number when one ended it
    std::string output;
  };
  // Reads its output to the end and waits for it.
  Result Wait();

 private:
  ChildProcess(pid_t process, UniqueFd output) : process_(process), output_(std::move(output)) {}

  pid_t process_ = -1;
  UniqueFd output_;
};

}  // namespace calotype
