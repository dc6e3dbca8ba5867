#include "analysis/labels.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "base/temporary_folder.h"

namespace calotype {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

ModelSpec SpecWithLabels(const std::string& file, const std::string& text) {
  ModelSpec spec;
  spec.name = "m";
  // One file per process, since ctest runs the tests of this file in parallel.
  static const StatusOr<TemporaryFolder> kFolder = TemporaryFolder::Create();
  spec.folder = kFolder->path();
  spec.params = ModelParams("m", {{"labels", file}});
  std::ofstream(spec.folder / "labels_test.txt", std::ios::binary) << text;
  return spec;
}

TEST(ReadLabelsTest, ReadsOneLabelPerLine) {
  const auto labels = ReadLabels(SpecWithLabels("labels_test.txt", "person\r\ntraffic light\n\ncat"), "labels");
  ASSERT_TRUE(labels.ok()) << Message(labels.status());
  EXPECT_THAT(*labels, ElementsAre("person", "traffic light", "", "cat"));
}

TEST(ReadLabelsTest, ErrorsNameTheFile) {
  EXPECT_THAT(Message(ReadLabels(SpecWithLabels("labels_test.txt", ""), "labels").status()), HasSubstr("no lines"));
  EXPECT_THAT(Message(ReadLabels(SpecWithLabels("../x.txt", "a"), "labels").status()), HasSubstr("../x.txt"));
  EXPECT_TRUE(absl::IsNotFound(ReadLabels(SpecWithLabels("no_such_file.txt", "a"), "labels").status()));
  EXPECT_TRUE(absl::IsInvalidArgument(ReadLabels(SpecWithLabels("labels_test.txt", "a"), "names").status()));
}

}  // namespace
}  // namespace calotype
