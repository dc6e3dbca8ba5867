// kernels_bench [--luma FILE] [JPEG...]: measures the inner loops on one core, in CPU time, the best of many runs.
//   --luma FILE  hash these 512 x 512 floats of 0 to 255; without it, noise
//   JPEG...      photos to decode to 2000 pixels
// Prints "name<tab>value<tab>unit" for each figure. CALOTYPE_ANALYSIS_KERNEL selects the kernels for all figures after
// PDQ.
#include <fmt/format.h>
#include <time.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "analysis/image_ops.h"
#include "analysis/pdq/pdq.h"
#include "analysis/resample.h"
#include "base/file.h"
#include "photo/decode.h"

namespace calotype::bench {
namespace {

constexpr int kLumaSide = 512;
constexpr std::size_t kLumaValues = std::size_t{kLumaSide} * kLumaSide;
constexpr int kPhotoWidth = 2000;
constexpr int kPhotoHeight = 1500;
// The input of most torchvision-like networks.
constexpr Normalisation kNormalisation{.mean = {123.675F, 116.28F, 103.53F}, .std = {58.395F, 57.12F, 57.375F}};

double CpuSeconds() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

// The best of as many runs as fit into half a second, at least ten.
template <typename Work>
double BestSeconds(const Work& work) {
  constexpr double kBudget = 0.5;
  constexpr int kLeastRuns = 10;
  double best = 1e9;
  double total = 0;
  for (int i = 0; i < kLeastRuns || total < kBudget; ++i) {
    const double start = CpuSeconds();
    work();
    const double took = CpuSeconds() - start;
    best = std::min(best, took);
    total += took;
  }
  return best;
}

void Tell(std::string_view name, double value, std::string_view unit) {
  fmt::print("{}\t{:.4g}\t{}\n", name, value, unit);
  std::fflush(stdout);
}

Image Noise(int width, int height) {
  std::mt19937 random(1);
  Image image(width, height);
  std::ranges::generate(image.pixels(), [&] { return static_cast<uint8_t>(random()); });
  return image;
}

StatusOr<std::vector<float>> ReadLuma(const std::string& path) {
  CALOTYPE_ASSIGN_OR_RETURN(const std::vector<uint8_t> bytes, ReadFile(path));
  if (bytes.size() != kLumaValues * sizeof(float)) {
    return absl::InvalidArgumentError(
        fmt::format("{}: {} bytes; expected {}", path, bytes.size(), kLumaValues * sizeof(float)));
  }
  std::vector<float> luma(kLumaValues);
  std::memcpy(luma.data(), bytes.data(), bytes.size());
  return luma;
}

std::string Hex(const PdqHash& hash) {
  std::string text;
  for (const uint8_t byte : hash) {
    text += fmt::format("{:02x}", byte);
  }
  return text;
}

void BenchPdq(const std::vector<float>& luma) {
  const Image small = Noise(kLumaSide, kLumaSide);
  for (const NamedKernel<PdqKernels>& kernel : PdqKernelTable()) {
    if (!kernel.supported()) {
      continue;
    }
    PdqFinding found;
    const double seconds = BestSeconds([&] { found = HashLuma(luma, kLumaSide, kLumaSide, kernel.run); });
    fmt::print("hash, {}\t{}\tquality {}\n", kernel.name, Hex(found.hash), found.quality);
    Tell(fmt::format("hashes of luma, {}", kernel.name), 1 / seconds, "1/s");
    Tell(fmt::format("hashes of RGB, {}", kernel.name), 1 / BestSeconds([&] { found = HashPixels(small, kernel.run); }),
         "1/s");
    std::vector<float> row(kLumaSide);
    const double luma_seconds = BestSeconds([&] {
      for (int y = 0; y < kLumaSide; ++y) {
        kernel.run.luma(small.row(y), kLumaSide, row.data());
      }
    });
    Tell(fmt::format("luma of RGB, {}", kernel.name), static_cast<double>(small.pixels().size()) / luma_seconds / 1e6,
         "MB/s");
  }
}

void BenchImages() {
  const Image photo = Noise(kPhotoWidth, kPhotoHeight);
  const Image square = Noise(640, 640);
  const auto tell = [](std::string_view name, const auto& work) { Tell(name, BestSeconds(work) * 1e3, "ms"); };
  tell("hash of a 2000x1500 photo", [&] { HashPhoto(photo); });
  tell("averaged down, 2000x1500 to 512x512", [&] { Resize(photo, 512, 512); });
  tell("Pillow's bicubic, 2000x1500 to 298x224", [&] { Resample(photo, 298, 224, ResampleFilter::kBicubic); });
  tell("resized to a tensor, 2000x1500 to 640x640", [&] { ResizeToTensor(photo, 640, 640, kNormalisation); });
  tell("to a tensor, 640x640", [&] { ToTensor({&square, 1}, kNormalisation); });
  tell("to a tensor, 2000x1500", [&] { ToTensor({&photo, 1}, kNormalisation); });
}

Status BenchDecode(const std::string& path) {
  CALOTYPE_ASSIGN_OR_RETURN(const std::vector<uint8_t> file, ReadFile(path));
  CALOTYPE_RETURN_IF_ERROR(DecodePhoto(file, {}).status());
  Tell(fmt::format("decoded to 2000, {}", path), BestSeconds([&] { DecodePhoto(file, {}).IgnoreError(); }) * 1e3, "ms");
  return absl::OkStatus();
}

Status Run(std::span<char* const> arguments) {
  std::vector<float> luma(kLumaValues);
  std::mt19937 random(2);
  std::ranges::generate(luma, [&] { return static_cast<float>(random() % 255'001) / 1000; });
  if (arguments.size() >= 2 && arguments[0] == std::string_view("--luma")) {
    CALOTYPE_ASSIGN_OR_RETURN(luma, ReadLuma(arguments[1]));
    arguments = arguments.subspan(2);
  }
  BenchPdq(luma);
  BenchImages();
  for (const char* path : arguments) {
    CALOTYPE_RETURN_IF_ERROR(BenchDecode(path));
  }
  return absl::OkStatus();
}

}  // namespace
}  // namespace calotype::bench

int main(int argc, char** argv) {
  const calotype::Status status = calotype::bench::Run({argv + 1, static_cast<std::size_t>(argc - 1)});
  if (!status.ok()) {
    fmt::print(stderr, "kernels_bench: {}\n", calotype::Message(status));
  }
  return calotype::ExitStatus(status);
}
