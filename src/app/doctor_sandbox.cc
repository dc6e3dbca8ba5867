// The check of the processes that read photos.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <string>
#include <string_view>
#include <vector>

#include "app/doctor_checks.h"
#include "photo/reader_settings.h"

namespace calotype {
namespace {

// Versions of libraries in which crafted photos may overwrite memory, from the first one up to the one that is
// corrected. A distribution may have corrected an older version under its old number. The entries are from the
// changelogs of Debian's packages (changelog.Debian, and upstream's changelog beside it); holes in what Calotype does
// not use, such as CVE-2025-29769 of libvips (writing multiband pictures as HEIF), are left out.
struct KnownHole {
  std::string_view library;
  std::array<int, 3> since;
  std::array<int, 3> corrected;
};

constexpr std::array kKnownHoles = {
    // CVE-2026-20889, 21413, 24660: buffer overflows in loaders. Corrected in libraw 0.22.1-1 ("New upstream version");
    // Debian 12 has the corrections since 0.20.2-2.1+deb12u2, Debian 13 since 0.21.4-2+deb13u1.
    KnownHole{"LibRaw", {0, 0, 0}, {0, 22, 1}},
    // CVE-2026-2913: overflow while a source is read (vips 8.18.0-2, upstream 8.18.1). CVE-2026-35591: the TIFF loader
    // did not check JPEG and JPEG 2000 inside (vips 8.16.1-1+deb13u2, upstream 8.18.2).
    KnownHole{"libvips", {0, 0, 0}, {8, 18, 2}},
    // CVE-2023-44398 (upstream 0.28.1: out-of-bounds write) and CVE-2025-26623 (exiv2 0.28.4+dfsg-2, upstream 0.28.5).
    // Upstream's changelog says of both that versions before 0.28.0 do not have them.
    KnownHole{"exiv2", {0, 28, 0}, {0, 28, 5}},
};

std::array<int, 3> ParseVersion(std::string_view text) {
  std::array<int, 3> version{};
  for (int& part : version) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), part);
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    text = text.starts_with('.') ? text.substr(1) : std::string_view();
  }
  return version;
}

}  // namespace

std::string WithKnownHoles(const std::string& library) {
  const std::size_t space = library.find(' ');
  const std::string_view name = std::string_view(library).substr(0, space);
  const auto version = ParseVersion(space == std::string::npos ? "" : std::string_view(library).substr(space + 1));
  for (const KnownHole& hole : kKnownHoles) {
    if (hole.library == name && version >= hole.since && version < hole.corrected) {
      return fmt::format("{} (known holes, unless the distribution corrected them; corrected in {})", library,
                         fmt::join(hole.corrected, "."));
    }
  }
  return library;
}

DoctorCheck CheckSandbox(const Settings& settings) {
  DoctorCheck check{.name = "sandbox", .ok = true};
  const StatusOr<ReaderReport> report = DescribeReader();
  if (!report.ok()) {
    return {.name = "sandbox",
            .detail = Message(report.status()),
            .remedy = "install calotype-reader beside calotype, or where cmake --install puts it"};
  }
  std::vector<std::string> libraries;
  std::ranges::transform(report->libraries, std::back_inserter(libraries), WithKnownHoles);
  check.detail = fmt::format("photos are read in processes of their own: {}", fmt::join(report->protections, ", "));
  if (!report->missing.empty()) {
    check.detail += fmt::format("; not: {}", fmt::join(report->missing, ", "));
  }
  check.detail += fmt::format("; {}", fmt::join(libraries, ", "));
  if (settings.sandbox && std::ranges::find(report->protections, "seccomp") == report->protections.end()) {
    check.ok = false;
    check.remedy = "use a kernel with seccomp (CONFIG_SECCOMP_FILTER); --no-sandbox accepts the risk";
  }
  return check;
}

}  // namespace calotype
