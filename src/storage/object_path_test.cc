#include "storage/object_path.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace calotype {
namespace {

TEST(ObjectPathTest, HasABucketAndAKey) {
  const StatusOr<ObjectPath> object = ParseObjectPath("s3://my.photos/2024/a b.jpg");
  ASSERT_TRUE(object.ok());
  EXPECT_EQ(object->bucket, "my.photos");
  EXPECT_EQ(object->key, "2024/a b.jpg");
  EXPECT_EQ(object->ToString(), "s3://my.photos/2024/a b.jpg");
}

TEST(ObjectPathTest, AWholeBucketAndAFolderHaveNoSlashAtTheEnd) {
  for (const char* const path : {"s3://photos", "s3://photos/", "s3://photos/2024", "s3://photos/2024/"}) {
    const StatusOr<ObjectPath> object = ParseObjectPath(path);
    ASSERT_TRUE(object.ok()) << path;
    EXPECT_THAT(object->ToString(), ::testing::AnyOf("s3://photos", "s3://photos/2024"));
  }
}

TEST(ObjectPathTest, WhatIsNoPathIsRefused) {
  for (const char* const path : {"/photos", "s3:/photos", "s3://", "s3://ab", "s3://Photos/a.jpg", "s3://photos//a.jpg",
                                 "s3://photos/a//b.jpg", "s3://photos/../a.jpg", "s3://photos/a/./b.jpg"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(ParseObjectPath(path).status())) << path;
  }
  EXPECT_TRUE(IsObjectPath("s3://photos"));
  EXPECT_FALSE(IsObjectPath("/s3://photos"));
}

}  // namespace
}  // namespace calotype
