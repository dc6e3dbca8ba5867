// Makes the small library that `calotype workflow-test` runs on.
#pragma once

#include <filesystem>
#include <string_view>

#include "app/app.h"
#include "base/status.h"

namespace calotype {

// The photos of MakeTestLibrary(), by what they show.
inline constexpr std::string_view kTestCat = "cat.jpg";
inline constexpr std::string_view kTestFace = "face.jpg";
inline constexpr std::string_view kTestCup = "cup.jpg";
inline constexpr std::string_view kTestSign = "sign.jpg";                   // with the word PARKING
inline constexpr std::string_view kTestCupCopy = "cup_copy.jpg";            // the cup, compressed more strongly
inline constexpr std::string_view kTestFaceMirrored = "face_mirrored.jpg";  // the same face, but no copy of the photo
inline constexpr int kTestPhotos = 6;

// Creates `folder` and writes the photos into it: those of the self-tests of the pack in use, and two made from them.
// kFailedPrecondition when the pack is not installed or a model of it has no photo for its self-test.
Status MakeTestLibrary(const App& app, const std::filesystem::path& folder);

}  // namespace calotype
