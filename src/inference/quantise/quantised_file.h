// Names the files with int8 models. They can be deleted at any time; `calotype models quantise` creates them again.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "base/status.h"

namespace calotype {

// The name of this precision in device lists.
inline constexpr std::string_view kInt8Precision = "int8";

// Returns the path in `folder` for the int8 form of `model`, whose content has `hash`. The name depends on everything
// that the form depends on: the model file (path, size, modification time), its hash, the processor and the quantiser's
// revision. kNotFound if the model file does not exist.
StatusOr<std::filesystem::path> QuantisedFile(const std::filesystem::path& folder, const std::filesystem::path& model,
                                              std::string_view hash);

// The same if that file exists; otherwise kNotFound, also for an empty `folder`.
StatusOr<std::filesystem::path> FindQuantisedFile(const std::filesystem::path& folder,
                                                  const std::filesystem::path& model, std::string_view hash);

// Deletes int8 forms in `folder` of earlier files at `model`'s path or by earlier quantiser revisions.
void RemoveOutdatedForms(const std::filesystem::path& folder, const std::filesystem::path& model,
                         std::string_view hash);

// Size and modification time as text, to detect that a file was replaced; empty if there is no file.
std::string FileStampText(const StatusOr<std::filesystem::path>& file);

}  // namespace calotype
