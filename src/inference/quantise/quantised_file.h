// Where the int8 form of a model lies. It can be deleted at any time, and is made again by `calotype models quantise`.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "base/status.h"

namespace calotype {

// What devices call this precision.
inline constexpr std::string_view kInt8Precision = "int8";

// The file in `folder` for the model file `model`, whose content has `hash`. Its name holds all that it depends on: the
// model file (path, size, time of change), its hash, the processor, and the revision of the quantiser. kNotFound where
// there is no such model file.
StatusOr<std::filesystem::path> QuantisedFile(const std::filesystem::path& folder, const std::filesystem::path& model,
                                              std::string_view hash);

// The same where the file is there; kNotFound else. An empty `folder` has none.
StatusOr<std::filesystem::path> FindQuantisedFile(const std::filesystem::path& folder,
                                                  const std::filesystem::path& model, std::string_view hash);

// Removes int8 forms in `folder` that were made of what earlier lay at `model`'s place, or by an earlier quantiser.
void RemoveOutdatedForms(const std::filesystem::path& folder, const std::filesystem::path& model,
                         std::string_view hash);

// Size and time of change, which tell two files of one name apart; empty for one that is not there.
std::string FileStampText(const StatusOr<std::filesystem::path>& file);

}  // namespace calotype
