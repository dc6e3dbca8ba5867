// The role of completion: the values that the library has for the keys of queries.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace calotype {

enum class Vocabulary : uint8_t { kObject, kPerson, kCamera, kLens, kPlace, kKeyword, kFolder };

struct VocabularyWord {
  std::string text;  // of kFolder: the absolute path of a folder that has photos itself, without a slash at the end
  std::optional<int64_t>
      uses;  // photos that have it, missing ones too; of kFolder: present files. nullopt: not counted
};

class VocabularyCatalog {
 public:
  virtual ~VocabularyCatalog() = default;

  // All values, each once, in order. Reads no photos: the cost grows with the number of different values.
  virtual StatusOr<std::vector<VocabularyWord>> Words(Vocabulary kind) = 0;
  // How many photos have `word`, counted up to `enough`; for the kinds that Words() does not count.
  virtual StatusOr<int64_t> CountUses(Vocabulary kind, std::string_view word, int64_t enough) = 0;
};

}  // namespace calotype
