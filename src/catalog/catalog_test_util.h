// The fixture of the catalogue's own tests.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/catalog.h"
#include "catalog/test_data.h"

namespace calotype {

// A catalogue in a temporary file. With the parameter true it is closed and opened again at each step: whatever is
// kept in memory only is found out.
class CatalogTest : public testing::TestWithParam<bool> {
 protected:
  CatalogTest() { Reopen(); }

  Catalog& catalog() {
    if (GetParam()) {
      Reopen();
    }
    return *catalog_;
  }
  void Reopen() {
    catalog_.reset();
    catalog_ = Value(Catalog::Open(file()));
  }
  std::filesystem::path file() const { return folder_.path() / "catalog.db"; }

  // Books a file whose bytes are its content's name.
  PhotoId Add(std::string_view path, std::string_view content) {
    return Value(catalog().AddFile(path, StampOf(100), DigestOf(content)));
  }
  Status StoreOne(const PhotoResult& result) { return catalog().Store(std::vector{result}); }

 private:
  TempFolder folder_;
  std::unique_ptr<Catalog> catalog_;
};

inline std::string ReopenName(const testing::TestParamInfo<bool>& info) {
  return info.param ? "ReopenedAtEachStep" : "KeptOpen";
}

}  // namespace calotype
