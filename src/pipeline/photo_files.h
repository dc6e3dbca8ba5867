// Recognises photos and folders to skip by their names.
#pragma once

#include <filesystem>
#include <string_view>

namespace calotype {

// True for a name with the extension of a photo ("IMG_1.HEIC"). When such a file is damaged, the scan reports it; other
// files that are not photos are silently skipped.
bool HasPhotoExtension(const std::filesystem::path& path);

// True for a name with the extension of a camera's RAW format. TIFF is none, although some RAW files are called so.
bool HasRawExtension(const std::filesystem::path& path);

// True for names of PDF files, and of videos. Scans skip and count them.
bool IsPdfName(const std::filesystem::path& path);
bool IsVideoName(const std::filesystem::path& path);

// True for files and folders that no scan reads: hidden ones, and those that file systems and NAS systems create for
// their own use.
bool IsSkippedName(std::string_view name);

}  // namespace calotype
