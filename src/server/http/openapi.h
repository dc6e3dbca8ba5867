// The OpenAPI 3.1 document of the API, made from its routes.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "server/http/router.h"

namespace calotype {

// The schemas of all answers, by name: an object of JSON Schemas (2020-12).
const nlohmann::ordered_json& Schemas();

// `base_path` is where the server is reached from outside, such as "/photos" behind a proxy; empty: "/".
nlohmann::ordered_json OpenApiDocument(const Router& router, std::string_view base_path);

}  // namespace calotype
