#include "analysis/ocr/charset.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <filesystem>
#include <system_error>
#include <utility>
#include <vector>

#include "base/file.h"
#include "base/text.h"

namespace calotype {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kListKey = "character_dict:";

void AppendUtf8(uint32_t c, std::string& text) {
  const auto tail = [&](unsigned shift) { text += static_cast<char>(0x80U | ((c >> shift) & 0x3FU)); };
  if (c < 0x80) {
    text += static_cast<char>(c);
  } else if (c < 0x800) {
    text += static_cast<char>(0xC0U | (c >> 6U));
    tail(0);
  } else if (c < 0x10000) {
    text += static_cast<char>(0xE0U | (c >> 12U));
    tail(6);
    tail(0);
  } else {
    text += static_cast<char>(0xF0U | ((c >> 18U) & 0x07U));
    tail(12);
    tail(6);
    tail(0);
  }
}

// The number of hexadecimal digits after the escapes x, u and U.
std::size_t DigitsOf(char escape) { return escape == 'x' ? 2 : escape == 'u' ? 4 : escape == 'U' ? 8 : 0; }

// YAML's one-letter escapes; returns 0xFFFFFFFF for any other letter.
uint32_t Escaped(char letter) {
  constexpr std::array<std::pair<char, uint32_t>, 14> kEscapes = {{{'0', 0},
                                                                   {'a', 7},
                                                                   {'b', 8},
                                                                   {'t', '\t'},
                                                                   {'v', 0x0B},
                                                                   {'f', 0x0C},
                                                                   {'e', 0x1B},
                                                                   {' ', ' '},
                                                                   {'"', '"'},
                                                                   {'/', '/'},
                                                                   {'\\', '\\'},
                                                                   {'N', 0x85},
                                                                   {'_', 0xA0},
                                                                   {'L', 0x2028}}};
  const auto found = std::ranges::find(kEscapes, letter, &std::pair<char, uint32_t>::first);
  return found == kEscapes.end() ? UINT32_MAX : found->second;
}

std::optional<std::string> DoubleQuoted(std::string_view inside) {
  std::string text;
  for (std::size_t i = 0; i < inside.size(); ++i) {
    if (inside[i] != '\\') {
      text += inside[i];
      continue;
    }
    if (++i >= inside.size()) {
      return std::nullopt;
    }
    const std::size_t digits = DigitsOf(inside[i]);
    uint32_t value = Escaped(inside[i]);
    if (digits > 0 && i + digits < inside.size()) {
      const std::string hex(inside.substr(i + 1, digits));
      if (hex.find_first_not_of("0123456789abcdefABCDEF") != std::string::npos) {
        return std::nullopt;
      }
      value = static_cast<uint32_t>(std::stoul(hex, nullptr, 16));
      i += digits;
    }
    if (value > 0x10FFFF) {
      return std::nullopt;
    }
    AppendUtf8(value, text);
  }
  return text;
}

std::string SingleQuoted(std::string_view inside) {
  std::string text;
  for (std::size_t i = 0; i < inside.size(); ++i) {
    text += inside[i];
    i += inside[i] == '\'' ? 1 : 0;  // '' stands for one quote
  }
  return text;
}

// Parses a value of the list. Returns nullopt when it is not a short text.
std::optional<std::string> Scalar(std::string_view value) {
  value = Trim(value, " ");
  const bool quoted = value.size() >= 2 && value.front() == value.back();
  if (quoted && value.front() == '\'') {
    return SingleQuoted(value.substr(1, value.size() - 2));
  }
  if (quoted && value.front() == '"') {
    return DoubleQuoted(value.substr(1, value.size() - 2));
  }
  const bool plain = !value.empty() && value.front() != '"' && value.front() != '\'';
  return plain ? std::optional(std::string(value)) : std::nullopt;
}

// Removes the first line from `text` and returns it.
std::string_view TakeLine(std::string_view& text) {
  const std::size_t end = std::min(text.find('\n'), text.size());
  std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  if (line.ends_with('\r')) {
    line.remove_suffix(1);
  }
  return line;
}

// Finds the file with the list in the model's folder.
StatusOr<std::optional<fs::path>> FindList(const fs::path& folder) {
  std::error_code error;
  if (fs::exists(folder / "inference.yml", error)) {
    return folder / "inference.yml";
  }
  std::vector<fs::path> lists;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, error)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with("ppocr") && name.ends_with(".txt")) {
      lists.push_back(entry.path());
    }
  }
  if (lists.size() > 1) {
    return absl::InvalidArgumentError(
        fmt::format("{} has {} lists of characters; params.characters must name one", folder.string(), lists.size()));
  }
  return lists.empty() ? std::nullopt : std::optional(lists.front());
}

StatusOr<std::string> ReadList(const fs::path& file) {
  CALOTYPE_ASSIGN_OR_RETURN(std::string text, ReadTextFile(file));
  if (file.extension() != ".yml" && file.extension() != ".yaml") {
    return text;
  }
  StatusOr<std::string> characters = CharactersOfYaml(text);
  return characters.ok() ? std::move(characters) : Annotate(characters.status(), file.string());
}

}  // namespace

StatusOr<std::string> CharactersOfYaml(std::string_view yaml) {
  std::string characters;
  bool inside = false;
  for (int number = 1; !yaml.empty(); ++number) {
    const std::string_view line = Trim(TakeLine(yaml), " ");
    if (!inside) {
      inside = line == kListKey;
      continue;
    }
    if (!line.starts_with("- ")) {
      break;
    }
    const std::optional<std::string> character = Scalar(line.substr(2));
    if (!character || character->find('\n') != std::string::npos) {
      return absl::InvalidArgumentError(fmt::format("line {}: cannot parse {} as a text", number, line));
    }
    characters += *character + "\n";
  }
  if (characters.empty()) {
    return absl::InvalidArgumentError("the list character_dict is missing");
  }
  return characters;
}

StatusOr<std::optional<std::string>> ReadCharacters(const ModelSpec& recogniser) {
  std::optional<fs::path> file;
  if (recogniser.params.Has("characters")) {
    CALOTYPE_ASSIGN_OR_RETURN(const std::string name, recogniser.params.Text("characters"));
    if (name.empty() || fs::path(name).filename() != name) {
      return absl::InvalidArgumentError(
          fmt::format("characters is \"{}\"; it must be a file in the pack's folder", name));
    }
    file = recogniser.folder / name;
  } else {
    CALOTYPE_ASSIGN_OR_RETURN(file, FindList(recogniser.path.parent_path()));
  }
  if (!file) {
    return std::nullopt;
  }
  CALOTYPE_ASSIGN_OR_RETURN(std::string characters, ReadList(*file));
  return characters;
}

}  // namespace calotype
