#pragma once

#include "photo/reader.h"
