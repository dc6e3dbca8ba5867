#include "catalog/copy_catalog.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <utility>

#include "base/sha256.h"
#include "base/text.h"
#include "catalog/catalog.h"
#include "catalog/library_keys.h"
#include "catalog/row_values.h"
#include "catalog/sql.h"
#include "catalog/sql_catalog.h"
#include "catalog/text_query.h"

namespace calotype {
namespace {

using Json = nlohmann::json;

// Rows that are read and written in one transaction, and rows in one INSERT.
constexpr int kPage = 2000;
constexpr std::size_t kValuesOfInsert = 2000;

// The state of a copy that is not complete, in the table "library" of the copy.
constexpr std::string_view kProgressKey = "copy.progress";

// How a column is read and written. SQLite keeps paths as texts, PostgreSQL as bytes.
enum class ColumnType : char { kInt = 'i', kReal = 'r', kText = 't', kPath = 'p', kBlob = 'b' };

struct Column {
  std::string_view name;
  ColumnType type;
};

struct Table {
  std::string_view name;
  // "NAME:TYPE ..."; the first `keys` columns are a key that both databases can read in order.
  std::string_view columns;
  std::size_t keys;
  // The column whose numbers the database gives; empty if there is none.
  std::string_view id;
  // Rows that are not copied; empty if all are.
  std::string_view except;
};

// In an order in which no row refers to one that does not exist yet. Full-text indices are written anew. Triggers write
// the last three while the others are copied; these rows are replaced.
constexpr std::array kTables = {
    Table{"label", "id:i name:t", 1, "id", ""},
    Table{"person", "id:i name:t created_at:i hidden:i cover_face_id:i", 1, "id", ""},
    Table{"merged_person", "id:i into_id:i", 1, "", ""},
    Table{"required", "analysis:t version:t", 1, "", ""},
    Table{"library", "key:t value:t", 1, "", "key IN ('id', 'copy.progress')"},
    Table{"backup", "path:p made_at:i", 1, "", ""},
    Table{"root", "path:p scanned_at:i files:i problem:t", 1, "", ""},
    Table{"problem", "path:p reason:t", 1, "", ""},
    Table{"decision", "id:i kind:i text:t made_at:i undone_at:i moving:i", 1, "id", ""},
    Table{"decision_change", "decision_id:i kind:i about:i other:i before:t after:t", 4, "", ""},
    Table{"decision_person", "person_id:i decision_id:i", 2, "", ""},
    Table{"trash_file", "decision_id:i path:p trash_path:p", 2, "", ""},
    Table{"work_owner", "id:i host:t boot:t pid_namespace:i pid:i start_time:i random:t expires_at:i expires_boot_ms:i",
          1, "id", ""},
    Table{"photo",
          "id:i sha256:b bytes:i format:i width:i height:i taken_at:t camera:t lens:t orientation:i latitude:r"
          " longitude:r altitude:r added_at:i taken_utc:i time_zone:t city:t region:t country:t title:t description:t"
          " rating:i orphaned_at:i pages:i thumb_hash:b",
          1, "id", ""},
    Table{"file", "path:p photo_id:i size:i mtime_ns:i missing:i missing_since:i ctime_ns:i inode:i", 1, "", ""},
    Table{"companion", "photo_path:p path:p kind:i size:i mtime_ns:i ctime_ns:i inode:i", 2, "", ""},
    Table{"analysis",
          "photo_id:i analysis:t version:t state:i reason:t device:t ms:r attempts:i updated_at:i found_version:t"
          " retry_at:i crashes:i kills:i priority:i",
          2, "", ""},
    Table{"chunk", "id:i priority:i owner_id:i token:i attempts:i analyses:t", 1, "id", ""},
    Table{"claim", "photo_id:i chunk_id:i", 1, "", ""},
    Table{"kept", "photo_id:i analysis:t version:t id:i findings:b people:b", 3, "id", ""},
    Table{"object", "photo_id:i id:i label_id:i score:r x:r y:r width:r height:r", 2, "id", ""},
    Table{"tag", "photo_id:i label_id:i score:r", 2, "", ""},
    Table{"embedding", "space:t photo_id:i version:t vector:b", 2, "", ""},
    Table{"face",
          "photo_id:i position:i id:i score:r x:r y:r width:r height:r landmarks:b embedding:b person_id:i decided:i"
          " sharpness:r",
          2, "id", ""},
    Table{"face_not_person", "face_id:i person_id:i", 2, "", ""},
    Table{"forgotten_face", "photo_id:i id:i x:r y:r width:r height:r", 2, "id", ""},
    Table{"photo_mark", "mark:i photo_id:i", 2, "", ""},
    Table{"text_line", "photo_id:i position:i text:t score:r quad:b page:i", 2, "", ""},
    Table{"pdq", "photo_id:i hash:b quality:i", 1, "", ""},
    Table{"keyword", "photo_id:i name:t", 2, "", ""},
    Table{"named_region", "photo_id:i position:i name:t x:r y:r width:r height:r imported:i", 2, "", ""},
    Table{"vector_change", "id:i space:t photo_id:i", 1, "id", ""},
    Table{"photo_change", "number:i photo_id:i", 1, "number", ""},
    Table{"vocabulary", "kind:i value:p uses:i", 2, "", ""},
};
constexpr std::array kWrittenByTriggers = {"vector_change", "photo_change", "vocabulary"};

// A value of any column.
struct Value {
  bool is_null = false;
  int64_t number = 0;
  double real = 0;
  std::string bytes;
};
using Row = std::vector<Value>;

std::vector<Column> ColumnsOf(const Table& table) {
  std::vector<Column> columns;
  for (const std::string_view one : Split(table.columns, ' ')) {
    columns.push_back({.name = one.substr(0, one.size() - 2), .type = static_cast<ColumnType>(one.back())});
  }
  return columns;
}

std::string NamesOf(std::span<const Column> columns, std::string_view suffix = "") {
  std::string names;
  for (const Column& column : columns) {
    names += fmt::format("{}{}{}", names.empty() ? "" : ", ", column.name, suffix);
  }
  return names;
}

Value ValueOf(const Statement& row, int index, ColumnType type) {
  Value value = {.is_null = row.IsNull(index)};
  if (value.is_null) {
    return value;
  }
  switch (type) {
    case ColumnType::kInt:
      value.number = row.Int(index);
      break;
    case ColumnType::kReal:
      value.real = row.Real(index);
      break;
    case ColumnType::kText:
    case ColumnType::kPath:
      value.bytes = row.Text(index);
      break;
    case ColumnType::kBlob: {
      const Blob bytes = row.Bytes(index);
      value.bytes.assign(bytes.begin(), bytes.end());
      break;
    }
  }
  return value;
}

void BindValue(Statement& statement, int index, const Value& value, ColumnType type) {
  if (value.is_null) {
    statement.BindAt(index, nullptr);
    return;
  }
  switch (type) {
    case ColumnType::kInt:
      statement.BindAt(index, value.number);
      break;
    case ColumnType::kReal:
      statement.BindAt(index, value.real);
      break;
    case ColumnType::kText:
      statement.BindAt(index, value.bytes);
      break;
    case ColumnType::kPath:
      statement.BindAt(index, PathBytes(value.bytes));
      break;
    case ColumnType::kBlob:
      statement.BindAt(index, Blob(reinterpret_cast<const uint8_t*>(value.bytes.data()), value.bytes.size()));
      break;
  }
}

// The next rows after those with the key `after`; from the first if it is empty.
StatusOr<std::vector<Row>> ReadPage(Database& database, const Table& table, const Row& after) {
  const std::vector<Column> columns = ColumnsOf(table);
  const std::span<const Column> keys = std::span(columns).first(table.keys);
  std::string where = table.except.empty() ? "" : fmt::format(" WHERE NOT ({})", table.except);
  if (!after.empty()) {
    std::string values;
    for (std::size_t i = 1; i <= keys.size(); ++i) {
      values += fmt::format("{}?{}", i == 1 ? "" : ", ", i);
    }
    where += fmt::format("{}({}) > ({})", where.empty() ? " WHERE " : " AND ", NamesOf(keys), values);
  }
  CALOTYPE_ASSIGN_OR_RETURN(Statement rows,
                            database.Query(fmt::format("SELECT {} FROM {}{} ORDER BY {} LIMIT {}", NamesOf(columns),
                                                       table.name, where, NamesOf(keys), kPage)));
  for (std::size_t i = 0; i < after.size(); ++i) {
    BindValue(rows, static_cast<int>(i) + 1, after[i], keys[i].type);
  }
  std::vector<Row> page;
  CALOTYPE_RETURN_IF_ERROR(rows.ForEach([&](const Statement& row) {
    Row& values = page.emplace_back();
    for (std::size_t i = 0; i < columns.size(); ++i) {
      values.push_back(ValueOf(row, static_cast<int>(i), columns[i].type));
    }
  }));
  return page;
}

Row KeyOf(const Table& table, const std::vector<Row>& page) {
  return {page.back().begin(), page.back().begin() + static_cast<std::ptrdiff_t>(table.keys)};
}

Status WriteRows(Database& database, const Table& table, std::span<const Row> rows) {
  const std::vector<Column> columns = ColumnsOf(table);
  std::string values;
  int index = 0;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    values += row == 0 ? "(" : ", (";
    for (std::size_t i = 0; i < columns.size(); ++i) {
      values += fmt::format("{}?{}", i == 0 ? "" : ", ", ++index);
    }
    values += ')';
  }
  CALOTYPE_ASSIGN_OR_RETURN(Statement insert, database.Query(fmt::format("INSERT INTO {}({}) VALUES {}", table.name,
                                                                         NamesOf(columns), values)));
  index = 0;
  for (const Row& row : rows) {
    for (std::size_t i = 0; i < columns.size(); ++i) {
      BindValue(insert, ++index, row[i], columns[i].type);
    }
  }
  return insert.Run();
}

Status WritePage(Database& database, const Table& table, std::span<const Row> page) {
  const std::size_t some = std::max<std::size_t>(kValuesOfInsert / ColumnsOf(table).size(), 1);
  for (std::size_t at = 0; at < page.size(); at += some) {
    CALOTYPE_RETURN_IF_ERROR(WriteRows(database, table, page.subspan(at, std::min(some, page.size() - at))));
  }
  return absl::OkStatus();
}

// Where a copy is: in which table, and after which key.
struct Place {
  std::string source;  // the id of the catalogue that is copied
  std::size_t table = 0;
  Row after;
};

Json KeyToJson(const Row& key) {
  Json values = Json::array();
  for (const Value& value : key) {
    values.push_back({value.number, Json::binary_t(std::vector<uint8_t>(value.bytes.begin(), value.bytes.end()))});
  }
  return values;
}

// CBOR, because keys have bytes of any kind; in Base64-like pairs of hexadecimal digits, because the key's value is a
// text.
std::string ToText(const Place& place) {
  std::string text;
  for (const uint8_t byte : Json::to_cbor({place.source, place.table, KeyToJson(place.after)})) {
    text += fmt::format("{:02x}", byte);
  }
  return text;
}

StatusOr<Place> ParsePlace(std::string_view text) {
  try {
    std::vector<uint8_t> bytes;
    for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
      bytes.push_back(static_cast<uint8_t>(std::stoi(std::string(text.substr(i, 2)), nullptr, 16)));
    }
    const Json json = Json::from_cbor(bytes);
    Place place = {.source = json.at(0).get<std::string>(), .table = json.at(1).get<std::size_t>(), .after = {}};
    for (const Json& value : json.at(2)) {
      const auto& binary = value.at(1).get_binary();
      place.after.push_back(
          {.number = value.at(0).get<int64_t>(), .real = 0, .bytes = std::string(binary.begin(), binary.end())});
    }
    return place;
  } catch (const std::exception& error) {
    return absl::DataLossError(
        fmt::format("the state of the copy cannot be read ({}); copy to an empty catalogue", error.what()));
  }
}

