#include <memory>
#include <string>
#include <string_view>

#include "analysis/analyser.h"
#include "analysis/pdq/pdq.h"

namespace calotype {
namespace {

class PdqAnalyser final : public Analyser {
 public:
  std::string_view name() const override { return "pdq"; }
  // Increase it when the scaling before the hash changes.
  std::string version() const override { return "pdq/2"; }
  std::string device() const override { return "cpu"; }

  Status Analyse(const PhotoView& photo, Findings& findings) override {
    findings.pdq = HashPhoto(photo.image);
    return absl::OkStatus();
  }
};

}  // namespace

std::unique_ptr<Analyser> CreatePdqAnalyser() { return std::make_unique<PdqAnalyser>(); }

}  // namespace calotype
