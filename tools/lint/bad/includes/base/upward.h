#pragma once

#include "photo/vips_image.h"