// The full-text indices of the copy, which differ between databases.
Status WriteTexts(Database& database) {
  CALOTYPE_RETURN_IF_ERROR(database.Execute("DELETE FROM text_fts"));
  CALOTYPE_RETURN_IF_ERROR(database.Execute("DELETE FROM name_fts"));
  const auto indexed = database.dialect().indexed_line;
  // Photo by photo: `select` has the photo and a line, in the order of both.
  const auto write = [&](std::string_view table, std::string_view select, std::string_view (*part)(std::string_view)) {
    CALOTYPE_ASSIGN_OR_RETURN(Statement rows, database.Query(select));
    const std::string insert = fmt::format("INSERT INTO {}(rowid, body) VALUES (?1, ?2)", table);
    PhotoId photo = 0;
    std::string body;
    bool any = false;
    Status status;
    const auto finish = [&] {
      if (any && !body.empty()) {
        status.Update(database.Execute(insert, photo, body));
      }
    };
    CALOTYPE_RETURN_IF_ERROR(rows.ForEach([&](const Statement& row) {
      if (!any || row.Int(0) != photo) {
        finish();
        photo = row.Int(0);
        body.clear();
        any = true;
        body = indexed(part(row.Text(1)));
        return;
      }
      body += "\n" + indexed(part(row.Text(1)));
    }));
    finish();
    return status;
  };
  CALOTYPE_RETURN_IF_ERROR(write("text_fts", "SELECT photo_id, text FROM text_line ORDER BY photo_id, position",
                                 [](std::string_view line) { return line; }));
  return write("name_fts", "SELECT photo_id, path FROM file ORDER BY photo_id, path", LastNames);
}

