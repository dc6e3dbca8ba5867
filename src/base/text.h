// Helpers for ASCII text. The C library's tolower() and isspace() depend on the locale; these do not.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace calotype {

// Lower case for 'A' to 'Z'; every other byte, including the bytes of a UTF-8 character, is returned unchanged.
constexpr char ToLowerAscii(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
std::string ToLowerAscii(std::string_view text);

constexpr std::string_view kAsciiSpace = " \t\r\n";

// `text` without the characters of `removed` at its start and end. The result points into `text`.
std::string_view Trim(std::string_view text, std::string_view removed = kAsciiSpace);

// The parts between the separators; one more than there are separators. They live as long as `text`.
std::vector<std::string_view> Split(std::string_view text, char separator);

// Base64 with its padding: "TWFueQ==" for "Many".
std::string Base64(std::span<const uint8_t> bytes);

}  // namespace calotype
