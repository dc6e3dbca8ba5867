#include "server/immich/json_text.h"

#include <gtest/gtest.h>

#include <array>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

namespace calotype {
namespace {

// What orjson 3.13 writes for numpy arrays of float32.
TEST(JsonTextTest, WritesNumbersAsOrjsonDoes) {
  const std::vector<float> values = {
      0.1F,       1.0F,       -0.0F,       0.0F,  1e-7F,      1.5e16F,           1e-5F,  9.999e-6F,
      0.0001234F, 123456.79F, 1e13F,       1e12F, 9999999e6F, 3.4028235e38F,     1e-45F, -2.5F,
      1.2e-6F,    12345678.F, 0.33333334F, 1e-6F, 1e14F,      1234567890123456.F};
  EXPECT_EQ(JsonArray(values),
            "[0.1,1.0,-0.0,0.0,1e-7,1.5e+16,0.00001,0.000009999,0.0001234,123456.79,1e+13,1000000000000.0,"
            "9999999000000.0,3.4028235e+38,1e-45,-2.5,0.0000012,12345678.0,0.33333334,0.000001,1e+14,1.234568e+15]");
  EXPECT_EQ(JsonArray(std::array{std::numeric_limits<float>::quiet_NaN(), -std::numeric_limits<float>::infinity()}),
            "[null,null]");
  EXPECT_EQ(JsonArray({}), "[]");
}

TEST(JsonTextTest, NumbersReadBackAsTheSameFloat) {
  uint32_t bits = 1;
  for (int i = 0; i < 20'000; ++i) {
    bits = bits * 1664525U + 1013904223U;
    float value = 0;
    std::memcpy(&value, &bits, sizeof(value));
    if (!std::isfinite(value)) {
      continue;
    }
    const std::string text = JsonNumber(value);
    float back = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), back);
    ASSERT_EQ(read.ptr, text.data() + text.size()) << text;
    ASSERT_EQ(back, value) << text;
  }
}

TEST(JsonTextTest, EscapesText) {
  EXPECT_EQ(JsonText("a \"b\" \\ \n\x01 ü 漢"), "\"a \\\"b\\\" \\\\ \\n\\u0001 ü 漢\"");
  EXPECT_EQ(JsonText("\xff"), "\"\xEF\xBF\xBD\"");
}

}  // namespace
}  // namespace calotype
