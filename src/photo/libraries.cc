#include "photo/libraries.h"

#include <fmt/format.h>
#include <iconv.h>
#include <jpeglib.h>
#include <libraw/libraw.h>
#include <vips/vips.h>

#include <atomic>
#include <ctime>
#include <exiv2/exiv2.hpp>
#include <string_view>

#include "photo/text_image.h"
#include "photo/vips_start.h"
#include "photo/xmp_facts.h"

namespace calotype {
namespace {

std::atomic<void (*)()> on_lack_of_memory = nullptr;

// GLib tells in its log that it got no memory, and then ends the process.
void ReadLog(const gchar* domain, GLogLevelFlags level, const gchar* text, gpointer /*data*/) {
  const auto handler = on_lack_of_memory.load();
  const bool fatal = (level & (G_LOG_FLAG_FATAL | G_LOG_LEVEL_ERROR)) != 0;
  if (handler != nullptr && fatal && text != nullptr &&
      std::string_view(text).find("allocate") != std::string_view::npos) {
    handler();
  }
  static_cast<void>(domain);
}

// iconv loads a table when it is first asked for a pair of encodings; exiv2 asks for these.
void LoadEncodings() {
  for (const char* const encoding :
       {"UCS-2LE", "UCS-2BE", "UTF-16LE", "UTF-16BE", "ISO-8859-1", "UTF-32LE", "UTF-32BE"}) {
    for (const bool to_utf8 : {true, false}) {
      const iconv_t converter = to_utf8 ? iconv_open("UTF-8", encoding) : iconv_open(encoding, "UTF-8");
      if (converter != iconv_t(-1)) {  // NOLINT(performance-no-int-to-ptr): as iconv has it
        iconv_close(converter);
      }
    }
  }
}

}  // namespace

void LoadLibraries(bool for_text) {
  tzset();
  if (!PrepareVips()) {
    return;
  }
  g_log_set_handler("GLib", static_cast<GLogLevelFlags>(G_LOG_LEVEL_MASK | G_LOG_FLAG_FATAL | G_LOG_FLAG_RECURSION),
                    ReadLog, nullptr);
  if (for_text) {
    static_cast<void>(DrawText("A", 20));
    return;
  }
  StartVipsLoaders();
  PrepareExiv2();
  LoadEncodings();
}

std::vector<std::string> LibraryVersions() {
  return {fmt::format("libvips {}", vips_version_string()), fmt::format("LibRaw {}", LibRaw::version()),
          fmt::format("exiv2 {}", Exiv2::versionString()), fmt::format("libjpeg {}", JPEG_LIB_VERSION)};
}

void SetLackOfMemoryHandler(void (*handler)()) { on_lack_of_memory = handler; }

}  // namespace calotype
