// calotype config, calotype config explain
#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "app/findings_json.h"
#include "app/settings.h"
#include "cli/command.h"
#include "cli/terminal.h"

namespace calotype {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kDefaultSource = "the default";

// The value of each setting, in TOML syntax, that applies without a file, an environment and options.
std::map<std::string, std::string> Defaults(const App& app) {
  Settings settings;
  ConfigRegistry registry;
  settings.Register(registry);
  settings.Resolve(app.folders(), App::Cores());
  std::map<std::string, std::string> values;
  for (const ConfigField& field : registry.fields()) {
    values[field.key] = field.Value();
  }
  return values;
}

std::string_view SourceOf(const ConfigField& field) { return field.source.empty() ? kDefaultSource : field.source; }

std::string ToText(App& app) {
  const std::vector<ConfigField>& fields = app.registry().fields();
  std::size_t key = 0;
  std::size_t value = 0;
  for (const ConfigField& field : fields) {
    key = std::max(key, field.key.size());
    value = std::max(value, field.Value().size());
  }
  std::string text = fmt::format("# {}\n", (app.folders().config / "config.toml").string());
  for (const ConfigField& field : fields) {
    text += fmt::format("{:<{}}  {:<{}}  {} ({})\n", field.key, key, field.Value(), value, field.help,
                        field.EnvironmentName());
  }
  return text;
}

Json ToJson(const ConfigField& field, const std::string& fallback) {
  Json json = {{"key", field.key},
               {"value", std::visit([](const auto* value) { return Json(*value); }, field.target)},
               {"source", SourceOf(field)},
               {"default", fallback},
               {"allowed", field.Allowed()},
               {"help", field.help},
               {"variable", field.EnvironmentName()}};
  return json;
}

// Settings that are not valid are shown as far as they were read, and then reported.
CommandResult Finish(const App& app) { return app.configured().ok() ? CommandResult(0) : app.configured(); }

CommandResult List(App& app, bool as_json) {
  if (!as_json) {
    Print(ToText(app));
    return Finish(app);
  }
  const std::map<std::string, std::string> defaults = Defaults(app);
  for (const ConfigField& field : app.registry().fields()) {
    Print(JsonLine(ToJson(field, defaults.at(field.key))));
  }
  return Finish(app);
}

CommandResult Explain(App& app, const std::string& key, bool as_json) {
  const StatusOr<const ConfigField*> found = app.registry().Get(key);
  if (!found.ok()) {
    return UsageError(found.status());
  }
  const ConfigField& field = **found;
  const std::string fallback = Defaults(app).at(key);
  Print(as_json ? JsonLine(ToJson(field, fallback))
                : fmt::format("{} = {}\n    {}\n  set by    {}\n  default   {}\n  allowed   {}\n  variable  {}\n",
                              Bold(field.key), Printable(field.Value()), field.help, Printable(SourceOf(field)),
                              fallback, field.Allowed(), field.EnvironmentName()));
  return Finish(app);
}

struct ConfigArguments {
  std::string key;
  bool json = false;
};

}  // namespace

void AddConfigCommand(CommandLine& parser, App& app) {
  CommandLine command = parser.AddCommand("config", "List all settings with their values, or explain one");
  const auto arguments = std::make_shared<ConfigArguments>();
  command.AddFlag("--json", arguments->json, "Print JSON, one line per setting");
  CommandLine explain =
      command.AddCommand("explain", "Show the value of a setting, what set it, its default and what it may be");
  explain.AddArgument("KEY", arguments->key, "The setting, such as scan.workers");
  explain.AddFlag("--json", arguments->json, "Print JSON");
  const auto any = CommandLine::SettingsNeed::kAny;
  explain.SetAction([=, &app] { return Explain(app, arguments->key, arguments->json); }, any);
  command.SetAction([=, &app] { return List(app, arguments->json); }, any);
}

}  // namespace calotype
