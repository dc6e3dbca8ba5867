// The files of the web page, which are part of the program.
#pragma once

#include "server/http/router.h"

namespace calotype {

void AddPageRoutes(Router& router);

}  // namespace calotype
