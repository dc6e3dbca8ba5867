// A small library in a real database file, for tests of the search.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "analysis/analyser.h"
#include "catalog/test_data.h"
#include "search/duplicates.h"
#include "search/library_files.h"
#include "search/vector_search.h"

namespace calotype {

// Returns the given vector for each known text; kInvalidArgument for others.
class FakeTextEncoder final : public TextEncoder {
 public:
  explicit FakeTextEncoder(std::map<std::string, std::vector<float>> vectors) : vectors_(std::move(vectors)) {}

  std::string_view space() const override { return "space"; }
  float confident_score() const override { return 0.53F; }
  StatusOr<std::vector<float>> Encode(std::string_view text) override {
    const auto found = vectors_.find(std::string(text));
    return found != vectors_.end() ? StatusOr<std::vector<float>>(found->second)
                                   : absl::InvalidArgumentError("no vector for " + std::string(text));
  }

 private:
  std::map<std::string, std::vector<float>> vectors_;
};

// Files that are all there, each with bytes of its own, and that all show the same picture.
class FakeFiles final : public LibraryFiles {
 public:
  std::optional<LibraryFile> Find(const std::string& path) override {
    const auto changed = files.find(path);
    return changed != files.end() ? changed->second
                                  : std::optional(LibraryFile{.stamp = {.inode = std::hash<std::string>()(path)}});
  }
  bool Exists(const std::string& path) override { return Find(path).has_value(); }
  StatusOr<std::shared_ptr<const Picture>> Read(const std::string& path) override {
    const auto other = pictures.find(path);
    return other != pictures.end() ? other->second : plain_;
  }
  StatusOr<std::shared_ptr<const Picture>> ReadLarge(const std::string& path, int /*side*/) override {
    return Read(path);
  }

  std::map<std::string, std::optional<LibraryFile>> files;  // those that are not as described above
  std::map<std::string, StatusOr<std::shared_ptr<const Picture>>> pictures;

 private:
  static std::shared_ptr<const Picture> Plain() {
    Image image(64, 64);
    std::ranges::fill(image.pixels(), uint8_t{128});
    return std::make_shared<const Picture>(MakePicture(std::move(image), 64, 64, 1));
  }
  std::shared_ptr<const Picture> plain_ = Plain();
};

// A unit vector whose cosine with (1, 0) is `cosine`.
inline std::vector<float> AtCosine(float cosine) { return {cosine, std::sqrt(1 - cosine * cosine)}; }

class SearchTest : public testing::Test {
 protected:
  Catalog& catalog() { return *catalog_; }
  // Another connection to the same catalogue.
  std::unique_ptr<Catalog> Connect() { return Value(Catalog::Open(folder_.path() / "catalog.db")); }
  // Of the photos in files_, those that are copies.
  PhotoSet Copies() { return CopiesIn(Value(FindDuplicates(catalog(), files_, {})).groups); }
  FakeFiles files_;
  VectorSearch vectors_{{}};  // without an index: vector_search_test.cc tests it

  // Stores `result` for a new photo at `path`, with the outcomes that belong to its findings.
  PhotoId AddPhoto(const std::string& path, PhotoResult result) {
    result.id = Value(catalog().AddFile(path, StampOf(static_cast<int64_t>(path.size())), DigestOf(path)));
    const Findings& findings = result.findings;
    const std::pair<bool, const char*> ran[] = {{findings.objects.has_value(), "objects"},
                                                {findings.embedding.has_value(), "embedding"},
                                                {findings.text.has_value(), "text"},
                                                {findings.faces.has_value(), "faces.detect"},
                                                {findings.faces.has_value(), "faces.recognise"},
                                                {findings.pdq.has_value(), "pdq"}};
    for (const auto& [has, analysis] : ran) {
      if (has) {
        result.outcomes.push_back(Done(analysis));
      }
    }
    EXPECT_EQ(Message(catalog().Store(std::vector{result})), "");
    return result.id;
  }

  static PhotoResult WithMeaning(std::vector<float> vector, std::vector<Tag> tags = {}) {
    PhotoResult result;
    result.findings.embedding =
        EmbeddingFinding{.space = "space", .vector = std::move(vector), .tags = std::move(tags)};
    return result;
  }

 private:
  TempFolder folder_;
  std::unique_ptr<Catalog> catalog_ = Value(Catalog::Open(folder_.path() / "catalog.db"));
};

}  // namespace calotype
