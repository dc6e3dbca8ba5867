// A transaction that spans several calls of a catalogue.
#pragma once

#include "base/status.h"

namespace calotype {

// All calls on the catalogue's connection between BeginTransaction() and Commit() are one transaction. Without Commit()
// the destructor rolls all of it back. The catalogue must outlive it.
//
// Calls from other threads on the same connection become part of the transaction: give each thread that writes a
// connection of its own.
class Transaction {
 public:
  Transaction() = default;
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  virtual ~Transaction() = default;

  // Makes the changes permanent. On an error nothing is kept, and the transaction is over.
  //   kFailedPrecondition  an earlier error (a full disk) has rolled it back already, or it is over
  virtual Status Commit() = 0;
};

}  // namespace calotype
