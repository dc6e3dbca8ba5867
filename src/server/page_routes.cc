#include "server/page_routes.h"

#include <array>
#include <string>
#include <string_view>

#include "server_page.h"

namespace calotype {
namespace {

struct PageFile {
  const char* path;
  const char* operation;
  const char* content_type;
  std::string_view text;
};

std::string_view AsText(std::span<const unsigned char> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace

void AddPageRoutes(Router& router) {
  const std::array files = {
      PageFile{"/", "getPage", "text/html; charset=utf-8", AsText(kPageHtml)},
      PageFile{"/page.js", "getPageScript", "text/javascript; charset=utf-8", AsText(kPageJs)},
      PageFile{"/page.css", "getPageStyle", "text/css; charset=utf-8", AsText(kPageCss)},
  };
  for (const PageFile& file : files) {
    router.Add({.method = "GET",
                .path = file.path,
                .operation = file.operation,
                .tag = "page",
                .summary = "A file of the web page",
                .scope = Scope::kNone,
                .lane = Lane::kInline,
                // The state of the page, which its script reads.
                .in_query = {TextField("q", "a query"), TextField("photo", "the number of a photo")},
                .answers = {{.content_type = file.content_type}},
                .run = [file](const Call&) -> StatusOr<HttpResponse> {
                  return HttpResponse{.content_type = file.content_type,
                                      .headers = {{"Cache-Control", "no-cache"}},
                                      .body = std::string(file.text)};
                }});
  }
}

}  // namespace calotype
