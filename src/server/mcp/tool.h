// The tools that an assistant can use through the Model Context Protocol.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "app/library.h"
#include "app/thumbnails.h"
#include "base/status.h"
#include "server/http/field.h"

namespace calotype {

// What a tool answers: either a text or a picture.
struct ToolAnswer {
  std::string text;
  std::vector<uint8_t> jpeg;
};

struct Tool {
  std::string name;   // "search_photos"
  std::string title;  // for people
  std::string help;   // for the assistant
  std::vector<Field> fields;
  std::function<StatusOr<ToolAnswer>(const Arguments&)> run;  // thread-safe
};

// Tools that read the library: search_photos, describe_photo, list_people, get_thumbnail. Both arguments must outlive
// them.
std::vector<Tool> LibraryTools(Library& library, Thumbnails& thumbnails);

}  // namespace calotype
