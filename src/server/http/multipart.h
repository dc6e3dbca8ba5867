// Reads forms with files: multipart/form-data (RFC 7578).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace calotype {

// A field of a form. The texts live as long as the body.
struct FormPart {
  std::string name;
  std::string_view content;
};

// The parts of `body`, whose boundary is in `content_type`, the header of the request. kInvalidArgument when it is not
// multipart/form-data, malformed or cut short, or has more than 100 parts.
StatusOr<std::vector<FormPart>> ParseForm(std::string_view content_type, std::string_view body);

}  // namespace calotype
