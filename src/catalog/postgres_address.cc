#include "catalog/postgres_address.h"

#include <fmt/format.h>
#include <libpq-fe.h>

#include <algorithm>
#include <cstddef>
#include <memory>

namespace calotype {
namespace {

constexpr std::string_view kLong = "postgresql:";
constexpr std::string_view kShort = "postgres:";

struct FreeOptions {
  void operator()(PQconninfoOption* options) const { PQconninfoFree(options); }
};
using Options = std::unique_ptr<PQconninfoOption, FreeOptions>;

std::string ValueOf(const Options& options, std::string_view keyword, std::string_view fallback = "") {
  for (const PQconninfoOption* option = options.get(); option->keyword != nullptr; ++option) {
    if (option->keyword == keyword && option->val != nullptr && *option->val != '\0') {
      return option->val;
    }
  }
  return std::string(fallback);
}

// The parts between commas; of an empty text, one.
std::vector<std::string> Parts(std::string_view list) {
  std::vector<std::string> parts(1);
  for (const char c : list) {
    c == ',' ? parts.emplace_back() : parts.back() += c;
  }
  return parts;
}

// One port may stand for all. One that is empty between others is libpq's own.
std::string PortOf(const std::vector<std::string>& ports, std::size_t host) {
  const std::string& port = ports[std::min(host, ports.size() - 1)];
  return port.empty() && ports.size() > 1 ? "5432" : port;
}

std::vector<PostgresHost> HostsOf(std::string_view names, std::string_view addresses, std::string_view ports) {
  const std::vector<std::string> name = Parts(names);
  const std::vector<std::string> address = Parts(addresses);
  const std::vector<std::string> port = Parts(ports);
  std::vector<PostgresHost> hosts(std::max(name.size(), address.size()));
  for (std::size_t i = 0; i < hosts.size(); ++i) {
    hosts[i] = {.name = i < name.size() ? name[i] : "",
                .address = i < address.size() ? address[i] : "",
                .port = PortOf(port, i)};
  }
  return hosts;
}

// "host:port,host:port", as far as the address has them.
std::string NamesOf(std::string_view hosts, std::string_view ports) {
  const std::vector<std::string> host = Parts(hosts);
  const std::vector<std::string> port = Parts(ports);
  std::string names;
  for (std::size_t i = 0; i < host.size(); ++i) {
    // One port may stand for all hosts.
    const std::string& its = port[std::min(i, port.size() - 1)];
    names += fmt::format("{}{}{}{}", i == 0 ? "" : ",", host[i], its.empty() ? "" : ":", its);
  }
  return names;
}

}  // namespace

bool IsPostgresUrl(std::string_view url) { return url.starts_with(kLong) || url.starts_with(kShort); }

StatusOr<PostgresAddress> PostgresAddress::Of(std::string_view url) {
  PostgresAddress address;
  // libpq wants two slashes; "postgresql:library" is short for a database of this machine.
  std::string_view rest = url.substr(url.find(':') + 1);
  address.url = std::string(kLong) + (rest.starts_with("//") ? "" : "///") + std::string(rest);
  char* message = nullptr;
  const Options options(PQconninfoParse(address.url.c_str(), &message));
  PQfreemem(message);  // it may repeat the address
  if (options == nullptr) {
    return absl::InvalidArgumentError(
        "the address of the catalogue is not valid; write postgresql://USER@HOST/DATABASE, with special characters as "
        "%XX, and the password in ~/.pgpass or PGPASSWORD (docs/postgres.md)");
  }
  address.password = ValueOf(options, "password");
  const std::string host = ValueOf(options, "host", ValueOf(options, "hostaddr", ""));
  const std::string port = ValueOf(options, "port");
  address.hosts = HostsOf(ValueOf(options, "host"), ValueOf(options, "hostaddr"), port);
  const std::string wanted = ValueOf(options, "target_session_attrs");
  address.wants_primary = wanted == "read-write" || wanted == "primary";
  address.name = fmt::format("postgresql://{}/{}", NamesOf(host, port), ValueOf(options, "dbname"));
  return address;
}

}  // namespace calotype
