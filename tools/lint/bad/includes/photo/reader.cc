#include "photo/decoders/jpeg.h"
