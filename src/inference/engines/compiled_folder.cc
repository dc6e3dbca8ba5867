#include "inference/engines/compiled_folder.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <string>

#include "base/file.h"
#include "base/log.h"
#include "base/sha256.h"
#include "inference/compatibility/cpu_facts.h"

namespace calotype {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kNameDigits = 32;

}  // namespace

StatusOr<fs::path> CompiledFile(const fs::path& folder, const fs::path& model, std::string_view maker) {
  struct stat status = {};
  if (stat(model.c_str(), &status) != 0) {
    return ErrnoStatus(errno, fmt::format("stat {}", model.string()));
  }
  std::error_code error;
  fs::path absolute = fs::weakly_canonical(model, error);
  static const std::string kProcessor = ReadCpuFacts().Key();
  const std::string key = fmt::format("{}\n{}\n{}.{:09}\n{}\n{}", error ? model.string() : absolute.string(),
                                      status.st_size, status.st_mtim.tv_sec, status.st_mtim.tv_nsec, kProcessor, maker);
  const std::string digest = Sha256({reinterpret_cast<const uint8_t*>(key.data()), key.size()}).Hex();
  return folder / digest.substr(0, kNameDigits);
}

void ForgetUnusedFiles(const fs::path& folder, std::chrono::hours unused) {
  const std::time_t border = std::time(nullptr) - std::chrono::seconds(unused).count();
  std::error_code error;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folder, error)) {
    struct stat status = {};
    if (lstat(entry.path().c_str(), &status) == 0 && S_ISREG(status.st_mode) &&
        std::max(status.st_atim.tv_sec, status.st_mtim.tv_sec) < border && fs::remove(entry.path(), error)) {
      LogInfo("deleting {}: not used for {} days", entry.path().string(), unused / std::chrono::days(1));
    }
  }
}

}  // namespace calotype
