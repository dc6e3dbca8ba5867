#include <vector>
#include "photo/vips_image.h"
