// Runs other programs and reads what they print.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "base/file.h"
#include "base/status.h"

namespace calotype {

// A running program. The destructor kills it and waits for its end. Not thread-safe.
class ChildProcess {
 public:
  // Starts `command`, whose first word is the path of the program. Standard input is empty. Standard output is kept for
  // Wait(). Standard error goes where ours goes, or nowhere if `quiet`. The environment is ours with the variables of
  // `environment` ("NAME=VALUE" each) added or replaced. The error is the system's own when it does not start.
  static StatusOr<ChildProcess> Start(const std::vector<std::string>& command, bool quiet,
                                      const std::vector<std::string>& environment = {});
  ChildProcess(ChildProcess&& other) noexcept
      : process_(std::exchange(other.process_, -1)), output_(std::move(other.output_)) {}
  ChildProcess& operator=(ChildProcess&&) = delete;
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;
  ~ChildProcess();

  // Starts `command` in a new session, so that it goes on when this process ends. Both of its outputs are appended to
  // the file `log`. Returns its process id.
  static StatusOr<pid_t> StartDetached(const std::vector<std::string>& command, const std::string& log);

  // Sends SIGKILL, so the program cannot clean up.
  void Kill() const;

  struct Result {
    int exit_status = -1;  // 128 + the number of the signal if one ended it
    std::string output;    // what it wrote to standard output
  };
  // Reads the output to its end, then waits for the program. Call it once.
  Result Wait();

 private:
  ChildProcess(pid_t process, UniqueFd output) : process_(process), output_(std::move(output)) {}

  pid_t process_ = -1;
  UniqueFd output_;
};

}  // namespace calotype
