// Analysers without models, for tests.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "analysis/analyser.h"

namespace calotype {

// Calls `act` and counts the calls.
class FakeAnalyser : public Analyser {
 public:
  using Act = std::function<Status(const PhotoView&, Findings&)>;

  FakeAnalyser(std::string name, std::vector<std::string_view> needs, Act act, std::atomic<int>* calls = nullptr,
               std::string version = "1")
      : name_(std::move(name)),
        needs_(std::move(needs)),
        act_(std::move(act)),
        calls_(calls),
        version_(std::move(version)) {}

  std::string_view name() const override { return name_; }
  std::span<const std::string_view> needs() const override { return needs_; }
  bool reads_all_pages() const override { return name_ == "text"; }
  std::string version() const override { return version_; }
  std::string device() const override { return "fake"; }
  Status Analyse(const PhotoView& photo, Findings& findings) override {
    if (calls_ != nullptr) {
      ++*calls_;
    }
    return act_(photo, findings);
  }

 private:
  const std::string name_;
  const std::vector<std::string_view> needs_;
  const Act act_;
  std::atomic<int>* const calls_;
  const std::string version_;
};

inline Status FindOneObject(const PhotoView& photo, Findings& findings) {
  findings.objects = {{.label = "thing",
                       .score = 0.9F,
                       .box = {.x = 0, .y = 0, .width = static_cast<float>(photo.full_width), .height = 1}}};
  return absl::OkStatus();
}

// Finds one line of text: the grey level of the first pixel.
inline Status ReadShade(const PhotoView& photo, Findings& findings) {
  findings.text = {TextFinding{.text = std::to_string(photo.image.pixels()[0]), .score = 0.9F, .quad = {}}};
  return absl::OkStatus();
}

inline Status FindOneFace(const PhotoView& /*photo*/, Findings& findings) {
  findings.faces = {FaceFinding{.score = 0.9F, .box = {.x = 1, .y = 1, .width = 30, .height = 30}}};
  return absl::OkStatus();
}

inline Status RecogniseFaces(const PhotoView& /*photo*/, Findings& findings) {
  for (FaceFinding& face : *findings.faces) {
    face.embedding = {1, 0};
  }
  return absl::OkStatus();
}

inline Status FailAlways(const PhotoView& /*photo*/, Findings& /*findings*/) { return absl::InternalError("it broke"); }

}  // namespace calotype
