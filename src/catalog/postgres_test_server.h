// A PostgreSQL server for tests: in a temporary folder, with a Unix socket only, started at its first use and ended
// with the process, even when that crashes. Tests run as root start it as another user, because it refuses root.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace calotype {

class TestServer {
 public:
  // Empty when no server is installed (tools/setup/install_packages cluster): then there is nothing to test with.
  static const std::filesystem::path& Programs();
  // Ends the process with a message if it cannot be started.
  static TestServer& Get();

  // The URL of a new, empty database. The one before is deleted.
  std::string NewDatabase();
  // Of the database that every server has.
  std::string Url(const std::string& database = "postgres") const;
  // True when one of the files of the tables has these bytes. Writes to them first what is in memory.
  bool FilesHave(std::string_view bytes) const;
  // Stops the server without goodbye, and starts it again.
  void Crash();

  TestServer(const TestServer&) = delete;
  TestServer& operator=(const TestServer&) = delete;

 private:
  TestServer();
  ~TestServer();
  void Start();
  void Stop() const;

  std::filesystem::path folder_;
  int process_ = 0;
  int databases_ = 0;
};

}  // namespace calotype
