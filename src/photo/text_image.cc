#include "photo/text_image.h"

#include <fmt/format.h>
#include <vips/vips.h>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <string>

#include "base/printable.h"
#include "base/unicode.h"
#include "photo/vips_start.h"

namespace calotype {
namespace {

// Longer lines would be cut off by every photo.
constexpr std::size_t kMaxBytes = 1000;

struct UnrefDrawn {
  void operator()(VipsImage* image) const { g_object_unref(image); }
};
struct FreeDrawn {
  void operator()(void* data) const { g_free(data); }
};

// Pango reads markup: "<" and "&" of the text must not begin any.
std::string Escaped(std::string_view text) {
  const std::unique_ptr<char, FreeDrawn> escaped(g_markup_escape_text(text.data(), static_cast<gssize>(text.size())));
  return escaped.get();
}

bool IsBlank(std::string_view text) {
  while (!text.empty()) {
    const FirstCharacter first = First(text);
    if (!IsWhiteSpace(first.value)) {
      return false;
    }
    text.remove_prefix(first.size);
  }
  return true;
}

}  // namespace

StatusOr<TextImage> DrawText(std::string_view text, int size) {
  const std::string line = DropInvalidUtf8(Printable(text), kMaxBytes);
  if (IsBlank(line)) {
    return TextImage();
  }
  if (!PrepareVips()) {
    return absl::UnimplementedError(fmt::format("libvips does not start ({})", TakeVipsError()));
  }
  VipsImage* drawn = nullptr;
  // At 72 dots per inch, a point is a pixel.
  if (vips_text(&drawn, Escaped(line).c_str(), "font", fmt::format("sans {}", size).c_str(), "dpi", 72, nullptr) != 0) {
    return absl::UnimplementedError(fmt::format("libvips cannot draw text ({})", TakeVipsError()));
  }
  const std::unique_ptr<VipsImage, UnrefDrawn> image(drawn);
  std::size_t bytes = 0;
  const std::unique_ptr<void, FreeDrawn> pixels(vips_image_write_to_memory(image.get(), &bytes));
  const auto wanted = static_cast<std::size_t>(image->Xsize) * static_cast<std::size_t>(image->Ysize);
  if (pixels == nullptr || bytes != wanted) {
    return absl::UnimplementedError(fmt::format("libvips cannot draw text ({})", TakeVipsError()));
  }
  const auto* first = static_cast<const uint8_t*>(pixels.get());
  return TextImage{.width = image->Xsize,
                   .height = image->Ysize,
                   .left = image->Xoffset,
                   .top = image->Yoffset,
                   .coverage = std::vector<uint8_t>(first, first + bytes)};
}

}  // namespace calotype
