#include <nlohmann/json.hpp>
#include <string>

#include "app/api_json.h"
#include "search/completion.h"
#include "search/query.h"
#include "search/searcher.h"
#include "server/http/endpoint.h"
#include "server/http/field.h"
#include "server/http/file_response.h"
#include "server/http/http.h"
#include "server/http/json_body.h"
#include "server/http/multipart.h"
#include "server/immich/entries.h"
#include "server/mcp/mcp_server.h"
#include "targets.h"

namespace calotype {

void FuzzQuery(std::span<const uint8_t> data) {
  const std::string_view text = AsText(data);
  ParseQuery(text).IgnoreError();
  FindCompletionPlace(text, text.size() / 2);
  ParseCursor(text);
  ParseMark(text);
}

void FuzzHttpTarget(std::span<const uint8_t> data) {
  HttpRequest request;
  request.target = std::string(AsText(data));
  if (ParseTarget(request) && request.path.find("/../") != std::string::npos) {
    __builtin_trap();
  }
  DecodeUrl(AsText(data), true);
  ParseRange(AsText(data), data.size());
  ParseEndpoint(AsText(data)).IgnoreError();
}

void FuzzJsonBody(std::span<const uint8_t> data) {
  static const std::vector<Field> kFields = {TextField("name", ""),
                                             IntegerField("limit", 1, kMaxId, ""),
                                             FlagField("hidden", ""),
                                             TextsField("folders", ""),
                                             IdsField("faces", ""),
                                             NumberField("score", 0, 1, ""),
                                             ChoiceField("kind", {"scan", "retry"}, "")};
  Arguments arguments;
  ReadJsonArguments(kFields, AsText(data), arguments).IgnoreError();
  static const McpServer kAssistant({}, "0");
  kAssistant.Answer(AsText(data), "").IgnoreError();
}

// The first line is the content type.
void FuzzForm(std::span<const uint8_t> data) {
  const std::string_view text = AsText(data);
  const std::size_t end = text.find('\n');
  if (end != std::string_view::npos) {
    ParseForm(text.substr(0, end), text.substr(end + 1)).IgnoreError();
  }
}

void FuzzImmichEntries(std::span<const uint8_t> data) {
  ParseEntries(AsText(data));
  CleanModelName(AsText(data));
}

}  // namespace calotype
