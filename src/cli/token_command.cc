// calotype token
#include <fmt/chrono.h>
#include <fmt/format.h>

#include <ctime>
#include <memory>
#include <string>

#include "app/tokens.h"
#include "cli/command.h"
#include "cli/terminal.h"

namespace calotype {
namespace {

struct TokenArguments {
  std::string name;
  std::string scope = "read";
};

CommandResult Create(const App& app, const TokenArguments& arguments) {
  TokenStore tokens(app.TokensFile());
  CALOTYPE_ASSIGN_OR_RETURN(const std::string token, tokens.Create(arguments.name, *ParseScope(arguments.scope)));
  Print(token + "\n");
  PrintError("this token is shown once; send it in the header \"Authorization: Bearer TOKEN\"");
  return 0;
}

CommandResult List(const App& app) {
  CALOTYPE_ASSIGN_OR_RETURN(const std::vector<ApiToken> tokens, TokenStore(app.TokensFile()).List());
  for (const ApiToken& token : tokens) {
    Print(fmt::format("{:<24}{:<7}created {:%Y-%m-%d}\n", token.name, ScopeName(token.scope),
                      fmt::localtime(static_cast<std::time_t>(token.created))));
  }
  return 0;
}

CommandResult Remove(const App& app, const std::string& name) {
  TokenStore tokens(app.TokensFile());
  CALOTYPE_RETURN_IF_ERROR(tokens.Remove(name));
  Print(fmt::format("removed {}; a running server refuses it within a second\n", name));
  return 0;
}

}  // namespace

void AddTokenCommand(CommandLine& parser, App& app) {
  CommandLine token = parser.AddCommand("token", "Create and remove the tokens with which programs use the server");
  const auto arguments = std::make_shared<TokenArguments>();
  CommandLine create = token.AddCommand("create", "Create a token and print it");
  create.AddArgument("NAME", arguments->name, "A name by which you will know it");
  create.AddChoice("--scope", arguments->scope, {"read", "write", "admin"},
                   "read: search and look; write: also scan, retry and name people; admin: everything");
  create.SetAction([=, &app] { return Create(app, *arguments); });
  token.AddCommand("list", "List the names of tokens").SetAction([&app] { return List(app); });
  CommandLine remove = token.AddCommand("remove", "Remove a token, which is refused from then on");
  remove.AddArgument("NAME", arguments->name, "Its name");
  remove.SetAction([=, &app] { return Remove(app, arguments->name); });
}

}  // namespace calotype
