#include "models/verified_files.h"

#include <fmt/format.h>

#include <cstdint>
#include <sstream>
#include <system_error>
#include <utility>

#include "base/file.h"
#include "base/file_system.h"
#include "base/log.h"

namespace calotype {
namespace {

namespace fs = std::filesystem;

}  // namespace

VerifiedFiles::VerifiedFiles(fs::path store) : store_(std::move(store)) {
  const MutexLock lock(&mutex_);
  Load();
}

void VerifiedFiles::Load() {
  std::istringstream lines(ReadTextFile(store_).value_or(""));
  Verified file;
  FileStamp& stamp = file.stamp;
  std::string path;
  while (lines >> file.sha256 >> stamp.size >> stamp.mtime_ns >> stamp.ctime_ns >> stamp.inode &&
         std::getline(lines >> std::ws, path)) {
    files_.insert_or_assign(path, file);
  }
}

void VerifiedFiles::Save() {
  std::string text;
  for (const auto& [path, file] : files_) {
    if (path.find('\n') == std::string::npos) {
      text += fmt::format("{} {} {} {} {} {}\n", file.sha256, file.stamp.size, file.stamp.mtime_ns, file.stamp.ctime_ns,
                          file.stamp.inode, path);
    }
  }
  std::error_code error;
  fs::create_directories(store_.parent_path(), error);
  const Status saved = WriteFileAtomically(store_, {reinterpret_cast<const uint8_t*>(text.data()), text.size()});
  if (!saved.ok()) {
    LogInfo("which model files were verified is not kept: {}", Message(saved));
  }
}

Status VerifiedFiles::CheckFile(const fs::path& path, const PackFile& expected) {
  CALOTYPE_ASSIGN_OR_RETURN(const UniqueFd file, OpenForReading(path));
  CALOTYPE_ASSIGN_OR_RETURN(const FileStamp before, StampOfFile(file.get()));
  const std::string wanted = expected.sha256->Hex();
  const auto known = files_.find(path.string());
  if (known != files_.end() && known->second.sha256 == wanted &&
      CompareStamps(known->second.stamp, before, FileSystemOf(file.get())) == StampMatch::kSame) {
    return absl::OkStatus();
  }
  CALOTYPE_RETURN_IF_ERROR(VerifyFile(path, expected, /*hash=*/true));
  CALOTYPE_ASSIGN_OR_RETURN(const FileStamp after, StampOfFile(path));
  if (after == before) {
    files_.insert_or_assign(path.string(), Verified{.stamp = before, .sha256 = wanted});
    Save();
  }
  return absl::OkStatus();
}

Status VerifiedFiles::Check(const ModelSpec& model) {
  const MutexLock lock(&mutex_);
  for (const PackFile& file : model.files) {
    if (file.sha256.has_value()) {
      CALOTYPE_RETURN_IF_ERROR(CheckFile(model.folder / file.name, file));
    }
  }
  return absl::OkStatus();
}

}  // namespace calotype
