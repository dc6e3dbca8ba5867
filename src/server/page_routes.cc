#include "server/page_routes.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>
#include <string>
#include <string_view>

#include "base/text.h"
#include "server/http/problem.h"
#include "server_page.h"  // kPageFiles: build/web, made by tools/web/build

namespace calotype {
namespace {

constexpr std::array kTypes = {
    std::pair(".html", "text/html; charset=utf-8"),
    std::pair(".js", "text/javascript; charset=utf-8"),
    std::pair(".css", "text/css; charset=utf-8"),
    std::pair(".json", "application/json"),
    std::pair(".svg", "image/svg+xml"),
    std::pair(".png", "image/png"),
    std::pair(".webmanifest", "application/manifest+json"),
};

// Scripts and styles are files of this server alone; `blob:` and `data:` are pictures that the page itself made.
constexpr std::string_view kPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; "
    "manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

std::string_view TypeOf(std::string_view path) {
  for (const auto& [ending, type] : kTypes) {
    if (path.ends_with(ending)) {
      return type;
    }
  }
  return "application/octet-stream";
}

const EmbeddedFile* FindPageFile(std::string_view path) {
  const auto* const found = std::ranges::find(kPageFiles, path, &EmbeddedFile::path);
  return found == std::end(kPageFiles) ? nullptr : found;
}

bool TakesGzip(const HttpRequest& request) {
  for (const std::string_view coding : Split(request.Header("accept-encoding"), ',')) {
    const std::size_t end = coding.find(';');
    if (Trim(coding.substr(0, end)) == "gzip") {
      return end == std::string_view::npos || coding.substr(end).find("q=0") == std::string_view::npos ||
             coding.substr(end).find("q=0.") != std::string_view::npos;
    }
  }
  return false;
}

HttpResponse PageFile(const HttpRequest& request, const std::string& path, std::string_view cache_control) {
  const EmbeddedFile* const file = FindPageFile(path);
  if (file == nullptr) {
    return Problem(request.id, http_status::kNotFound, fmt::format("there is nothing at {}", request.path));
  }
  const EmbeddedFile* const compressed = FindPageFile(path + ".gz");
  HttpResponse response{.content_type = std::string(TypeOf(path)),
                        .headers = {{"Cache-Control", std::string(cache_control)}}};
  if (compressed != nullptr) {
    response.headers.emplace_back("Vary", "Accept-Encoding");
  }
  const bool send_compressed = compressed != nullptr && TakesGzip(request);
  if (send_compressed) {
    response.headers.emplace_back("Content-Encoding", "gzip");
  }
  const std::span<const unsigned char> bytes = send_compressed ? compressed->bytes : file->bytes;
  response.body.assign(bytes.begin(), bytes.end());
  return response;
}

Route PageRoute(std::string path, std::string operation) {
  return {.method = "GET",
          .path = std::move(path),
          .operation = std::move(operation),
          .tag = "page",
          .summary = "A file of the web page",
          .scope = Scope::kNone,
          .lane = Lane::kInline};
}

// The files of a folder of the page.
void AddFolder(Router& router, std::string_view folder, std::string operation, std::string_view cache_control) {
  Route route = PageRoute(fmt::format("/{}/{{file}}", folder), std::move(operation));
  route.in_path = {TextField("file", "the name of a file")};
  for (const auto& [ending, type] : kTypes) {
    route.answers.push_back({.content_type = type});
  }
  route.run = [folder, cache_control](const Call& call) -> StatusOr<HttpResponse> {
    return PageFile(call.request, fmt::format("{}/{}", folder, call.arguments.Text("file")), cache_control);
  };
  router.Add(std::move(route));
}

}  // namespace

void AddPageRoutes(Router& router) {
  // The state of the page is behind "#" in its address, so the server never sees it.
  Route index = PageRoute("/", "getPage");
  index.answers = {{.content_type = "text/html; charset=utf-8"}};
  index.run = [](const Call& call) -> StatusOr<HttpResponse> {
    HttpResponse response = PageFile(call.request, "index.html", "no-cache");
    response.headers.emplace_back("Content-Security-Policy", kPolicy);
    return response;
  };
  router.Add(std::move(index));
  // The names of these change with their content.
  AddFolder(router, "assets", "getPageAsset", "public, max-age=31536000, immutable");
  AddFolder(router, "page", "getPageFile", "public, max-age=86400");
}

}  // namespace calotype
