#include "app/client/library_client.h"

#include <fmt/format.h>

#include <cstdlib>

#include "app/client/local_client.h"
#include "app/client/remote_client.h"
#include "base/file.h"
#include "base/text.h"

namespace calotype {
namespace {

StatusOr<std::string> Token(const App& app) {
  if (const char* const token = std::getenv("CALOTYPE_TOKEN"); token != nullptr) {
    return std::string(Trim(token));
  }
  const std::string& file = app.settings().token_file;
  if (file.empty()) {
    return std::string();
  }
  CALOTYPE_ASSIGN_OR_RETURN(const std::string text, ReadTextFile(file));
  const std::string_view token = Trim(text);
  if (token.empty() || token.find_first_of(kAsciiSpace) != std::string_view::npos) {
    return absl::InvalidArgumentError(fmt::format("client.token_file is {}, which does not have one token", file));
  }
  return std::string(token);
}

}  // namespace

StatusOr<std::unique_ptr<LibraryClient>> OpenLibraryClient(const App& app, const std::string& server) {
  if (server.empty()) {
    return std::make_unique<LocalClient>(app);
  }
  CALOTYPE_ASSIGN_OR_RETURN(std::string token, Token(app));
  CALOTYPE_ASSIGN_OR_RETURN(
      std::unique_ptr<ApiConnection> api,
      ApiConnection::Open(CreateHttpClient(),
                          {.url = server, .token = std::move(token), .certificates = app.settings().certificates}));
  return std::make_unique<RemoteClient>(std::move(api));
}

}  // namespace calotype
