// The Model Context Protocol (JSON-RPC 2.0), as far as a server needs it that has tools only and keeps no sessions.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/status.h"
#include "server/mcp/tool.h"

namespace calotype {

// Thread-safe.
class McpServer {
 public:
  // `version` is that of the program.
  McpServer(std::vector<Tool> tools, std::string version) : tools_(std::move(tools)), version_(std::move(version)) {}

  // The answer to a message, or to a batch of them, as JSON; empty if none of them expects one. `protocol` is the value
  // of the header MCP-Protocol-Version; empty: the client sent none. What a request does wrong is in its answer.
  //   kInvalidArgument  an unknown protocol version, or the body is no message of this protocol
  StatusOr<std::string> Answer(std::string_view body, std::string_view protocol) const;

 private:
  // nullopt for a notification or a response.
  StatusOr<std::optional<nlohmann::ordered_json>> AnswerOne(const nlohmann::ordered_json& message) const;
  nlohmann::ordered_json Initialize(const nlohmann::ordered_json& params) const;
  nlohmann::ordered_json ListTools(const nlohmann::ordered_json& params) const;
  nlohmann::ordered_json CallTool(const nlohmann::ordered_json& params) const;

  const std::vector<Tool> tools_;
  const std::string version_;
};

}  // namespace calotype