void AddNumber(uint64_t number, std::string& bytes) {
  const auto raw = std::bit_cast<std::array<char, sizeof(number)>>(number);
  bytes.append(raw.data(), raw.size());
}

// Adds a row to what is hashed. `kept` makes texts equal that one of the databases cannot keep as they are.
void AddRow(const Row& row, std::span<const Column> columns, const Database& kept, std::string& bytes) {
  for (std::size_t i = 0; i < row.size(); ++i) {
    if (row[i].is_null) {
      bytes += 'n';
    } else if (columns[i].type == ColumnType::kInt) {
      AddNumber(static_cast<uint64_t>(row[i].number), bytes += 'i');
    } else if (columns[i].type == ColumnType::kReal) {
      AddNumber(std::bit_cast<uint64_t>(row[i].real), bytes += 'r');
    } else {
      const std::string text = columns[i].type == ColumnType::kText ? kept.KeptText(row[i].bytes) : row[i].bytes;
      AddNumber(text.size(), bytes += 's');
      bytes += text;
    }
  }
}

StatusOr<CopiedTable> Summarise(Database& database, const Database& kept, const Table& table) {
  const std::vector<Column> columns = ColumnsOf(table);
  CopiedTable summary = {.name = std::string(table.name), .rows = 0, .sha256 = ""};
  std::string bytes;  // the hash so far, then the rows of a page
  for (Row after;;) {
    CALOTYPE_ASSIGN_OR_RETURN(const std::vector<Row> page, ReadPage(database, table, after));
    for (const Row& row : page) {
      AddRow(row, columns, kept, bytes);
    }
    summary.rows += std::ssize(page);
    bytes = Sha256({reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()}).Hex();
    if (page.empty()) {
      summary.sha256 = bytes;
      return summary;
    }
    after = KeyOf(table, page);
  }
}

