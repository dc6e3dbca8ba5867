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

  // Makes the changes permanent. After an error nothing is stored, and the transaction has ended.
  //   kFailedPrecondition  an earlier error (a full disk) has rolled it back already, or it has ended
  virtual Status Commit() = 0;
};

}  // namespace calotype
