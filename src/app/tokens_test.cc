#include "app/tokens.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "base/file.h"
#include "catalog/test_data.h"

namespace calotype {
namespace {

class TokenStoreTest : public testing::Test {
 protected:
  std::filesystem::path file() const { return folder_.path() / "new/tokens.json"; }

  TempFolder folder_;
  TokenStore store_{file()};
};

TEST_F(TokenStoreTest, ATokenHasItsScopeUntilItIsRemoved) {
  const std::string token = Value(store_.Create("app", Scope::kWrite));
  EXPECT_THAT(token, testing::MatchesRegex("calotype_[0-9a-f]{64}"));
  EXPECT_EQ(store_.ScopeOf(token), Scope::kWrite);
  EXPECT_EQ(store_.ScopeOf("calotype_0"), Scope::kNone);
  EXPECT_EQ(store_.ScopeOf(""), Scope::kNone);
  EXPECT_EQ(TokenStore(file()).ScopeOf(token), Scope::kWrite);
  CALOTYPE_ASSERT_OK(store_.Remove("app"));
  EXPECT_EQ(store_.ScopeOf(token), Scope::kNone);
}

TEST_F(TokenStoreTest, TheFileHasNoTokenAndIsItsOwners) {
  const std::string token = Value(store_.Create("app", Scope::kRead));
  const std::string text = Value(ReadTextFile(file()));
  EXPECT_EQ(text.find(token.substr(9)), std::string::npos);
  EXPECT_NE(text.find("\"app\""), std::string::npos);
  struct stat status{};
  ASSERT_EQ(stat(file().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
}

TEST_F(TokenStoreTest, NamesAreUniqueAndPrintable) {
  Value(store_.Create("b", Scope::kRead));
  Value(store_.Create("a", Scope::kAdmin));
  EXPECT_TRUE(absl::IsAlreadyExists(store_.Create("a", Scope::kRead).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(store_.Create("", Scope::kRead).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(store_.Create("a\nb", Scope::kRead).status()));
  EXPECT_TRUE(absl::IsNotFound(store_.Remove("c")));
  const std::vector<ApiToken> tokens = Value(store_.List());
  ASSERT_EQ(tokens.size(), 2U);
  EXPECT_EQ(tokens[0].name, "a");
}

TEST_F(TokenStoreTest, ABrokenFileLetsNobodyIn) {
  const std::string token = Value(store_.Create("app", Scope::kRead));
  const std::string_view broken = "{\"tokens\":[{\"name\":\"app\"}]}";
  CALOTYPE_ASSERT_OK(WriteFileAtomically(file(), {reinterpret_cast<const uint8_t*>(broken.data()), broken.size()}));
  EXPECT_EQ(TokenStore(file()).ScopeOf(token), Scope::kNone);
  EXPECT_TRUE(absl::IsDataLoss(TokenStore(file()).List().status()));
}

TEST(ScopeTest, NamesAndScopesBelongTogether) {
  for (const Scope scope : {Scope::kRead, Scope::kWrite, Scope::kAdmin}) {
    EXPECT_EQ(ParseScope(ScopeName(scope)), scope);
  }
  EXPECT_EQ(ParseScope(""), std::nullopt);
  EXPECT_EQ(ParseScope("root"), std::nullopt);
}

}  // namespace
}  // namespace calotype
