// Starts libvips with the settings that its users in this folder share. Only this folder includes it.
#pragma once

#include <string>

namespace calotype {

// Starts libvips at the first call, and prepares the calling thread. False when libvips does not start.
bool PrepareVips();

// Opens the loaders of all formats, with what they need of the file system.
void StartVipsLoaders();

// The first line of libvips' error text, which is then empty. It is one text for the whole process.
std::string TakeVipsError();

}  // namespace calotype
