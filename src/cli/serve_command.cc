// calotype serve
#include <fmt/format.h>

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/log.h"
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

// After the log file was moved away (log rotation).
void OpenLogAgain() {
  if (const Status opened = ReopenLog(); !opened.ok()) {
    LogWarning("{}", Message(opened));
  }
}

CommandResult Serve(App& app, const ServeArguments& arguments) {
  if (!arguments.listen.empty()) {
    if (const Status usage =
            app.registry().ApplyAssignment(fmt::format("server.listen={}", fmt::join(arguments.listen, ",")));
        !usage.ok()) {
      return UsageError(usage);
    }
  }
  if (!arguments.immich.empty()) {
    if (const Status usage = app.registry().ApplyAssignment("server.immich=" + arguments.immich); !usage.ok()) {
      return UsageError(usage);
    }
  }
  CALOTYPE_RETURN_IF_ERROR(ApplyImmichEnvironment(app));
  const InterruptWatcher interrupt("requests and photos in progress are finished first", OpenLogAgain);
  CALOTYPE_ASSIGN_OR_RETURN(const std::unique_ptr<Server> server, Server::Start(app));
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
