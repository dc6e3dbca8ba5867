#include "server/http/multipart.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace calotype {
namespace {

using testing::HasSubstr;

constexpr std::string_view kType = "multipart/form-data; boundary=xyz";

std::string Text(const StatusOr<std::vector<FormPart>>& parts) {
  if (!parts.ok()) {
    return Message(parts.status());
  }
  std::string text;
  for (const FormPart& part : *parts) {
    text += "[" + part.name + "=" + std::string(part.content) + "]";
  }
  return text;
}

TEST(MultipartTest, PartsHaveNamesAndContents) {
  EXPECT_EQ(Text(ParseForm(kType,
                           "--xyz\r\nContent-Disposition: form-data; name=\"entries\"\r\n\r\n{}\r\n"
                           "--xyz\r\ncontent-disposition: form-data; filename=\"a;b\"; name=image\r\n"
                           "Content-Type: application/octet-stream\r\n\r\n\r\n-\r\n--xy\r\n\r\n--xyz--\r\n")),
            "[entries={}][image=\r\n-\r\n--xy\r\n]");
}

TEST(MultipartTest, BoundariesAreReadAsOtherClientsWriteThem) {
  const std::string_view body = "--a b\r\nContent-Disposition: form-data; name=\"\xc3\xa9\\\"\"\r\n\r\n1\r\n--a b--";
  EXPECT_EQ(Text(ParseForm("Multipart/Form-Data; charset=utf-8; Boundary=\"a b\"", body)), "[\xc3\xa9\"=1]");
  EXPECT_EQ(Text(ParseForm(kType, "preamble\r\n--xyz  \r\nContent-Disposition: form-data; name=a\r\n\r\n\r\n--xyz--")),
            "[a=]");
  EXPECT_EQ(Text(ParseForm(kType, "--xyz--")), "");
}

TEST(MultipartTest, WhatIsNoFormIsRefused) {
  EXPECT_THAT(Text(ParseForm("application/json", "{}")), HasSubstr("multipart/form-data"));
  for (const char* type : {"multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; x"}) {
    EXPECT_THAT(Text(ParseForm(type, "--xyz--")), HasSubstr("boundary")) << type;
  }
  const std::string whole = "--xyz\r\nContent-Disposition: form-data; name=a\r\n\r\ncontent\r\n--xyz--";
  for (std::size_t length = 0; length + 2 <= whole.size(); ++length) {
    EXPECT_THAT(Text(ParseForm(kType, whole.substr(0, length))), HasSubstr("malformed")) << length;
  }
  EXPECT_THAT(Text(ParseForm(kType, "--xyz\r\nContent-Type: a\r\n\r\n1\r\n--xyz--")), HasSubstr("no name"));
  std::string many;
  for (int i = 0; i < 1000; ++i) {
    many += "--xyz\r\nContent-Disposition: form-data; name=a\r\n\r\n\r\n";
  }
  EXPECT_THAT(Text(ParseForm(kType, many + "--xyz--")), HasSubstr("100 parts"));
}

}  // namespace
}  // namespace calotype
