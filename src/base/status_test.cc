#include "base/status.h"

#include <gtest/gtest.h>

#include <vector>

namespace calotype {
namespace {

struct MappingCase {
  absl::StatusCode code;
  int exit_status;
  int http_status;
};

// The contract of the command line and the server. It repeats the table of status.cc on purpose, so that no change goes
// unnoticed.
const std::vector<MappingCase> kCases = {
    {absl::StatusCode::kOk, 0, 200},
    {absl::StatusCode::kCancelled, 130, 499},
    {absl::StatusCode::kInvalidArgument, 1, 400},
    {absl::StatusCode::kUnauthenticated, 1, 401},
    {absl::StatusCode::kNotFound, 1, 404},
    {absl::StatusCode::kAlreadyExists, 1, 409},
    {absl::StatusCode::kPermissionDenied, 1, 403},
    {absl::StatusCode::kResourceExhausted, 1, 413},
    {absl::StatusCode::kFailedPrecondition, 1, 409},
    {absl::StatusCode::kUnimplemented, 1, 501},
    {absl::StatusCode::kUnavailable, 1, 503},
    {absl::StatusCode::kDeadlineExceeded, 1, 504},
    {absl::StatusCode::kDataLoss, 1, 500},
    {absl::StatusCode::kInternal, 1, 500},
    // Not used by Calotype, so treated as a bug.
    {absl::StatusCode::kOutOfRange, 1, 500},
};

TEST(StatusTest, EachCodeHasOneExitAndHttpStatus) {
  for (const MappingCase& mapping : kCases) {
    const Status status(mapping.code, "why");
    EXPECT_EQ(ExitStatus(status), mapping.exit_status) << status;
    EXPECT_EQ(HttpStatus(status), mapping.http_status) << status;
  }
}

TEST(StatusTest, AnHttpStatusStandsForACode) {
  EXPECT_EQ(CodeOfHttpStatus(401), absl::StatusCode::kUnauthenticated);
  EXPECT_EQ(CodeOfHttpStatus(409), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(CodeOfHttpStatus(413), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(CodeOfHttpStatus(500), absl::StatusCode::kInternal);
  EXPECT_EQ(CodeOfHttpStatus(418), absl::StatusCode::kInternal);
}

TEST(StatusTest, AnnotatePutsTheContextBefore) {
  const Status status = Annotate(absl::NotFoundError("no such file"), "a.jpg");
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(Message(status), "a.jpg: no such file");
  EXPECT_TRUE(Annotate(absl::OkStatus(), "a.jpg").ok());
}

StatusOr<int> Half(int value) { return value % 2 == 0 ? StatusOr<int>(value / 2) : absl::InvalidArgumentError("odd"); }

StatusOr<int> Quarter(int value) {
  CALOTYPE_ASSIGN_OR_RETURN(const int half, Half(value));
  CALOTYPE_ASSIGN_OR_RETURN(const int quarter, Half(half));
  return quarter;
}

TEST(StatusTest, MacrosPassValuesAndErrorsUp) {
  EXPECT_EQ(*Quarter(8), 2);
  EXPECT_EQ(Message(Quarter(6).status()), "odd");
}

}  // namespace
}  // namespace calotype
