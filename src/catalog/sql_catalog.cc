#include "catalog/sql_catalog.h"

#include <memory>

namespace calotype {

// Rolls back unless it was committed.
class SqlCatalog::ConnectionTransaction final : public Transaction {
 public:
  explicit ConnectionTransaction(SqlCatalog& catalog) : catalog_(catalog) {}
  ~ConnectionTransaction() override {
    if (open_) {
      catalog_.Rollback();
    }
  }

  Status Commit() override {
    if (!open_) {
      return absl::FailedPreconditionError("this transaction of the catalogue has ended");
    }
    open_ = false;
    return catalog_.Commit();
  }

 private:
  SqlCatalog& catalog_;
  bool open_ = true;
};

StatusOr<std::unique_ptr<Transaction>> SqlCatalog::BeginTransaction() {
  const MutexLock lock(&mutex_);
  if (database_->in_transaction()) {
    return absl::FailedPreconditionError("a transaction is open already on this connection to the catalogue");
  }
  CALOTYPE_RETURN_IF_ERROR(database_->BeginWriting(database_->dialect().begin_long));
  return std::make_unique<ConnectionTransaction>(*this);
}

Status SqlCatalog::Commit() {
  const MutexLock lock(&mutex_);
  if (!database_->in_transaction()) {
    return absl::FailedPreconditionError("an earlier error rolled this transaction of the catalogue back");
  }
  Status status = database_->Execute("COMMIT");
  if (!status.ok() && database_->in_transaction()) {
    database_->Execute("ROLLBACK").IgnoreError();
  }
  return status;
}

void SqlCatalog::Rollback() {
  const MutexLock lock(&mutex_);
  if (database_->in_transaction()) {
    database_->Execute("ROLLBACK").IgnoreError();
  }
}

}  // namespace calotype
