#include "catalog/sql.h"

#include <string>

#include "catalog/library_keys.h"

namespace calotype {

Statement::Statement(Database* database, std::string_view sql, std::unique_ptr<CompiledStatement> compiled)
    : database_(database), sql_(sql), compiled_(std::move(compiled)) {}

Statement::~Statement() {
  if (compiled_ != nullptr) {
    compiled_->Reset();
    database_->GiveBack(std::move(sql_), std::move(compiled_));
  }
}

Statement& Statement::BindTexts(int first, std::span<const std::string> texts) {
  for (const std::string& text : texts) {
    compiled_->BindText(first++, text);
  }
  return *this;
}

Status Statement::Run() {
  return ForEach([](const Statement&) {});
}

void Statement::BindValue(int index, const std::optional<int64_t>& value) {
  value.has_value() ? compiled_->BindInt(index, *value) : compiled_->BindNull(index);
}

void Statement::BindValue(int index, const std::optional<double>& value) {
  value.has_value() ? compiled_->BindReal(index, *value) : compiled_->BindNull(index);
}

void Statement::BindValue(int index, const std::optional<std::string>& value) {
  value.has_value() ? compiled_->BindText(index, *value) : compiled_->BindNull(index);
}

void Statement::BindValue(int index, const std::optional<Blob>& value) {
  value.has_value() ? compiled_->BindBlob(index, *value) : compiled_->BindNull(index);
}

StatusOr<Statement> Database::Prepare(std::string_view sql) {
  CALOTYPE_RETURN_IF_ERROR(CheckUsable());
  if (const auto idle = idle_statements_.find(sql); idle != idle_statements_.end()) {
    std::unique_ptr<CompiledStatement> compiled = std::move(idle->second);
    idle_statements_.erase(idle);
    return Statement(this, sql, std::move(compiled));
  }
  CALOTYPE_ASSIGN_OR_RETURN(std::unique_ptr<CompiledStatement> compiled, Compile(sql));
  return Statement(this, sql, std::move(compiled));
}

void Database::GiveBack(std::string sql, std::unique_ptr<CompiledStatement> compiled) {
  idle_statements_.try_emplace(std::move(sql), std::move(compiled));
}

// The number is read under the lock of the transaction, without which nobody begins to lead.
Status Database::BeginWriting(const char* begin) {
  CALOTYPE_RETURN_IF_ERROR(Execute(begin));
  if (!leads_as_.has_value()) {
    return absl::OkStatus();
  }
  const StatusOr<std::optional<int64_t>> leads =
      QueryInt("SELECT 1 FROM library WHERE key = ?1 AND value = ?2", kLeaderNumberKey, std::to_string(*leads_as_));
  if (leads.ok() && leads->has_value()) {
    return absl::OkStatus();
  }
  Execute("ROLLBACK").IgnoreError();
  return leads.ok() ? absl::AbortedError("another coordinator leads this library now") : leads.status();
}

StatusOr<DatabaseTransaction> DatabaseTransaction::Begin(Database& database, const char* begin) {
  const bool nested = database.in_transaction();
  CALOTYPE_RETURN_IF_ERROR(nested ? database.Execute("SAVEPOINT calotype") : database.BeginWriting(begin));
  return DatabaseTransaction(&database, nested);
}

Status DatabaseTransaction::Commit() {
  CALOTYPE_RETURN_IF_ERROR(database_->Execute(nested_ ? "RELEASE calotype" : "COMMIT"));
  database_ = nullptr;
  return absl::OkStatus();
}

DatabaseTransaction::~DatabaseTransaction() {
  // On a full disk SQLite has rolled back already.
  if (database_ == nullptr || !database_->in_transaction()) {
    return;
  }
  if (nested_) {
    database_->Execute("ROLLBACK TO calotype").IgnoreError();
    database_->Execute("RELEASE calotype").IgnoreError();
  } else {
    database_->Execute("ROLLBACK").IgnoreError();
  }
}

}  // namespace calotype
