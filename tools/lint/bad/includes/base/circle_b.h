#pragma once

#include "base/circle_a.h"