class Copy {
 public:
  Copy(Database& from, Database& to, const CopyProgress& progress) : from_(from), to_(to), progress_(progress) {}

  // Finds out where to begin.
  Status Begin();
  Status CopyTables();
  Status Finish();
  StatusOr<std::vector<CopiedTable>> Compare();

 private:
  Status CopyTable(const Table& table);
  Status SavePlace() { return WriteKey(to_, kProgressKey, ToText(place_)); }

  Database& from_;
  Database& to_;
  const CopyProgress& progress_;
  Place place_;
};

Status Copy::Begin() {
  CALOTYPE_ASSIGN_OR_RETURN(const std::optional<std::string> source, ReadKey(from_, kLibraryIdKey));
  CALOTYPE_ASSIGN_OR_RETURN(const std::optional<std::string> target, ReadKey(to_, kLibraryIdKey));
  if (source == target) {
    return absl::FailedPreconditionError(fmt::format("{} and {} are the same catalogue", from_.name(), to_.name()));
  }
  CALOTYPE_ASSIGN_OR_RETURN(const std::optional<std::string> begun, ReadKey(to_, kProgressKey));
  if (begun.has_value()) {
    CALOTYPE_ASSIGN_OR_RETURN(place_, ParsePlace(*begun));
    return place_.source == source ? absl::OkStatus()
                                   : absl::FailedPreconditionError(fmt::format(
                                         "{} has a part of another catalogue; copy to an empty one", to_.name()));
  }
  CALOTYPE_ASSIGN_OR_RETURN(const auto used, to_.QueryInt("SELECT 1 FROM photo UNION ALL SELECT 1 FROM root UNION ALL"
                                                          " SELECT 1 FROM person UNION ALL SELECT 1 FROM decision"
                                                          " LIMIT 1"));
  if (used.has_value()) {
    return absl::FailedPreconditionError(
        fmt::format("{} is not empty, and a copy does not mix catalogues; name an empty one", to_.name()));
  }
  place_ = {.source = source.value_or(""), .table = 0, .after = {}};
  return absl::OkStatus();
}

