// The database PostgreSQL (sql.h), by libpq. Only this folder includes it.
//
// A connection keeps no state between transactions: no named statements, no settings, no locks. So it works through
// pgbouncer in transaction mode. When the server closed the connection, the next statement outside a transaction
// connects again.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/status.h"
#include "catalog/postgres_address.h"
#include "catalog/postgres_connect.h"
#include "catalog/sql.h"

struct pg_result;

namespace calotype {

struct ClearResult {
  void operator()(pg_result* result) const;
};
using ResultHandle = std::unique_ptr<pg_result, ClearResult>;

class PostgresDatabase final : public Database {
 public:
  // Connects (ConnectToServer).
  static StatusOr<std::unique_ptr<PostgresDatabase>> Open(PostgresAddress address);
  ~PostgresDatabase() override;

  Status Script(const std::string& sql) override;
  int64_t changes() const override { return changes_; }
  int64_t last_insert_id() const override { return 0; }
  bool in_transaction() const override { return in_transaction_; }
  const Dialect& dialect() const override;
  std::string name() const override { return address_.name; }
  StatusOr<int64_t> LastId(std::string_view table, std::string_view column) override;
  Status SetLastId(std::string_view table, std::string_view column, int64_t id) override;
  std::string KeptText(std::string_view text) const override;
  // A commit waits always (synchronous_commit is the server's setting).
  Status SetDurable(bool /*durable*/) override { return absl::OkStatus(); }

 private:
  friend class PostgresStatement;

  PostgresDatabase(PostgresAddress address, PostgresConnection connection)
      : address_(std::move(address)), connection_(std::move(connection)) {}

  StatusOr<std::unique_ptr<CompiledStatement>> Compile(std::string_view sql) override;
  // Connects again if the connection was lost, outside a transaction.
  Status CheckUsable() override;
  Status Reconnect();
  // True when the connection was lost, outside a transaction, and is there again.
  bool ReconnectedAfterLoss();
  // Runs statements without values: BEGIN, COMMIT, scripts. Keeps track of transactions.
  StatusOr<ResultHandle> RunSimple(const std::string& sql);
  // Runs `send`, in a transaction of its own if `writes` and none is open; again when the server ended that because of
  // other transactions.
  template <typename Send>
  StatusOr<ResultHandle> RunStatement(bool writes, const Send& send);
  // The Status of a result that is an error:
  //   kUnavailable         the connection was lost, another writer kept its lock for 10 s, or the transaction collided
  //                        with others
  //   kResourceExhausted   the disk or the memory of the server is full
  //   kPermissionDenied    the user may not do this, or the server only reads
  //   kDataLoss            the server found damaged data
  //   kNotFound            a row refers to a photo, face or person that does not exist
  //   kFailedPrecondition  an earlier error ended the transaction
  //   kInternal            everything else, with the server's message
  Status ErrorStatus(const pg_result* result) const;
  // Notes when there was no answer: then the connection is lost.
  Status CheckResult(const pg_result* result);

  const PostgresAddress address_;
  PostgresConnection connection_;
  bool in_transaction_ = false;
  bool lost_ = false;
  int64_t changes_ = 0;
};

}  // namespace calotype
