// Which pack and which of its models are in use.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "app/app.h"
#include "base/status.h"
#include "models/pack.h"

namespace calotype {

// A pack, and the models of it that replace its defaults.
struct ModelChoice {
  std::string pack;                            // by name
  std::map<std::string, std::string> choices;  // by task: "objects" -> "accurate"
};

// Choices in the form in which the catalogue stores them, "objects=accurate,ocr.detect=fast", and back.
std::string ChoicesText(const std::map<std::string, std::string>& choices);
std::map<std::string, std::string> ParseChoices(std::string_view text);

// The models for new findings: those in the settings, else those that `models use` chose for this library, else the
// first installed pack of the usual ones.
ModelChoice PackInUse(const App& app);

// Reads the manifest of that pack and applies its choices. kFailedPrecondition when the pack is not installed or lacks
// one of the chosen models; the message names the command that installs it.
StatusOr<Pack> LoadChosen(const App& app, const ModelChoice& choice);
StatusOr<Pack> LoadPackInUse(const App& app);

}  // namespace calotype
