#include "storage/path_mapping.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace calotype {
namespace {

using testing::HasSubstr;

TEST(PathMappingTest, WithoutOneEveryPathIsWhatItSays) {
  EXPECT_EQ(PathMapping().ToHere("/mnt/a.jpg"), "/mnt/a.jpg");
  EXPECT_EQ(PathMapping().ToStored("/mnt/a.jpg"), "/mnt/a.jpg");
}

TEST(PathMappingTest, FoldersMoveInBothDirections) {
  const PathMapping mapping =
      *PathMapping::Parse({"/mnt/nas=/volume1/", "/mnt/nas/old/=/archive", "/all=/", "/srv=/mnt/nas"}, "storage.paths");
  for (const auto& [stored, here] :
       std::vector<std::pair<std::string, std::string>>{{"/mnt/nas/a b/c.jpg", "/volume1/a b/c.jpg"},
                                                        {"/mnt/nas", "/volume1"},
                                                        {"/mnt/nas/old/c.jpg", "/archive/c.jpg"},
                                                        {"/mnt/nas/older/c.jpg", "/volume1/older/c.jpg"},
                                                        {"/all/c.jpg", "/c.jpg"},
                                                        {"/all", "/"},
                                                        {"/srv/c.jpg", "/mnt/nas/c.jpg"}}) {
    EXPECT_EQ(mapping.ToHere(stored), here);
    EXPECT_EQ(mapping.ToStored(here), stored);
  }
  EXPECT_EQ(mapping.ToHere("/mnt/nas2/c.jpg"), "/mnt/nas2/c.jpg");
  EXPECT_EQ(mapping.ToHere("s3://mnt/nas/c.jpg"), "s3://mnt/nas/c.jpg");
  EXPECT_EQ(mapping.ToStored("s3://mnt/nas/c.jpg"), "s3://mnt/nas/c.jpg");
}

TEST(PathMappingTest, TheRootMayMove) {
  const PathMapping mapping = *PathMapping::Parse({"/=/host"}, "storage.paths");
  EXPECT_EQ(mapping.ToHere("/a.jpg"), "/host/a.jpg");
  EXPECT_EQ(mapping.ToHere("/"), "/host");
  EXPECT_EQ(mapping.ToStored("/host/a.jpg"), "/a.jpg");
  EXPECT_EQ(mapping.ToStored("/host"), "/");
}

TEST(PathMappingTest, AMistakeNamesTheSettingAndWhatIsNeeded) {
  for (const char* const line : {"/mnt/nas", "mnt=/volume1", "/mnt=volume1", "=/volume1", "/mnt=", "/a/../b=/c"}) {
    const Status status = PathMapping::Parse({line}, "storage.paths").status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << line;
    EXPECT_THAT(Message(status), HasSubstr("storage.paths")) << line;
    EXPECT_THAT(Message(status), HasSubstr("STORED=HERE")) << line;
  }
}

}  // namespace
}  // namespace calotype
