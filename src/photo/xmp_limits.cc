#include "photo/xmp_limits.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "photo/sidecar.h"

namespace calotype {
namespace {

// Programs nest about ten levels; each level of XMP takes two or three of XML.
constexpr std::size_t kMaxXmpDepth = 200;
// exiv2 takes up to 10 microseconds for a property. This many structures that are as large as allowed take two seconds.
constexpr int kStructures = 100;

constexpr std::string_view kXmlBlanks = " \t\r\n";

// "rdf" and "li" of "rdf:li".
std::pair<std::string_view, std::string_view> SplitName(std::string_view name) {
  const std::size_t colon = name.find(':');
  return colon == std::string_view::npos ? std::pair(std::string_view(), name)
                                         : std::pair(name.substr(0, colon), name.substr(colon + 1));
}

// The entries of an array are not compared with each other.
bool IsListEntry(std::string_view name, std::string_view parent) {
  const auto [prefix, local] = SplitName(name);
  const auto [parent_prefix, array] = SplitName(parent);
  return local == "li" && prefix == parent_prefix && (array == "Bag" || array == "Seq" || array == "Alt");
}

struct XmlElement {
  std::string_view name;
  int64_t properties = 0;  // its attributes and child elements, without entries of lists
};

class XmpScanner {
 public:
  XmpScanner(std::string_view packet, const DecodeLimits& limits) : packet_(packet), limits_(limits) {}

  Status Scan() {
    for (std::size_t at = packet_.find('<'); at != std::string_view::npos; at = packet_.find('<', at)) {
      const std::string_view rest = packet_.substr(at);
      if (rest.starts_with("<?")) {
        at = After(at, "?>");
      } else if (rest.starts_with("<!--")) {
        at = After(at, "-->");
      } else if (rest.starts_with("<![CDATA[")) {
        at = After(at, "]]>");
      } else if (rest.starts_with("<!")) {
        return absl::InvalidArgumentError("it declares a document type, which no XMP does");
      } else if (rest.starts_with("</")) {
        CALOTYPE_RETURN_IF_ERROR(Close());
        at = After(at, ">");
      } else {
        CALOTYPE_RETURN_IF_ERROR(Open(at + 1));
        at = at_;
      }
    }
    return absl::OkStatus();
  }

 private:
  std::size_t After(std::size_t at, std::string_view end) const {
    const std::size_t found = packet_.find(end, at);
    return found == std::string_view::npos ? found : found + end.size();
  }

  // Reads a start tag, whose name is at `at`, and moves at_ behind it.
  Status Open(std::size_t at) {
    const std::size_t name_end = std::min(packet_.find_first_of(" \t\r\n/>", at), packet_.size());
    XmlElement element{.name = packet_.substr(at, name_end - at)};
    at_ = name_end;
    bool is_empty = false;
    while (at_ < packet_.size() && packet_[at_] != '>') {
      const char c = packet_[at_];
      is_empty = c == '/' || (is_empty && kXmlBlanks.find(c) != std::string_view::npos);
      element.properties += c == '=' ? 1 : 0;
      const bool quoted = c == '"' || c == '\'';
      at_ = quoted ? std::min(packet_.find(c, at_ + 1), packet_.size()) : at_;
      ++at_;
    }
    at_ = std::min(at_, packet_.size());
    const std::string_view parent = open_.empty() ? std::string_view() : open_.back().name;
    const bool is_property = !IsListEntry(element.name, parent);
    if (!open_.empty() && is_property) {
      ++open_.back().properties;
    }
    total_ += element.properties + (is_property ? 1 : 0);
    if (const int64_t most = int64_t{kStructures} * limits_.max_xmp_properties; total_ > most) {
      return absl::ResourceExhaustedError(fmt::format(
          "it has at least {} properties, the limit is {}: {} times limits.xmp_properties", total_, most, kStructures));
    }
    open_.push_back(element);
    if (open_.size() > kMaxXmpDepth) {
      return absl::ResourceExhaustedError(
          fmt::format("it is nested more than {} levels deep, a fixed limit for XMP", kMaxXmpDepth));
    }
    return is_empty ? Close() : absl::OkStatus();
  }

  Status Close() {
    if (open_.empty()) {
      return absl::OkStatus();
    }
    const XmlElement closed = open_.back();
    open_.pop_back();
    // A description only holds the properties of what it is in.
    if (!open_.empty() && SplitName(closed.name).second == "Description") {
      open_.back().properties += closed.properties;
    }
    XmlElement& checked = open_.empty() ? last_ : open_.back();
    const int64_t properties = std::max(closed.properties, checked.properties);
    if (properties > limits_.max_xmp_properties) {
      return absl::ResourceExhaustedError(
          fmt::format("it has at least {} properties in one structure, the limit is {} "
                      "(limits.xmp_properties)",
                      properties, limits_.max_xmp_properties));
    }
    return absl::OkStatus();
  }

  std::string_view packet_;
  const DecodeLimits& limits_;
  std::size_t at_ = 0;
  std::vector<XmlElement> open_;
  XmlElement last_;
  int64_t total_ = 0;  // properties of all elements
};

}  // namespace

Status CheckXmp(std::string_view packet, const DecodeLimits& limits) {
  if (packet.size() > kMaxSidecarBytes) {
    return absl::ResourceExhaustedError(
        fmt::format("it has {} bytes, the limit is {} ({})", packet.size(), kMaxSidecarBytes, kSidecarBytesKnob));
  }
  if (packet.substr(0, 4).find('\0') == std::string_view::npos) {
    return XmpScanner(packet, limits).Scan();
  }
  // UTF-16 or UTF-32: without zeros, the characters of XML are those of ASCII.
  std::string ascii(packet);
  std::erase(ascii, '\0');
  return XmpScanner(ascii, limits).Scan();
}

}  // namespace calotype
