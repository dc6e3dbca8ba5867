#include "app/trash.h"

#include <fmt/format.h>

#include <filesystem>
#include <ranges>
#include <set>
#include <span>
#include <system_error>
#include <vector>

#include "base/file.h"
#include "base/file_lock.h"
#include "base/log.h"

namespace calotype {
namespace {

namespace fs = std::filesystem;

StatusOr<FileLock> LockTrash(Library& library) {
  return FileLock::Take(library.app().catalog_files().trash_lock(), "move of files to the trash");
}

bool Exists(const fs::path& path) {
  std::error_code error;
  return fs::symlink_status(path, error).type() != fs::file_type::not_found;
}

// Makes the moves themselves permanent.
Status SyncFoldersOf(std::span<const TrashMove> moves) {
  std::set<fs::path> folders;
  for (const TrashMove& move : moves) {
    folders.insert(fs::path(move.path).parent_path());
    folders.insert(fs::path(move.trash_path).parent_path());
  }
  for (const fs::path& folder : folders) {
    if (Exists(folder)) {
      CALOTYPE_RETURN_IF_ERROR(SyncFolder(folder));
    }
  }
  return absl::OkStatus();
}

// Creates the folder of a file in the trash. What is at the place of the trash folder may be anything.
Status MakeFolderFor(const fs::path& trash_path) {
  std::error_code error;
  for (fs::path above = trash_path.parent_path(); above.has_relative_path(); above = above.parent_path()) {
    if (above.filename() == kTrashFolder && fs::symlink_status(above, error).type() == fs::file_type::symlink) {
      return absl::FailedPreconditionError(
          fmt::format("{} is a link; files are moved into a folder only", above.string()));
    }
  }
  fs::create_directories(trash_path.parent_path(), error);
  return error ? ErrnoStatus(error.value(), fmt::format("cannot create {}", trash_path.parent_path().string()))
               : absl::OkStatus();
}

// Removes the folders of files in the trash that have become empty, up to the trash folder.
void RemoveEmptyFolders(std::span<const TrashMove> moves) {
  for (const TrashMove& move : moves) {
    fs::path folder = fs::path(move.trash_path).parent_path();
    std::error_code error;
    // Fails for a folder that is not empty.
    while (fs::remove(folder, error) && folder.filename() != kTrashFolder) {
      folder = folder.parent_path();
    }
  }
}

// What could not be moved back, and the first reason.
struct Left {
  std::vector<TrashMove> moves;
  Status reason;
};

// Moves back what is in the trash, the last first. The log names what cannot be moved.
Left MoveBack(std::span<const TrashMove> moves) {
  Left left;
  for (const TrashMove& move : std::views::reverse(moves)) {
    if (!Exists(move.trash_path)) {
      continue;
    }
    if (const Status moved = RenameWithoutReplacing(move.trash_path, move.path); !moved.ok()) {
      LogWarning("trash: {}", Message(moved));
      left.moves.push_back(move);
      left.reason.Update(moved);
    }
  }
  RemoveEmptyFolders(moves);
  return left;
}

// Moves back, and records it.
StatusOr<Left> Return(Catalog& catalog, DecisionId decision, std::span<const TrashMove> moves) {
  Left left = MoveBack(moves);
  CALOTYPE_RETURN_IF_ERROR(SyncFoldersOf(moves));
  CALOTYPE_RETURN_IF_ERROR(catalog.CompleteReturn(decision, left.moves));
  return left;
}

Status MoveAll(std::span<const TrashMove> moves) {
  for (const TrashMove& move : moves) {
    CALOTYPE_RETURN_IF_ERROR(MakeFolderFor(move.trash_path));
    CALOTYPE_RETURN_IF_ERROR(RenameWithoutReplacing(move.path, move.trash_path));
  }
  return SyncFoldersOf(moves);
}

// Before the first file is moved back.
Status CheckReturn(std::span<const TrashMove> moves) {
  for (const TrashMove& move : moves) {
    if (!Exists(move.trash_path)) {
      return absl::FailedPreconditionError(fmt::format("{} is not there any more", move.trash_path));
    }
    if (Exists(move.path)) {
      return absl::FailedPreconditionError(fmt::format("there is something at {} now", move.path));
    }
    if (!Exists(fs::path(move.path).parent_path())) {
      return absl::FailedPreconditionError(
          fmt::format("the folder {} is not there any more", fs::path(move.path).parent_path().string()));
    }
  }
  return absl::OkStatus();
}

}  // namespace

StatusOr<Trashed> MoveToTrash(Library& library, const TrashRequest& request) {
  CALOTYPE_ASSIGN_OR_RETURN(const FileLock lock, LockTrash(library));
  CALOTYPE_ASSIGN_OR_RETURN(const TrashPlan plan, PlanTrash(library, request));
  CALOTYPE_ASSIGN_OR_RETURN(const CatalogLease catalog, library.Catalogue());
  CALOTYPE_ASSIGN_OR_RETURN(const DecisionId decision, catalog->PlanTrash(plan.moves, plan.photos));
  if (Status moved = MoveAll(plan.moves); !moved.ok()) {
    CALOTYPE_RETURN_IF_ERROR(Return(*catalog, decision, plan.moves).status());
    return moved;
  }
  CALOTYPE_RETURN_IF_ERROR(catalog->CompleteTrash(decision));
  return Trashed{.decision = decision, .photos = plan.photos, .files = std::ssize(plan.moves)};
}

StatusOr<DecisionRecord> ReturnFromTrash(Library& library, DecisionId decision) {
  CALOTYPE_ASSIGN_OR_RETURN(const FileLock lock, LockTrash(library));
  CALOTYPE_ASSIGN_OR_RETURN(const CatalogLease catalog, library.Catalogue());
  CALOTYPE_ASSIGN_OR_RETURN(const std::vector<TrashMove> moves, catalog->TrashMoves(decision));
  CALOTYPE_ASSIGN_OR_RETURN(const DecisionRecord record, catalog->Decision(decision));
  if (!record.obstacle.empty()) {
    return absl::FailedPreconditionError(fmt::format("decision {} cannot be undone: {}", decision, record.obstacle));
  }
  if (const Status free = CheckReturn(moves); !free.ok()) {
    return absl::FailedPreconditionError(fmt::format("decision {} cannot be undone: {}", decision, Message(free)));
  }
  CALOTYPE_RETURN_IF_ERROR(catalog->PlanReturn(decision));
  CALOTYPE_ASSIGN_OR_RETURN(const Left left, Return(*catalog, decision, moves));
  if (!left.moves.empty()) {
    return absl::FailedPreconditionError(
        fmt::format("{} of {} files of decision {} could not be moved back and are still in the trash: {}",
                    left.moves.size(), moves.size(), decision, Message(left.reason)));
  }
  return catalog->Decision(decision);
}

Status RecoverTrash(Library& library) {
  // The catalogue on a server is also that of other machines, one of which may be moving files right now.
  if (library.app().catalog_files().on_server() && library.app().settings().trash_folders.empty()) {
    return absl::OkStatus();
  }
  CALOTYPE_ASSIGN_OR_RETURN(const CatalogLease catalog, library.Catalogue());
  CALOTYPE_ASSIGN_OR_RETURN(const std::vector<DecisionId> unfinished, catalog->UnfinishedTrash());
  if (unfinished.empty()) {
    return absl::OkStatus();
  }
  const StatusOr<FileLock> lock = LockTrash(library);
  if (!lock.ok()) {
    return absl::OkStatus();
  }
  // Read again under the lock: another process may have finished meanwhile.
  CALOTYPE_ASSIGN_OR_RETURN(const std::vector<DecisionId> interrupted, catalog->UnfinishedTrash());
  for (const DecisionId decision : interrupted) {
    CALOTYPE_ASSIGN_OR_RETURN(const std::vector<TrashMove> moves, catalog->TrashMoves(decision));
    CALOTYPE_ASSIGN_OR_RETURN(const Left left, Return(*catalog, decision, moves));
    LogWarning("trash: a move of {} files was interrupted, and is taken back; {} of them are still in the trash",
               moves.size(), left.moves.size());
  }
  return absl::OkStatus();
}

}  // namespace calotype
