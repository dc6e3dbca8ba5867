#include "catalog/postgres_test_server.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <libpq-fe.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <memory>
#include <system_error>
#include <vector>

#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace calotype {
namespace {

namespace fs = std::filesystem;

constexpr int kStartTries = 600;
constexpr absl::Duration kStartWait = absl::Milliseconds(50);

[[noreturn]] void Fail(const std::string& why) {
  std::fputs(fmt::format("the PostgreSQL server for tests: {}\n", why).c_str(), stderr);
  std::abort();
}

struct User {
  uid_t user = 0;
  gid_t group = 0;
};

// The user as whom the server runs.
User ServerUser() {
  if (geteuid() != 0) {
    return {.user = geteuid(), .group = getegid()};
  }
  const passwd* const entry = getpwnam("postgres") != nullptr ? getpwnam("postgres") : getpwnam("nobody");
  return entry == nullptr ? User{.user = 65534, .group = 65534} : User{.user = entry->pw_uid, .group = entry->pw_gid};
}

// Starts a program whose output goes to `log`. It ends with this process.
pid_t Spawn(const fs::path& program, const std::vector<std::string>& arguments, const fs::path& log) {
  std::vector<std::string> texts = {program.string()};
  texts.insert(texts.end(), arguments.begin(), arguments.end());
  std::vector<char*> values;
  for (std::string& text : texts) {
    values.push_back(text.data());
  }
  values.push_back(nullptr);
  const User user = ServerUser();
  const pid_t child = fork();
  if (child != 0) {
    return child;
  }
  const int file = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0666);
  dup2(file, STDOUT_FILENO);
  dup2(file, STDERR_FILENO);
  if (geteuid() == 0 && (setgid(user.group) != 0 || setuid(user.user) != 0)) {
    _exit(126);
  }
  prctl(PR_SET_PDEATHSIG, SIGQUIT);  // at once, without a clean end
  execv(program.c_str(), values.data());
  _exit(127);
}

int Wait(pid_t child) {
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

struct Close {
  void operator()(PGconn* connection) const { PQfinish(connection); }
};

bool Run(const std::string& url, const std::string& sql) {
  const std::unique_ptr<PGconn, Close> connection(PQconnectdb(url.c_str()));
  PGresult* const result = PQexec(connection.get(), sql.c_str());
  const bool done = PQresultStatus(result) == PGRES_COMMAND_OK || PQresultStatus(result) == PGRES_TUPLES_OK;
  PQclear(result);
  return done;
}

}  // namespace

const fs::path& TestServer::Programs() {
  static const fs::path kPrograms = [] {
    std::vector<fs::path> found;
    std::error_code error;
    for (fs::directory_iterator entry("/usr/lib/postgresql", error), end; !error && entry != end;
         entry.increment(error)) {
      if (fs::exists(entry->path() / "bin" / "pg_ctl", error)) {
        found.push_back(entry->path() / "bin");
      }
    }
    std::ranges::sort(found);
    return found.empty() ? fs::path() : found.back();
  }();
  return kPrograms;
}

TestServer& TestServer::Get() {
  static TestServer server;
  return server;
}

TestServer::TestServer() {
  std::error_code error;
  const fs::path base = fs::is_directory("/dev/shm", error) ? fs::path("/dev/shm") : fs::temp_directory_path();
  std::string pattern = (base / "calotype-server-XXXXXX").string();
  folder_ = mkdtemp(pattern.data());
  const User user = ServerUser();
  if (geteuid() == 0 && chown(folder_.c_str(), user.user, user.group) != 0) {
    Fail("its folder cannot be given to its user");
  }
  // Catalogues on a server have files of this machine.
  setenv("CALOTYPE_HOME", (folder_ / "home").c_str(), 1);
  fs::create_directory(folder_ / "home", error);
  const fs::path log = folder_ / "log";
  const int made = Wait(Spawn(Programs() / "initdb",
                              {"-D", (folder_ / "data").string(), "-U", "calotype", "-A", "trust", "-E", "UTF8",
                               "--locale=C.UTF-8", "--no-sync", "--no-instructions"},
                              log));
  if (made != 0) {
    Fail(fmt::format("initdb failed ({}); see {}", made, log.string()));
  }
  Start();
}

TestServer::~TestServer() {
  Stop();
  std::error_code error;
  fs::remove_all(folder_, error);
}

void TestServer::Start() {
  const auto setting = [](const std::string& text) { return "--" + text; };
  process_ = Spawn(Programs() / "postgres",
                   {"-D", (folder_ / "data").string(), "-k", folder_.string(), setting("listen_addresses="),
                    setting("fsync=off"), setting("full_page_writes=off"), setting("max_connections=300"),
                    setting("shared_buffers=64MB"), setting("autovacuum=off")},
                   folder_ / "log");
  for (int tries = 0; tries < kStartTries; ++tries) {
    if (PQping(Url().c_str()) == PQPING_OK) {
      return;
    }
    absl::SleepFor(kStartWait);
  }
  Fail(fmt::format("it does not answer; see {}", (folder_ / "log").string()));
}

void TestServer::Stop() const {
  kill(process_, SIGQUIT);
  Wait(process_);
}

bool TestServer::FilesHave(std::string_view bytes) const {
  Run(Url(), "CHECKPOINT");
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folder_ / "data" / "base")) {
    if (entry.is_regular_file()) {
      std::ifstream stream(entry.path(), std::ios::binary);
      const std::string content(std::istreambuf_iterator<char>(stream), {});
      if (content.find(bytes) != std::string::npos) {
        return true;
      }
    }
  }
  return false;
}

void TestServer::Crash() {
  Stop();
  Start();
}

std::string TestServer::Url(const std::string& database) const {
  std::string host;
  for (const char c : folder_.string()) {
    host += c == '/' ? std::string("%2F") : std::string(1, c);
  }
  return fmt::format("postgresql://calotype@{}/{}", host, database);
}

std::string TestServer::NewDatabase() {
  if (databases_ > 0) {
    Run(Url(), fmt::format("DROP DATABASE library{} WITH (FORCE)", databases_));
  }
  ++databases_;
  if (!Run(Url(), fmt::format("CREATE DATABASE library{} TEMPLATE template0", databases_))) {
    Fail("a database cannot be created");
  }
  return Url(fmt::format("library{}", databases_));
}

}  // namespace calotype
