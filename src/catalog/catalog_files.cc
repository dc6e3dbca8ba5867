#include "catalog/catalog_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <system_error>

#include "base/folders.h"
#include "base/sha256.h"
#include "catalog/postgres_address.h"
#include "catalog/postgres_schema.h"
#include "catalog/schema.h"

namespace calotype {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kSqlite = "sqlite:";
constexpr std::string_view kForms = "sqlite:PATH, a path, or postgresql://USER@HOST/DATABASE";
constexpr std::string_view kReplaced = ".before-restore";

// The part of a URL before the colon, such as "postgresql"; empty when `url` has none. A single letter or a slash
// before the colon means a path.
std::string_view SchemeOf(std::string_view url) {
  const std::size_t colon = url.find(':');
  const std::string_view scheme = url.substr(0, colon == std::string_view::npos ? 0 : colon);
  const bool is_scheme = scheme.size() > 1 && std::ranges::all_of(scheme, [](char c) {
                           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '-';
                         });
  return is_scheme ? scheme : std::string_view();
}

// A readable name of a folder, which differs for each address.
std::string FolderName(std::string_view address) {
  std::string name(address.substr(address.find("//") + 2));
  std::ranges::replace_if(
      name, [](char c) { return !((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')); }, '-');
  return fmt::format("{}-{}", name,
                     Sha256({reinterpret_cast<const uint8_t*>(address.data()), address.size()}).Hex().substr(0, 12));
}

}  // namespace

int64_t CatalogFiles::schema_version() const { return on_server_ ? PostgresSchemaVersion() : SchemaVersion(); }

bool CatalogFiles::MayExist() const {
  std::error_code error;
  return on_server_ || fs::exists(database_, error);
}

StatusOr<CatalogFiles> CatalogFiles::Of(const std::string& url) {
  if (IsPostgresUrl(url)) {
    CALOTYPE_ASSIGN_OR_RETURN(const PostgresAddress address, PostgresAddress::Of(url));
    const auto environment = [](const char* name) -> const char* { return std::getenv(name); };
    return CatalogFiles(FoldersFromEnvironment(environment).data / "servers" / FolderName(address.name) / "catalog",
                        address.name, /*on_server=*/true);
  }
  std::string_view path = url;
  if (path.starts_with(kSqlite)) {
    path.remove_prefix(kSqlite.size());
  } else if (const std::string_view scheme = SchemeOf(url); !scheme.empty()) {
    return absl::InvalidArgumentError(fmt::format("the catalogue has the unknown type \"{}\"; use {}", scheme, kForms));
  }
  if (path.empty()) {
    return absl::InvalidArgumentError(fmt::format("the catalogue \"{}\" names no file; use {}", url, kForms));
  }
  return CatalogFiles(std::filesystem::path(path), std::string(path), /*on_server=*/false);
}

std::filesystem::path CatalogFiles::in_flight(const WorkOwner& owner) const {
  // Versions before 6 had one file for all.
  return Beside(owner.random == kOwnerBeforeVersion6 ? ".inflight" : fmt::format(".inflight-{}", owner.random));
}

std::filesystem::path CatalogFiles::NextBeforeRestore() const {
  for (int number = 1;; ++number) {
    const fs::path file = Beside(number == 1 ? std::string(kReplaced) : fmt::format("{}-{}", kReplaced, number));
    // SQLite would take a "-wal" file that was left by an earlier database for one of this database.
    std::error_code error;
    if (!fs::exists(file, error) && !fs::exists(file.string() + "-wal", error) &&
        !fs::exists(file.string() + "-shm", error)) {
      return file;
    }
  }
}

std::vector<fs::path> CatalogFiles::ReplacedByRestore() const {
  const std::string first = Beside(kReplaced).filename().string();
  std::vector<fs::path> found;
  std::error_code error;
  for (fs::directory_iterator entry(folder().empty() ? fs::path(".") : folder(), error), end; !error && entry != end;
       entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    // Not the log of one.
    if (name.starts_with(first) && !name.ends_with("-wal") && !name.ends_with("-shm")) {
      found.push_back(entry->path());
    }
  }
  std::ranges::sort(found);
  return found;
}

std::filesystem::path CatalogFiles::Beside(std::string_view suffix) const {
  return database_.string() + std::string(suffix);
}

}  // namespace calotype
