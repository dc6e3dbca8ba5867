// The pages of a TIFF: a scanned document has one picture on each page.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace calotype {

// Returns where in the file the directory of each page begins, in their order; for files other than TIFF nothing.
// Smaller versions of a picture (thumbnails, levels of a pyramid) and masks are no pages; if there is nothing else, the
// first is the only page. A directory that lies behind the end of the file is a page, too: the file was cut short.
// Safe for any bytes. Reads at most 65,536 directories.
std::vector<std::size_t> FindTiffPages(std::span<const uint8_t> file);

// Where the first directory of the file is, be it a page or not. Programs put the metadata of the file there.
std::size_t FirstTiffDirectory(std::span<const uint8_t> file);

// Makes one of FindTiffPages() the only directory of the file, so that decoders see this page alone. No pixel is moved,
// and what belongs to the page (EXIF, sub-directories) stays.
void KeepTiffPage(std::span<uint8_t> file, std::size_t page);

}  // namespace calotype
