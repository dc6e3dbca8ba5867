#include "app/client/event_parser.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace calotype {
namespace {

using testing::ElementsAre;

std::vector<std::string> EventTexts(const std::vector<ServerEvent>& events) {
  std::vector<std::string> texts;
  for (const ServerEvent& event : events) {
    texts.push_back(event.name + "=" + event.data);
  }
  return texts;
}

TEST(EventParserTest, EventsArriveInPiecesOfAnySize) {
  const std::string stream =
      ":\n\nevent: hello\ndata: {}\n\nevent: job\r\ndata: {\"job\":1}\r\n\r\nid: 7\nevent:job\ndata:a\ndata: b\n\n";
  for (std::size_t size = 1; size <= stream.size(); ++size) {
    EventParser parser;
    std::vector<ServerEvent> all;
    for (std::size_t at = 0; at < stream.size(); at += size) {
      for (ServerEvent& event : parser.Add(std::string_view(stream).substr(at, size))) {
        all.push_back(std::move(event));
      }
    }
    EXPECT_THAT(EventTexts(all), ElementsAre("hello={}", "job={\"job\":1}", "job=a\nb")) << size;
  }
}

TEST(EventParserTest, AnEventWithoutDataOrEndIsNone) {
  EventParser parser;
  EXPECT_TRUE(parser.Add("event: job\n\ndata: {}").empty());
  EXPECT_THAT(EventTexts(parser.Add("\n\n")), ElementsAre("={}")) << "its name ended with the event before";
}

}  // namespace
}  // namespace calotype
