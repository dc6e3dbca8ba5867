// The characters that a recogniser's classes stand for, from a file beside the model.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/status.h"
#include "models/pack.h"

namespace calotype {

// One character a line, for CtcAlphabet::FromLines(): from the file that params.characters names; without it from
// inference.yml or a ppocr*.txt beside the model, if there is one. nullopt when there is none: then the graph says it.
// kInvalidArgument for a file that holds no list, or when there are several to choose from.
StatusOr<std::optional<std::string>> ReadCharacters(const ModelSpec& recogniser);

// The list `character_dict` of PaddleOCR's inference.yml, one character a line. Reads what YAML allows for a list of
// short texts: plain, 'single' and "double" quoted. kInvalidArgument names the line.
StatusOr<std::string> CharactersOfYaml(std::string_view yaml);

}  // namespace calotype
