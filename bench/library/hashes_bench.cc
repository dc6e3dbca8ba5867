// Measures how fast a million PDQ hashes with copies among them are grouped.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "search/copy_groups.h"
#include "search/hash_groups.h"
#include "sections.h"

namespace calotype::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kDistance = 31;
constexpr std::size_t kSample = 20'000;

// Nine of ten hashes are random. The tenth is a copy of an earlier one with up to 40 bits changed, so that some are
// within the limit for copies and some just beyond it.
std::vector<PdqHash> MakeHashes(std::size_t count) {
  std::mt19937_64 random(1);
  std::vector<PdqHash> hashes(count);
  for (std::size_t i = 0; i < count; ++i) {
    if (i > 0 && random() % 10 == 0) {
      hashes[i] = hashes[random() % i];
      for (uint64_t bits = random() % 41; bits > 0; --bits) {
        const uint64_t bit = random() % 256;
        hashes[i][bit / 8] = static_cast<uint8_t>(hashes[i][bit / 8] ^ (1U << (bit % 8)));
      }
    } else {
      std::ranges::generate(hashes[i], [&] { return static_cast<uint8_t>(random()); });
    }
  }
  return hashes;
}

// Each frame differs from the previous one by a bit, plus some bits of noise, like a camera that records one scene all
// day.
std::vector<PdqHash> MakeTimeLapse(std::size_t frames) {
  std::mt19937_64 random(2);
  const auto flip = [&random](PdqHash hash, uint64_t bits) {
    for (; bits > 0; --bits) {
      const uint64_t bit = random() % 256;
      hash[bit / 8] = static_cast<uint8_t>(hash[bit / 8] ^ (1U << (bit % 8)));
    }
    return hash;
  };
  PdqHash scene;
  std::ranges::generate(scene, [&] { return static_cast<uint8_t>(random()); });
  std::vector<PdqHash> hashes;
  for (std::size_t i = 0; i < frames; ++i) {
    scene = flip(scene, i % 100 == 0 ? 1 : 0);
    hashes.push_back(flip(scene, random() % 8));
  }
  return hashes;
}

// No file can be read: only what happens before files are compared is measured.
class NoFiles final : public LibraryFiles {
 public:
  std::optional<LibraryFile> Find(const std::string& /*path*/) override { return std::nullopt; }
  bool Exists(const std::string& /*path*/) override { return false; }
  StatusOr<std::shared_ptr<const Picture>> Read(const std::string& path) override { return absl::NotFoundError(path); }
  StatusOr<std::shared_ptr<const Picture>> ReadLarge(const std::string& path, int /*side*/) override {
    return Read(path);
  }
};

// One camera took each frame at another second, as in a time-lapse.
std::vector<CopyCandidate> AsShots(const std::vector<PdqHash>& hashes) {
  std::vector<CopyCandidate> shots;
  for (std::size_t i = 0; i < hashes.size(); ++i) {
    CopyCandidate shot;
    shot.photo.photo = static_cast<PhotoId>(i + 1);
    shot.photo.paths = {fmt::format("/{}", i)};
    shot.photo.width = 4000;
    shot.photo.height = 3000;
    shot.hash = hashes[i];
    shot.camera = "Box";
    shot.taken_at = fmt::format("2024-05-{:02}T{:02}:{:02}:{:02}", 1 + i / 86'400, i / 3600 % 24, i / 60 % 60, i % 60);
    shots.push_back(std::move(shot));
  }
  return shots;
}

double Seconds(Clock::time_point since) { return std::chrono::duration<double>(Clock::now() - since).count(); }

}  // namespace

Status BenchHashes(const Options& options) {
  const std::vector<PdqHash> hashes = MakeHashes(static_cast<std::size_t>(options.count));
  Tell("hashes", static_cast<double>(options.count), "");
  auto start = Clock::now();
  const auto groups = GroupHashes(hashes, kDistance);
  Tell("grouped, one thread", Seconds(start), "s");
  Tell("groups", static_cast<double>(groups.size()), "");
  start = Clock::now();
  const auto turned = GroupHashes(hashes, kDistance, true);
  Tell("grouped at all turns, one thread", Seconds(start), "s");
  Tell("groups at all turns", static_cast<double>(turned.size()), "");
  for (const std::size_t frames : {10'000UL, 100'000UL}) {
    const std::vector<PdqHash> lapse = MakeTimeLapse(frames);
    start = Clock::now();
    const auto scenes = GroupHashes(lapse, kDistance);
    Tell(fmt::format("a time-lapse of {} frames", frames), Seconds(start), "s");
    Tell("  its groups", static_cast<double>(scenes.size()), "");
    std::vector<CopyCandidate> shots = AsShots(lapse);
    NoFiles files;
    start = Clock::now();
    const auto copies = GroupCopies(std::move(shots), files, {});
    Tell("  its frames told apart by their times", Seconds(start), "s");
    Tell("  copies among them", static_cast<double>(copies.size()), "");
  }
  // Compares all pairs of a part and extrapolates to all hashes.
  const std::vector<PdqHash> sample(hashes.begin(),
                                    hashes.begin() + static_cast<std::ptrdiff_t>(std::min(kSample, hashes.size())));
  start = Clock::now();
  int64_t near = 0;
  for (std::size_t i = 0; i < sample.size(); ++i) {
    for (std::size_t j = i + 1; j < sample.size(); ++j) {
      near += HammingDistance(sample[i], sample[j]) <= kDistance ? 1 : 0;
    }
  }
  const double ratio = static_cast<double>(hashes.size()) / static_cast<double>(sample.size());
  Tell("all pairs of 20,000 of them", Seconds(start), "s");
  Tell("all pairs of all, by that", Seconds(start) * ratio * ratio, "s");
  Tell("pairs within 31 bits in the sample", static_cast<double>(near), "");
  return absl::OkStatus();
}

}  // namespace calotype::bench
