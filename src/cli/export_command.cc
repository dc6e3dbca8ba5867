// calotype export
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "app/open_catalog.h"
#include "base/file.h"
#include "cli/command.h"
#include "cli/export_rows.h"
#include "cli/findings_json.h"
#include "cli/search_run.h"
#include "cli/terminal.h"
#include "photo/sidecar.h"

namespace calotype {
namespace {

namespace fs = std::filesystem;

// More photos than a query answers on one page anywhere else.
constexpr int kAllPhotos = 1'000'000'000;
constexpr int kAllRanks = 1'000'000;

struct ExportArguments {
  std::vector<std::string> query;
  std::string to;
  std::string out;
};

std::span<const uint8_t> Bytes(const std::string& text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

// Where rows go: standard output, or a file that gets its name when it is complete, and is not there otherwise.
class Output {
 public:
  Output(Output&& other) noexcept
      : file_(std::move(other.file_)),
        part_(std::exchange(other.part_, {})),
        descriptor_(std::move(other.descriptor_)) {}
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;
  Output& operator=(Output&&) = delete;
  ~Output() {
    if (!part_.empty()) {
      std::error_code error;
      fs::remove(part_, error);
    }
  }

  static StatusOr<Output> Open(const std::string& file) {
    Output output;
    if (!file.empty()) {
      output.file_ = file;
      output.part_ = file + ".part";
      output.descriptor_ = UniqueFd(open(output.part_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666));
      if (output.descriptor_.get() < 0) {
        return ErrnoStatus(errno, fmt::format("create {}", output.part_.string()));
      }
    }
    return output;
  }

  Status Write(const std::string& text) {
    if (file_.empty()) {
      Print(text);
      return absl::OkStatus();
    }
    return WriteAll(descriptor_.get(), Bytes(text));
  }

  Status Finish() {
    if (file_.empty()) {
      return absl::OkStatus();
    }
    if (fsync(descriptor_.get()) != 0) {
      return ErrnoStatus(errno, fmt::format("write {}", part_.string()));
    }
    std::error_code error;
    fs::rename(part_, file_, error);
    if (error) {
      return ErrnoStatus(error.value(), fmt::format("rename {}", part_.string()));
    }
    part_.clear();
    return absl::OkStatus();
  }

 private:
  Output() = default;

  fs::path file_;
  fs::path part_;
  UniqueFd descriptor_;
};

StatusOr<std::vector<PhotoId>> PhotosToExport(const App& app, const std::vector<std::string>& words) {
  Query query;
  if (!words.empty()) {
    CALOTYPE_ASSIGN_OR_RETURN(query, ReadQuery(words));
  }
  const SearchOptions options{.limit = query.meaning.empty() && query.likes.empty() ? kAllPhotos : kAllRanks,
                              .explain = false};
  CALOTYPE_ASSIGN_OR_RETURN(const SearchResult result, RunQuery(app, query, options));
  std::vector<PhotoId> photos;
  photos.reserve(result.hits.size());
  for (const Hit& hit : result.hits) {
    photos.push_back(hit.photo);
  }
  return photos;
}

CommandResult ExportRows(App& app, const ExportArguments& arguments, bool csv) {
  CALOTYPE_ASSIGN_OR_RETURN(const auto catalog, OpenCatalog(app, false));
  if (!arguments.out.empty()) {
    CALOTYPE_RETURN_IF_ERROR(CheckIsNoPhoto(*catalog, arguments.out));
  }
  CALOTYPE_ASSIGN_OR_RETURN(const std::vector<PhotoId> photos, PhotosToExport(app, arguments.query));
  CALOTYPE_ASSIGN_OR_RETURN(Output output, Output::Open(arguments.out));
  if (csv) {
    CALOTYPE_RETURN_IF_ERROR(output.Write(CsvHead()));
  }
  for (const PhotoId id : photos) {
    CALOTYPE_ASSIGN_OR_RETURN(const PhotoRecord photo, catalog->GetPhoto(id));
    CALOTYPE_RETURN_IF_ERROR(output.Write(csv ? CsvRow(photo) : JsonLine(PhotoToJson(photo))));
  }
  CALOTYPE_RETURN_IF_ERROR(output.Finish());
  if (!arguments.out.empty()) {
    Print(fmt::format("{} photos to {}\n", photos.size(), arguments.out));
  }
  return 0;
}

// True when the sidecar of the file was written; false when it has all of it already, or there is nothing to say.
StatusOr<bool> WriteSidecar(const fs::path& path, const XmpAdditions& additions) {
  if (additions.keywords.empty() && additions.regions.empty()) {
    return false;
  }
  const std::vector<fs::path> known = SidecarsOf(path);
  const fs::path sidecar = known.empty() ? fs::path(path.string() + ".xmp") : known.front();
  std::string before;
  if (!known.empty()) {
    CALOTYPE_ASSIGN_OR_RETURN(before, ReadTextFile(sidecar));
  }
  const StatusOr<std::string> packet = AddToXmp(before, additions);
  if (!packet.ok()) {
    return absl::Status(packet.status().code(), fmt::format("{}: {}", sidecar.string(), Message(packet.status())));
  }
  if (*packet == before) {
    return false;
  }
  CALOTYPE_RETURN_IF_ERROR(WriteFileAtomically(sidecar, Bytes(*packet)));
  return true;
}

CommandResult ExportSidecars(App& app, const ExportArguments& arguments) {
  if (!arguments.out.empty()) {
    return absl::InvalidArgumentError("--out is for jsonl and csv; sidecars stand beside their photos");
  }
  CALOTYPE_ASSIGN_OR_RETURN(const auto catalog, OpenCatalog(app, false));
  CALOTYPE_ASSIGN_OR_RETURN(const std::vector<PhotoId> photos, PhotosToExport(app, arguments.query));
  int64_t written = 0;
  int64_t same = 0;
  int64_t failed = 0;
  for (const PhotoId id : photos) {
    CALOTYPE_ASSIGN_OR_RETURN(const PhotoRecord photo, catalog->GetPhoto(id));
    const XmpAdditions additions = XmpOf(photo);
    for (std::size_t i = 0; i < photo.present_paths; ++i) {
      const StatusOr<bool> done = WriteSidecar(photo.paths[i], additions);
      if (!done.ok()) {
        PrintError(Printable(Message(done.status())));
        ++failed;
      } else {
        ++(*done ? written : same);
      }
    }
  }
  Print(fmt::format("{} sidecars written, {} had nothing new to say{}\n", written, same,
                    failed > 0 ? fmt::format(", {} failed", failed) : ""));
  return failed > 0 ? 1 : 0;
}

CommandResult Export(App& app, const ExportArguments& arguments) {
  if (arguments.to == "xmp") {
    return ExportSidecars(app, arguments);
  }
  if (arguments.to == "jsonl" || arguments.to == "csv") {
    return ExportRows(app, arguments, arguments.to == "csv");
  }
  return absl::InvalidArgumentError(fmt::format("--to is '{}'; it can be xmp, jsonl or csv", arguments.to));
}

}  // namespace

void AddExportCommand(CommandLine& parser, App& app) {
  CommandLine command =
      parser.AddCommand("export", "What is known of photos, as sidecars beside them (xmp) or as a table (jsonl, csv)");
  const auto arguments = std::make_shared<ExportArguments>();
  command.AddOptionalWords("QUERY", arguments->query, "Which photos (docs/query.md); none: all");
  command.AddOption("--to", arguments->to, "xmp, jsonl or csv");
  command.AddOption("--out", arguments->out, "jsonl and csv: a file; none: standard output");
  command.SetAction([=, &app] { return Export(app, *arguments); });
}

}  // namespace calotype
