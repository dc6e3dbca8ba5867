#pragma once

#include "base/circle_b.h"
