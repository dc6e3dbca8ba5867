// Connects to the server of a catalogue, and never to a primary of the past. Only this folder includes it.
#pragma once

#include <memory>

#include "base/status.h"
#include "catalog/postgres_address.h"

struct pg_conn;

namespace calotype {

struct CloseConnection {
  void operator()(pg_conn* connection) const;
};
using PostgresConnection = std::unique_ptr<pg_conn, CloseConnection>;

// When a standby is promoted, it begins a new timeline. The old primary, if it comes back, takes writes in the old one:
// they would be lost. So of several hosts in an address with target_session_attrs=read-write, all are asked, and the
// one with the highest timeline is used. A host that does not answer is waited for 10 s; 2 s when another one has
// answered. A server with a lower timeline than this process has seen of the same cluster is refused.
//
// The network may be cut without a word: a connection whose other side does not answer ends after about 30 s, unless
// the address says otherwise (tcp_user_timeout, keepalives_idle).
//   kUnavailable         the server cannot be reached, takes no more connections, or is an old primary
//   kPermissionDenied    it knows no such user, or refuses the password
//   kNotFound            it has no such database
//   kFailedPrecondition  it is older than PostgreSQL 14, or the database is not in UTF-8
StatusOr<PostgresConnection> ConnectToServer(const PostgresAddress& address);

}  // namespace calotype
