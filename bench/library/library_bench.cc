// Writes a catalogue of a million made-up photos through the catalogue's interface: FOLDER/catalog.db, for `calotype
// --set catalog.file=...` and the section "text". The file is kept and made again only when the number differs.
#include <fmt/format.h>

#include <algorithm>
#include <random>
#include <vector>

#include "analysis/pdq/pdq.h"
#include "base/sha256.h"
#include "catalog/catalog.h"
#include "made_up_text.h"
#include "sections.h"
#include "synthetic.h"

namespace calotype::bench {
namespace {

constexpr int64_t kBatch = 1000;
constexpr int64_t kFaceEvery = 5;
constexpr int64_t kPeople = 5000;

AnalysisOutcome Done(const char* analysis) {
  return {.analysis = analysis,
          .version = "v1",
          .state = AnalysisState::kDone,
          .reason = "",
          .device = "cpu",
          .milliseconds = 10};
}

// Nine of ten hashes are random. The tenth is a copy of an earlier one with up to 40 bits changed.
PdqHash HashOf(int64_t photo) {
  std::mt19937_64 random(static_cast<uint64_t>(photo));
  if (photo > 0 && random() % 10 == 0) {
    PdqHash hash = HashOf(static_cast<int64_t>(random() % static_cast<uint64_t>(photo)));
    for (uint64_t bits = random() % 41; bits > 0; --bits) {
      const uint64_t bit = random() % 256;
      hash[bit / 8] = static_cast<uint8_t>(hash[bit / 8] ^ (1U << (bit % 8)));
    }
    return hash;
  }
  PdqHash hash;
  std::ranges::generate(hash, [&] { return static_cast<uint8_t>(random()); });
  return hash;
}

FaceFinding FaceOf(int64_t photo) {
  std::vector<float> embedding = NormalValues(kDimension, static_cast<uint64_t>(photo % kPeople));
  const std::vector<float> chance = NormalValues(kDimension, static_cast<uint64_t>(kPeople + photo));
  std::ranges::transform(embedding, chance, embedding.begin(), [](float a, float b) { return 0.8F * a + 0.6F * b; });
  MakeUnit(embedding);
  return {.score = 0.9F, .box = {10, 10, 80, 100}, .landmarks = {}, .embedding = std::move(embedding)};
}

PhotoResult Make(int64_t photo, std::span<const float> vector) {
  PhotoResult result;
  result.properties = PhotoProperties{
      .format = PhotoFormat::kJpeg,
      .width = 4000,
      .height = 3000,
      .facts = {.taken_at = fmt::format("{}-{:02}-{:02}T{:02}:{:02}:{:02}", 2005 + photo % 20, 1 + photo / 20 % 12,
                                        1 + photo / 240 % 28, photo / 6720 % 24, photo / 7 % 60, photo % 60),
                .camera = fmt::format("Camera {}", photo % 17),
                .lens = "50mm",
                .orientation = 1,
                .gps = {}}};
  result.findings.embedding =
      EmbeddingFinding{.space = "made-up", .vector = {vector.begin(), vector.end()}, .tags = {}};
  result.findings.pdq = PdqFinding{.hash = HashOf(photo), .quality = 100};
  result.findings.text.emplace();
  for (const std::string& line : MadeUpLines(photo)) {
    result.findings.text->push_back({.text = line, .score = 0.9F, .quad = {}});
  }
  result.findings.faces.emplace();
  if (photo % kFaceEvery == 0) {
    result.findings.faces->push_back(FaceOf(photo / kFaceEvery));
  }
  result.outcomes = {Done("decode"), Done("embedding"),    Done("pdq"),
                     Done("text"),   Done("faces.detect"), Done("faces.recognise")};
  return result;
}

}  // namespace

Status BenchLibrary(const Options& options) {
  std::filesystem::create_directories(options.folder);
  CALOTYPE_ASSIGN_OR_RETURN(const auto catalog, Catalog::Open(options.folder / "catalog.db"));
  CALOTYPE_ASSIGN_OR_RETURN(const CatalogStatus status, catalog->GetStatus());
  const VectorGenerator generator;
  const Stopwatch watch;
  for (int64_t first = status.photos; first < options.count; first += kBatch) {
    const int64_t size = std::min(kBatch, options.count - first);
    const std::vector<float> vectors = generator.Chunk(static_cast<uint64_t>(first), static_cast<std::size_t>(size));
    CALOTYPE_ASSIGN_OR_RETURN(const auto transaction, catalog->BeginTransaction());
    std::vector<PhotoResult> results;
    for (int64_t i = 0; i < size; ++i) {
      const int64_t photo = first + i;
      const std::string path = fmt::format("/library/{:03}/{:07}.jpg", photo / 1000, photo);
      results.push_back(Make(photo, std::span(vectors).subspan(static_cast<std::size_t>(i) * kDimension, kDimension)));
      CALOTYPE_ASSIGN_OR_RETURN(results.back().id,
                                catalog->AddFile(path, {.size = 1, .mtime_ns = 1},
                                                 Sha256({reinterpret_cast<const uint8_t*>(path.data()), path.size()})));
    }
    CALOTYPE_RETURN_IF_ERROR(catalog->Store(results));
    CALOTYPE_RETURN_IF_ERROR(transaction->Commit());
  }
  Tell("photos before", static_cast<double>(status.photos), "");
  Tell("photos", static_cast<double>(options.count), "");
  Tell("written", watch.Seconds(), "s");
  Tell("catalog.db", static_cast<double>(std::filesystem::file_size(options.folder / "catalog.db")) / 1e6, "MB");
  return absl::OkStatus();
}

}  // namespace calotype::bench
