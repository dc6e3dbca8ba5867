// calotype serve
#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/cleanup/cleanup.h"
#include "base/log.h"
#include "base/mutex.h"
#include "cli/command.h"
#include "cli/interrupt.h"
#include "cli/terminal.h"
#include "server/server.h"

namespace calotype {
namespace {

struct ServeArguments {
  std::vector<std::string> listen;
  std::string immich;
};

Status ApplyArguments(const ServeArguments& arguments, App& app) {
  if (!arguments.listen.empty()) {
    CALOTYPE_RETURN_IF_ERROR(
        app.registry().ApplyAssignment(fmt::format("server.listen={}", fmt::join(arguments.listen, ","))));
  }
  return arguments.immich.empty() ? absl::OkStatus()
                                  : app.registry().ApplyAssignment("server.immich=" + arguments.immich);
}

// Reads the settings again when the process is told to.
class Reloader {
 public:
  // Both must outlive it.
  Reloader(const ServeArguments& arguments, App& app)
      : arguments_(arguments), assignments_(app.assignments()), before_(Assignments(app)) {}

  // Reload() needs it.
  void SetServer(Server* server) ABSL_LOCKS_EXCLUDED(mutex_) {
    const MutexLock lock(&mutex_);
    server_ = server;
  }

  // Opens the log file again, and applies the settings that can change while the server runs. Logs what did not work,
  // and which changed settings need a restart.
  void Reload() ABSL_LOCKS_EXCLUDED(mutex_) {
    const MutexLock lock(&mutex_);
    if (const Status opened = ReopenLog(); !opened.ok()) {
      LogWarning("{}", Message(opened));
    }
    App fresh;
    Status status = fresh.Configure(assignments_);
    status.Update(ApplyArguments(arguments_, fresh));
    if (status.ok() && server_ != nullptr) {
      status = server_->Reload(fresh.settings());
    }
    if (!status.ok()) {
      LogWarning("the settings were not reloaded: {}", Message(status));
      return;
    }
    const std::vector<std::string> now = Assignments(fresh);
    for (std::size_t i = 0; i < now.size(); ++i) {
      const std::string key = now[i].substr(0, now[i].find('='));
      const bool is_live =
          key.starts_with("log.") || std::ranges::find(kReloadedSettings, key) != kReloadedSettings.end();
      if (now[i] != before_[i] && !is_live) {
        LogWarning("the setting {} changed; it takes effect with the next start", key);
      }
    }
    Log(LogLevel::kNotice, "the settings were reloaded");
  }

 private:
  static std::vector<std::string> Assignments(App& app) {
    std::vector<std::string> assignments;
    for (const ConfigField& field : app.registry().fields()) {
      assignments.push_back(field.Assignment());
    }
    return assignments;
  }

  const ServeArguments& arguments_;
  const std::vector<std::string> assignments_;
  const std::vector<std::string> before_;
  Mutex mutex_;
  Server* server_ ABSL_GUARDED_BY(mutex_) = nullptr;
};

CommandResult Serve(App& app, const ServeArguments& arguments) {
  if (const Status usage = ApplyArguments(arguments, app); !usage.ok()) {
    return UsageError(usage);
  }
  Reloader reloader(arguments, app);
  CALOTYPE_RETURN_IF_ERROR(ApplyImmichEnvironment(app));
  const InterruptWatcher interrupt("requests and photos in progress are finished first", [&] { reloader.Reload(); });
  CALOTYPE_ASSIGN_OR_RETURN(const std::unique_ptr<Server> server, Server::Start(app));
  reloader.SetServer(server.get());
  const absl::Cleanup forget = [&reloader] { reloader.SetServer(nullptr); };
  Print(fmt::format("Calotype serves {}; Ctrl-C stops it\n", fmt::join(server->urls(), " and ")));
  Print(
      server->tokens_required()
          ? fmt::format("Open this within 15 minutes, once, to use it in a browser:\n  {}\nPrograms need a token: "
                        "calotype token create NAME\n",
                        server->PageUrl())
          : fmt::format("Open {} in a browser. Everybody on this machine can use it (set server.require_token=true to "
                        "ask for a token).\n",
                        server->PageUrl()));
  if (!server->immich_url().empty()) {
    Print(
        fmt::format("Immich's machine-learning requests are answered at {}, without a token\n", server->immich_url()));
  }
  std::mutex mutex;
  std::unique_lock lock(mutex);
  std::condition_variable_any().wait(lock, interrupt.token(), [] { return false; });
  return 0;
}

}  // namespace

void AddServeCommand(CommandLine& parser, App& app) {
  CommandLine command = parser.AddCommand("serve", "Serve the library over HTTP: a web page and an API");
  const auto arguments = std::make_shared<ServeArguments>();
  command.AddRepeated("--listen ADDRESS", arguments->listen,
                      "Listen on this HOST:PORT instead of those of server.listen; on addresses other than this "
                      "machine's own, clients need a token");
  command.AddOption(
      "--immich ADDRESS", arguments->immich,
      "Also answer Immich's machine-learning requests, on this HOST:PORT or, with the word on, where Immich "
      "expects them (server.immich)");
  command.SetAction([=, &app] { return Serve(app, *arguments); });
}

}  // namespace calotype
