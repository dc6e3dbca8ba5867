#include "server/mcp/mcp_routes.h"

namespace calotype {

void AddMcpRoutes(Router& router, const McpServer& server) {
  router.Add(
      {.method = "POST",
       .path = "/mcp",
       .operation = "sendMcpMessage",
       .tag = "mcp",
       .summary = "A message of the Model Context Protocol, for assistants: tools that search and describe photos",
       // The head of a request does not say which tool it calls, and a thumbnail must not delay the searches of
       // others.
       .lane = Lane::kHeavy,
       .body = BodyKind::kMessage,
       .body_schema = "McpMessages",
       .answers = {{.schema = "McpAnswers"},
                   {.status = 202, .content_type = "", .help = "The message expects no answer"}},
       .run = [&server](const Call& call) -> StatusOr<HttpResponse> {
         CALOTYPE_ASSIGN_OR_RETURN(std::string answer,
                                   server.Answer(call.request.body, call.request.Header("mcp-protocol-version")));
         if (answer.empty()) {
           return HttpResponse{.status = 202};
         }
         return HttpResponse{.content_type = "application/json", .body = std::move(answer)};
       }});
}

}  // namespace calotype
