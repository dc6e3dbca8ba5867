#include "photo/vips_start.h"

#include <vips/vips.h>

#include <array>
#include <memory>

namespace calotype {
namespace {

// The only loaders that files can reach; all others (ImageMagick, PDF, SVG, OpenSlide ...) stay blocked.
constexpr std::array kAllowedLoaders = {"VipsForeignLoadPng",   "VipsForeignLoadWebp", "VipsForeignLoadTiff",
                                        "VipsForeignLoadNsgif", "VipsForeignLoadHeif", "VipsForeignLoadJxl"};

struct FreeError {
  void operator()(void* data) const { g_free(data); }
};

void DropLog(const gchar* /*domain*/, GLogLevelFlags /*level*/, const gchar* /*text*/, gpointer /*data*/) {}

bool StartVips() {
  if (VIPS_INIT("calotype") != 0) {
    return false;
  }
  // The pipeline decodes several photos at once, so threads inside each would only compete. There is no use for a
  // cache, since no photo is decoded twice.
  vips_concurrency_set(1);
  vips_cache_set_max(0);
  vips_operation_block_set("VipsForeignLoad", TRUE);
  for (const char* loader : kAllowedLoaders) {
    vips_operation_block_set(loader, FALSE);
  }
  // Otherwise libtiff and others write warnings to stderr.
  for (const char* domain : {"VIPS", "GLib-GObject", "Pango"}) {
    g_log_set_handler(domain, static_cast<GLogLevelFlags>(G_LOG_LEVEL_MASK), DropLog, nullptr);
  }
  return true;
}

// libvips keeps buffers for each thread that used it; this frees them at the end of the thread.
struct ThreadEnd {
  ThreadEnd() = default;
  ThreadEnd(const ThreadEnd&) = delete;
  ThreadEnd& operator=(const ThreadEnd&) = delete;
  ~ThreadEnd() { vips_thread_shutdown(); }
};

}  // namespace

bool PrepareVips() {
  static const bool kStarted = StartVips();
  if (kStarted) {
    thread_local ThreadEnd thread_end;
    static_cast<void>(thread_end);
  }
  return kStarted;
}

void StartVipsLoaders() {
  std::array<char, 4> nothing{};
  for (const auto load : {vips_pngload_buffer, vips_webpload_buffer, vips_tiffload_buffer, vips_gifload_buffer,
                          vips_heifload_buffer, vips_jxlload_buffer}) {
    VipsImage* image = nullptr;
    if (load(nothing.data(), nothing.size(), &image, nullptr) == 0) {
      g_object_unref(image);
    }
  }
  vips_error_clear();
}

std::string TakeVipsError() {
  const std::unique_ptr<char, FreeError> text(vips_error_buffer_copy());
  std::string line(text.get());
  return line.substr(0, line.find('\n'));
}

}  // namespace calotype
