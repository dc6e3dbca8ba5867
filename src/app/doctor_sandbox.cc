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

// Versions of libraries in which crafted photos overwrite memory, from the first one up to the one that is corrected.
// A distribution may have corrected an older version under its old number.
struct KnownHole {
  std::string_view library;
  std::array<int, 3> since;
  std::array<int, 3> corrected;
};

constexpr std::array kKnownHoles = {
    KnownHole{"LibRaw", {0, 0, 0}, {0, 21, 4}},   // CVE-2025-43961 to 43964
    KnownHole{"libvips", {0, 0, 0}, {8, 16, 1}},  // CVE-2025-29769
    KnownHole{"exiv2", {0, 28, 0}, {0, 28, 5}},   // CVE-2025-26623
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

// `library` is "LibRaw 0.20.2".
std::string WithHoles(const std::string& library) {
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

}  // namespace

DoctorCheck CheckSandbox(const Settings& settings) {
  DoctorCheck check{.name = "sandbox", .ok = true};
  const StatusOr<ReaderReport> report = DescribeReader();
  if (!report.ok()) {
    return {.name = "sandbox",
            .detail = Message(report.status()),
            .remedy = "install calotype-reader beside calotype, or where cmake --install puts it"};
  }
  std::vector<std::string> libraries;
  std::ranges::transform(report->libraries, std::back_inserter(libraries), WithHoles);
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
