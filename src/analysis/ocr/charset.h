// Reads the characters that a recogniser's classes stand for from a file in the model's folder.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/status.h"
#include "models/pack.h"

namespace calotype {

// Returns the characters, one per line, for CtcAlphabet::FromLines(). Reads the file named by params.characters;
// without it, inference.yml or a ppocr*.txt in the model's folder. Returns nullopt when there is no such file: then the
// graph must contain the list. Returns kInvalidArgument for a file without a list, or when there are several files to
// choose from.
StatusOr<std::optional<std::string>> ReadCharacters(const ModelSpec& recogniser);

// Returns the list `character_dict` of PaddleOCR's inference.yml, one character per line. Supports YAML lists of short
// texts: plain, 'single' and "double" quoted. kInvalidArgument names the line.
StatusOr<std::string> CharactersOfYaml(std::string_view yaml);

}  // namespace calotype
