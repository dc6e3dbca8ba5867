#include "inference/onnx_metadata.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"
#include "base/source_dir.h"

namespace calotype {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

const fs::path kAffine = SourceDir() / "src/inference/testdata/affine.onnx";

// Makes one field of a protobuf message, with bytes or with a number; each shorter than 128 bytes.
std::string Bytes(int number, const std::string& content) {
  return std::string{static_cast<char>(number << 3 | 2), static_cast<char>(content.size())} + content;
}
std::string Number(int number, int value) { return {static_cast<char>(number << 3), static_cast<char>(value)}; }

std::string Value(const std::string& name, int element, const std::string& shape) {
  return Bytes(1, name) + Bytes(2, Bytes(1, Number(1, element) + Bytes(2, shape)));
}

StatusOr<OnnxMetadata> Parse(const std::string& file) {
  return ParseOnnxMetadata({reinterpret_cast<const uint8_t*>(file.data()), file.size()});
}

TEST(OnnxMetadataTest, ReadsAModelFile) {
  const auto metadata = ReadOnnxMetadata(kAffine);
  ASSERT_TRUE(metadata.ok()) << metadata.status();
  EXPECT_THAT(metadata->properties, ElementsAre(std::pair("character", "a\nb")));
  ASSERT_EQ(metadata->inputs.size(), 2U);
  EXPECT_EQ(metadata->inputs[0].name, "x");
  EXPECT_EQ(metadata->inputs[0].type, ElementType::kFloat32);
  EXPECT_THAT(metadata->inputs[0].shape, ElementsAre(-1, 3));
  EXPECT_EQ(metadata->inputs[1].type, ElementType::kInt64);
  ASSERT_EQ(metadata->outputs.size(), 2U);
  EXPECT_THAT(metadata->outputs[1].shape, ElementsAre());
}

TEST(OnnxMetadataTest, FindsTheNameOfTheNumberOfRows) {
  EXPECT_THAT(ReadOnnxMetadata(kAffine)->row_names, ElementsAre("N", "T"));
  const auto input = [](const std::string& name, const std::string& shape) { return Bytes(11, Value(name, 7, shape)); };
  const auto named = [](const std::string& name) { return Bytes(1, Bytes(2, name)); };
  const std::string inputs =
      input("ids", named("rows") + named("tokens")) + input("mask", named("rows")) + input("lengths", named("tokens"));
  const auto metadata = Parse(Bytes(7, inputs + Bytes(12, Value("y", 1, Bytes(1, "")))));
  ASSERT_TRUE(metadata.ok()) << metadata.status();
  EXPECT_THAT(metadata->row_names, ElementsAre("rows"));
}

TEST(OnnxMetadataTest, AnInputWithAConstantValueIsNotListed) {
  const std::string fixed = Number(1, 4);
  const std::string graph = Bytes(11, Value("weight", 10, Bytes(1, fixed))) + Bytes(11, Value("x", 1, Bytes(1, ""))) +
                            Bytes(5, Bytes(8, "weight")) + Bytes(12, Value("y", 2, Bytes(1, fixed)));
  const auto metadata = Parse(Bytes(7, graph));
  ASSERT_TRUE(metadata.ok()) << metadata.status();
  ASSERT_EQ(metadata->inputs.size(), 1U);
  EXPECT_EQ(metadata->inputs[0].name, "x");
  EXPECT_THAT(metadata->inputs[0].shape, ElementsAre(-1));
  EXPECT_EQ(metadata->outputs[0].type, ElementType::kUint8);
  EXPECT_THAT(metadata->outputs[0].shape, ElementsAre(4));
}

TEST(OnnxMetadataTest, ErrorsNameUnsupportedTypes) {
  struct Case {
    int element;
    const char* message;
  };
  for (const Case& c :
       {Case{9, "y has the unsupported element type bool"}, Case{10, "y has the unsupported element type float16"},
        Case{99, "y has the unsupported element type 99 of ONNX"},
        Case{0, "y has the unsupported element type undefined"}}) {
    const Status status = Parse(Bytes(7, Bytes(12, Value("y", c.element, "")))).status();
    EXPECT_TRUE(absl::IsUnimplemented(status));
    EXPECT_THAT(Message(status), HasSubstr(c.message));
  }
}

// Every truncated file and every file with one wrong byte is read safely, with or without an error.
TEST(OnnxMetadataTest, BrokenFilesAreErrors) {
  const std::string whole = *ReadTextFile(kAffine);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const auto metadata = Parse(whole.substr(0, size));
    EXPECT_TRUE(metadata.ok() || absl::IsInvalidArgument(metadata.status())) << size;
  }
  for (std::size_t at = 0; at < whole.size(); ++at) {
    for (const char wrong : {'\x00', '\x7F', '\xFF'}) {
      std::string changed = whole;
      changed[at] = wrong;
      const auto metadata = Parse(changed);
      EXPECT_TRUE(metadata.ok() || absl::IsInvalidArgument(metadata.status()) ||
                  absl::IsUnimplemented(metadata.status()))
          << at;
    }
  }
  for (const std::string& bad : {std::string("no model"), Bytes(7, ""), std::string(20, '\xFF'),
                                 std::string("\x3A\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01", 11)}) {
    EXPECT_TRUE(absl::IsInvalidArgument(Parse(bad).status()));
  }
  EXPECT_TRUE(absl::IsNotFound(ReadOnnxMetadata("/nothing.onnx").status()));
  EXPECT_TRUE(absl::IsInvalidArgument(ReadOnnxMetadata("/dev/null").status()));
}

}  // namespace
}  // namespace calotype
