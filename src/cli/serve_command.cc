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
  const InterruptWatcher interrupt("requests and photos in progress are finished first", OpenLogAgain);
  CALOTYPE_ASSIGN_OR_RETURN(const std::unique_ptr<Server> server, Server::Start(app));
  Print(fmt::format("Calotype serves {}; Ctrl-C stops it\n", fmt::join(server->urls(), " and ")));
  Print(server->tokens_required()
            ? fmt::format("Open this within 15 minutes, once, to use it in a browser:\n  {}\nPrograms need a token: "
                          "calotype token create NAME\n",
                          server->PageUrl())
            : fmt::format("Open {} in a browser. Everybody on this machine can use it (server.require_token asks for a "
                          "token).\n",
                          server->PageUrl()));
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
                      "Listen on this HOST:PORT instead of those of server.listen; beyond this machine, clients need a "
                      "token");
  command.SetAction([=, &app] { return Serve(app, *arguments); });
}

}  // namespace calotype
