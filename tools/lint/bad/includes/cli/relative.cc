#include "../base/upward.h"