Status Copy::CopyTable(const Table& table) {
  int64_t copied = 0;
  while (true) {
    CALOTYPE_ASSIGN_OR_RETURN(const std::vector<Row> page, ReadPage(from_, table, place_.after));
    CALOTYPE_ASSIGN_OR_RETURN(DatabaseTransaction transaction, DatabaseTransaction::Begin(to_));
    const bool is_first = place_.after.empty();
    if (is_first && table.name == "required") {
      CALOTYPE_RETURN_IF_ERROR(to_.Execute("DELETE FROM required"));
    }
    if (is_first && std::ranges::find(kWrittenByTriggers, table.name) != kWrittenByTriggers.end()) {
      CALOTYPE_RETURN_IF_ERROR(to_.Execute(fmt::format("DELETE FROM {}", table.name)));
    }
    CALOTYPE_RETURN_IF_ERROR(WritePage(to_, table, page));
    if (page.empty()) {
      ++place_.table;
      place_.after.clear();
    } else {
      place_.after = KeyOf(table, page);
    }
    CALOTYPE_RETURN_IF_ERROR(SavePlace());
    CALOTYPE_RETURN_IF_ERROR(transaction.Commit());
    copied += std::ssize(page);
    if (page.empty()) {
      return absl::OkStatus();
    }
    progress_(table.name, copied);
  }
}

Status Copy::CopyTables() {
  while (place_.table < kTables.size()) {
    CALOTYPE_RETURN_IF_ERROR(CopyTable(kTables[place_.table]));
  }
  return absl::OkStatus();
}

Status Copy::Finish() {
  CALOTYPE_ASSIGN_OR_RETURN(DatabaseTransaction transaction, DatabaseTransaction::Begin(to_));
  CALOTYPE_RETURN_IF_ERROR(WriteTexts(to_));
  for (const Table& table : kTables) {
    if (!table.id.empty()) {
      CALOTYPE_ASSIGN_OR_RETURN(const int64_t last, from_.LastId(table.name, table.id));
      CALOTYPE_RETURN_IF_ERROR(to_.SetLastId(table.name, table.id, last));
    }
  }
  return transaction.Commit();
}

StatusOr<std::vector<CopiedTable>> Copy::Compare() {
  std::vector<CopiedTable> tables;
  std::string different;
  for (const Table& table : kTables) {
    CALOTYPE_ASSIGN_OR_RETURN(const CopiedTable source, Summarise(from_, to_, table));
    CALOTYPE_ASSIGN_OR_RETURN(CopiedTable target, Summarise(to_, from_, table));
    if (source.rows != target.rows || source.sha256 != target.sha256) {
      different += fmt::format("{}{} ({} rows, {} in the copy)", different.empty() ? "" : ", ", table.name, source.rows,
                               target.rows);
    }
    tables.push_back(std::move(target));
  }
  if (!different.empty()) {
    return absl::DataLossError(
        fmt::format("the copy {} differs from {} in {}; it was changed meanwhile: empty the copy, and copy again while "
                    "nobody writes",
                    to_.name(), from_.name(), different));
  }
  CALOTYPE_RETURN_IF_ERROR(DropKey(to_, kProgressKey));
  return tables;
}

}  // namespace

StatusOr<std::vector<CopiedTable>> CopyCatalog(const std::string& from, const std::string& to,
                                               const CopyProgress& progress) {
  CALOTYPE_ASSIGN_OR_RETURN(const CatalogFiles files, CatalogFiles::Of(from));
  if (!files.MayExist()) {
    return absl::NotFoundError(fmt::format("there is no catalogue {}", files.database().string()));
  }
  CALOTYPE_ASSIGN_OR_RETURN(const std::unique_ptr<Catalog> source, Catalog::Open(from));
  CALOTYPE_ASSIGN_OR_RETURN(const std::unique_ptr<Catalog> target, Catalog::Open(to));
  Database& read = dynamic_cast<SqlCatalog&>(*source).unlocked_database();
  Database& written = dynamic_cast<SqlCatalog&>(*target).unlocked_database();
  // Until the end: what is read is of one instant.
  CALOTYPE_RETURN_IF_ERROR(read.Execute(read.dialect().begin_snapshot));
  Copy copy(read, written, progress);
  CALOTYPE_RETURN_IF_ERROR(copy.Begin());
  CALOTYPE_RETURN_IF_ERROR(copy.CopyTables());
  CALOTYPE_RETURN_IF_ERROR(copy.Finish());
  StatusOr<std::vector<CopiedTable>> tables = copy.Compare();
  CALOTYPE_RETURN_IF_ERROR(read.Execute("COMMIT"));
  return tables;
}

}  // namespace calotype
