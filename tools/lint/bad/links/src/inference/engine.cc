#include "photo/decode.h"
