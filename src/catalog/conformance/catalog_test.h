// The fixture of the conformance suite: what every kind of catalogue must do. The suite runs for each back end in
// Backends(); a new back end is added there.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "catalog/catalog.h"
#include "catalog/postgres_test_server.h"
#include "catalog/test_data.h"

namespace calotype {

struct CatalogBackend {
  std::string name;
  // The URL of a new, empty catalogue. `folder` is a temporary folder of the test.
  std::string (*new_url)(const std::filesystem::path& folder);
  // It has no file of its own, and ids are never given again.
  bool on_server = false;
  // Close and open the catalogue before each call: finds what is kept in memory only.
  bool reopen = false;
};

// Those whose catalogue is a file.
inline std::vector<CatalogBackend> FileBackends() {
  const auto sqlite = [](const std::filesystem::path& folder) { return "sqlite:" + (folder / "catalog.db").string(); };
  return {{.name = "Sqlite", .new_url = sqlite, .on_server = false, .reopen = false},
          {.name = "SqliteReopened", .new_url = sqlite, .on_server = false, .reopen = true}};
}

// PostgresTest.IsInstalled says when the server is missing.
inline std::vector<CatalogBackend> Backends() {
  std::vector<CatalogBackend> backends = FileBackends();
  if (!TestServer::Programs().empty()) {
    const auto postgres = [](const std::filesystem::path&) { return TestServer::Get().NewDatabase(); };
    backends.push_back({.name = "Postgres", .new_url = postgres, .on_server = true, .reopen = false});
  }
  return backends;
}

inline std::string BackendName(const testing::TestParamInfo<CatalogBackend>& info) { return info.param.name; }

// An owner whose process has ended.
inline WorkOwner DeadOwner() {
  WorkOwner owner = NewWorkOwner();
  ++owner.start_time;  // the process with this pid is another one
  return owner;
}

class CatalogTest : public testing::TestWithParam<CatalogBackend> {
 protected:
  CatalogTest() : url_(GetParam().new_url(folder_.path())) { Reopen(); }

  Catalog& catalog() {
    if (GetParam().reopen) {
      Reopen();
    }
    return *catalog_;
  }
  void Reopen() {
    catalog_.reset();
    catalog_ = OpenAnother();
  }
  // Another connection to the same catalogue.
  std::unique_ptr<Catalog> OpenAnother() const { return Value(Catalog::Open(url_)); }
  const std::string& url() const { return url_; }
  const std::filesystem::path& folder() const { return folder_.path(); }

  // Adds a file; `content` stands for its bytes.
  PhotoId Add(std::string_view path, std::string_view content) {
    return Value(catalog().AddFile(path, StampOf(100), DigestOf(content)));
  }
  Status StoreOne(const PhotoResult& result) { return catalog().Store(std::vector{result}); }
  StateCounts CountsOf(const std::string& analysis) { return Value(catalog().GetStatus()).analyses[analysis]; }

  // A source of work with a connection of its own, which lives until the end of the test.
  WorkSource& NewSource(WorkOwner owner = NewWorkOwner(), CasualtyReader casualties = nullptr) {
    connections_.push_back(OpenAnother());
    sources_.push_back(Value(connections_.back()->OpenWork(std::move(owner), std::move(casualties))));
    return *sources_.back();
  }
  // Claims for one owner that lives until the end of the test.
  std::vector<WorkItem> Claim(const std::vector<std::string>& analyses, int limit) {
    if (own_source_ == nullptr) {
      own_source_ = &NewSource();
    }
    return Value(own_source_->Next(analyses, limit));
  }
  // Stores results of photos that Claim() returned.
  std::vector<PhotoId> Ack(std::span<const PhotoResult> results) { return Value(own_source_->Ack(results)); }

 private:
  TempFolder folder_;
  const std::string url_;
  std::unique_ptr<Catalog> catalog_;
  std::vector<std::unique_ptr<Catalog>> connections_;
  std::vector<std::unique_ptr<WorkSource>> sources_;  // destroyed before their connections
  WorkSource* own_source_ = nullptr;
};

}  // namespace calotype
