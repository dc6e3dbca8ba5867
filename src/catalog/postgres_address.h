// The address of a catalogue on a PostgreSQL server. Only this folder includes it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace calotype {

// True for "postgresql:..." and "postgres:...".
bool IsPostgresUrl(std::string_view url);

// As in the address, where each part may be absent.
struct PostgresHost {
  std::string name;
  std::string address;
  std::string port;
};

struct PostgresAddress {
  std::string url;       // as libpq takes it; may hold a password
  std::string password;  // empty if the address has none
  // For messages and for the folder of local files: "postgresql://host:port/database", without user and
  // password; several hosts with commas between them.
  std::string name;
  std::vector<PostgresHost> hosts;  // at least one
  bool wants_primary = false;       // target_session_attrs is read-write or primary

  // kInvalidArgument; the message does not repeat the address, which may hold a password.
  static StatusOr<PostgresAddress> Of(std::string_view url);
};

}  // namespace calotype
