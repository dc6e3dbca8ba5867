// Signs requests to S3 (AWS Signature Version 4). Pure functions.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace calotype {

struct S3Credentials {
  std::string key_id;
  std::string secret;
  std::string token;  // of temporary credentials; empty: none
};

struct S3Request {
  std::string method = "GET";
  std::string host;  // as in the header Host: with the port, unless it is that of the scheme
  std::string path;  // begins with a slash; not encoded
  std::vector<std::pair<std::string, std::string>> query;  // not encoded
  std::string body_sha256;                                 // hexadecimal; empty: there is no body
};

// "a=1&b=": encoded, and in the order in which it is signed. A request must be sent like this: some servers sign what
// arrives without encoding it again.
std::string EncodedQuery(const S3Request& request);

// The headers that sign `request` for `region` at `now`, as "Name: value". The header Host is not among them.
std::vector<std::string> SignatureHeaders(const S3Request& request, const S3Credentials& credentials,
                                          std::string_view region, std::chrono::sys_seconds now);

}  // namespace calotype
