// /mcp: for assistants.
#pragma once

#include "server/http/router.h"
#include "server/mcp/mcp_server.h"

namespace calotype {

// Adds the endpoint of MCP's transport "Streamable HTTP", which answers each request with JSON. `server` must outlive
// the router.
void AddMcpRoutes(Router& router, const McpServer& server);

}  // namespace calotype
