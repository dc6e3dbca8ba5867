// Writes the JSON of Immich's answers. Its service writes numbers of numpy arrays with orjson, and so do these.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace calotype {

// `text` as a JSON string with its quotes. Bytes that are not UTF-8 become U+FFFD.
std::string JsonText(std::string_view text);

// The shortest text that reads back as the same float32: "0.1", "1.0", "-0.0", "1e-7", "1.5e+16"; "null" for NaN and
// infinity.
std::string JsonNumber(float value);

// A compact array: "[0.1,1.0]".
std::string JsonArray(std::span<const float> values);

}  // namespace calotype
