#include "inference/quantise/quantised_file.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <system_error>

#include "base/log.h"
#include "base/sha256.h"
#include "inference/engines/compiled_folder.h"

namespace calotype {
namespace {

namespace fs = std::filesystem;

// The revision of the quantiser. Increase it to have existing int8 forms created again.
constexpr int kQuantiserRevision = 1;
constexpr std::size_t kPlaceDigits = 16;

// A common prefix for all forms of the model file at one path.
std::string PlaceOf(const fs::path& model) {
  std::error_code error;
  const fs::path canonical = fs::weakly_canonical(model, error);
  const std::string place = error ? model.string() : canonical.string();
  return Sha256({reinterpret_cast<const uint8_t*>(place.data()), place.size()}).Hex().substr(0, kPlaceDigits);
}

}  // namespace

StatusOr<fs::path> QuantisedFile(const fs::path& folder, const fs::path& model, std::string_view hash) {
  CALOTYPE_ASSIGN_OR_RETURN(const fs::path file,
                            CompiledFile(folder, model, fmt::format("int8 {} {}", kQuantiserRevision, hash)));
  return folder / fmt::format("{}-{}.onnx", PlaceOf(model), file.filename().string());
}

StatusOr<fs::path> FindQuantisedFile(const fs::path& folder, const fs::path& model, std::string_view hash) {
  if (!folder.empty()) {
    CALOTYPE_ASSIGN_OR_RETURN(fs::path file, QuantisedFile(folder, model, hash));
    std::error_code error;
    if (fs::exists(file, error)) {
      return file;
    }
  }
  return absl::NotFoundError("there is no int8 form of this model");
}

void RemoveOutdatedForms(const fs::path& folder, const fs::path& model, std::string_view hash) {
  const StatusOr<fs::path> current = QuantisedFile(folder, model, hash);
  const std::string place = PlaceOf(model) + "-";
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, error)) {
    const bool is_current = current.ok() && entry.path() == *current;
    if (entry.path().filename().string().starts_with(place) && !is_current && fs::remove(entry.path(), error)) {
      LogInfo("deleted the outdated int8 form {}", entry.path().string());
    }
  }
}

std::string FileStampText(const StatusOr<fs::path>& file) {
  struct stat status = {};
  if (!file.ok() || stat(file->c_str(), &status) != 0) {
    return "";
  }
  return fmt::format(" {} {}.{:09}", status.st_size, status.st_mtim.tv_sec, status.st_mtim.tv_nsec);
}

}  // namespace calotype
