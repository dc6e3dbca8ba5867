// Measures sorting the faces of a large library into people: time, memory and accuracy.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <random>
#include <vector>

#include "base/sha256.h"
#include "catalog/catalog.h"
#include "search/people.h"
#include "sections.h"
#include "synthetic.h"

namespace calotype::bench {
namespace {

constexpr float kThreshold = 0.42F;  // common with ArcFace
constexpr double kPeople = 10'000;   // who appear repeatedly
constexpr double kStrangers = 0.4;   // share of the faces that appear once
constexpr int64_t kFirstStranger = 1'000'000;
constexpr int64_t kLater = 1000;  // faces that are added when all others are sorted
constexpr std::size_t kBatch = 500;

// Generates the faces of photos: people with decreasing frequency, as in a family's library, and strangers. Every
// twentieth person is a sibling of the previous one. The share of a face vector that is the person's, not noise,
// differs between photos; one of seven photos is bad, and half of the faces in those are small or have a low score.
class FaceGenerator {
 public:
  explicit FaceGenerator(std::size_t dimension) : dimension_(dimension) {}

  // Returns the faces of the next photo and their identities.
  std::vector<FaceFinding> Photo(std::vector<int64_t>& identities) {
    std::vector<int64_t> here;
    for (uint64_t left = 1 + random_() % 4; left > 0; --left) {
      const int64_t identity = Draw();
      if (std::ranges::find(here, identity) == here.end()) {
        here.push_back(identity);
      }
    }
    std::vector<FaceFinding> faces;
    for (const int64_t identity : here) {
      identities.push_back(identity);
      faces.push_back(Face(identity, static_cast<float>(faces.size()) * 200));
    }
    return faces;
  }

 private:
  int64_t Draw() {
    return uniform_(random_) < kStrangers ? kFirstStranger + ++strangers_
                                          : static_cast<int64_t>(std::exp(uniform_(random_) * std::log(kPeople)));
  }
  std::vector<float> Centre(int64_t identity) const {
    std::vector<float> own = NormalValues(dimension_, static_cast<uint64_t>(identity));
    if (identity < kFirstStranger && identity % 20 == 1) {
      const std::vector<float> sibling = NormalValues(dimension_, static_cast<uint64_t>(identity - 1));
      std::ranges::transform(own, sibling, own.begin(), [](float a, float b) { return 0.83F * a + 0.55F * b; });
    }
    MakeUnit(own);
    return own;
  }
  FaceFinding Face(int64_t identity, float x) {
    const bool is_bad = random_() % 7 == 0;
    const bool is_small = is_bad && random_() % 2 == 0;
    const auto share = static_cast<float>(is_bad ? 0.3 + 0.35 * uniform_(random_) : 0.65 + 0.27 * uniform_(random_));
    std::vector<float> embedding = Centre(identity);
    std::vector<float> chance = NormalValues(dimension_, random_());
    MakeUnit(chance);
    std::ranges::transform(embedding, chance, embedding.begin(),
                           [share](float a, float b) { return share * a + std::sqrt(1 - share * share) * b; });
    MakeUnit(embedding);
    const float side = is_small ? 16 : 80;
    return {.score = is_bad && !is_small ? 0.65F : 0.9F,
            .box = {x, 10, side, side},
            .landmarks = {},
            .embedding = std::move(embedding)};
  }

  const std::size_t dimension_;
  std::mt19937_64 random_{1};
  std::uniform_real_distribution<double> uniform_;
  int64_t strangers_ = 0;
};

AnalysisOutcome Done(const char* analysis) {
  return {.analysis = analysis, .version = "v1", .state = AnalysisState::kDone, .reason = "", .device = "cpu"};
}

// Adds photos until there are `until` faces.
Status AddFaces(Catalog& catalog, FaceGenerator& generator, int64_t until, std::vector<int64_t>& identities) {
  while (static_cast<int64_t>(identities.size()) < until) {
    CALOTYPE_ASSIGN_OR_RETURN(const auto transaction, catalog.BeginTransaction());
    std::vector<PhotoResult> results;
    while (results.size() < kBatch && static_cast<int64_t>(identities.size()) < until) {
      PhotoResult& result = results.emplace_back();
      const std::string path = fmt::format("/faces/{:07}.jpg", identities.size());
      CALOTYPE_ASSIGN_OR_RETURN(result.id,
                                catalog.AddFile(path, {.size = 1, .mtime_ns = 1},
                                                Sha256({reinterpret_cast<const uint8_t*>(path.data()), path.size()})));
      result.findings.faces = generator.Photo(identities);
      result.outcomes = {Done("faces.detect"), Done("faces.recognise")};
    }
    CALOTYPE_RETURN_IF_ERROR(catalog.Store(results));
    CALOTYPE_RETURN_IF_ERROR(transaction->Commit());
  }
  return absl::OkStatus();
}

double Pairs(int64_t count) { return static_cast<double>(count) * static_cast<double>(count - 1) / 2; }

// Precision over all pairs in the same cluster, and recall over all pairs of the same person.
Status Judge(Catalog& catalog, const std::vector<int64_t>& identities) {
  CALOTYPE_ASSIGN_OR_RETURN(const std::vector<FaceRecord> faces, catalog.Faces());
  std::map<int64_t, int64_t> of_identity;
  std::map<PersonId, int64_t> of_person;
  std::map<std::pair<int64_t, PersonId>, int64_t> of_both;
  int64_t left = 0;
  for (std::size_t i = 0; i < faces.size(); ++i) {
    ++of_identity[identities[i]];
    if (faces[i].person.has_value()) {
      ++of_person[*faces[i].person];
      ++of_both[{identities[i], *faces[i].person}];
    } else {
      ++left;
    }
  }
  const auto sum = [](const auto& counts) {
    double pairs = 0;
    for (const auto& [key, count] : counts) {
      pairs += Pairs(count);
    }
    return pairs;
  };
  Tell("people in the data", static_cast<double>(of_identity.size()), "");
  Tell("people found", static_cast<double>(of_person.size()), "");
  Tell("faces left without a person", static_cast<double>(left), "");
  Tell("pairwise precision", sum(of_both) / sum(of_person), "");
  Tell("pairwise recall", sum(of_both) / sum(of_identity), "");
  return absl::OkStatus();
}

Status Sort(Catalog& catalog, const std::string& what) {
  ResetPeak();
  const Stopwatch watch;
  const double cpu = CpuMilliseconds();
  CALOTYPE_RETURN_IF_ERROR(UpdatePeople(catalog, kThreshold));
  Tell(what, watch.Seconds(), "s");
  Tell(what + ", processor", (CpuMilliseconds() - cpu) / 1000, "s");
  Tell(what + ", peak resident", MemoryOf("VmHWM"), "MB");
  return absl::OkStatus();
}

}  // namespace

Status BenchPeople(const Options& options) {
  std::filesystem::create_directories(options.folder);
  const std::filesystem::path file = options.folder / fmt::format("people{}.db", options.dimension);
  for (const char* const beside : {"", "-wal", "-shm"}) {
    std::filesystem::remove(file.string() + beside);
  }
  CALOTYPE_ASSIGN_OR_RETURN(const auto catalog, Catalog::Open(file));
  FaceGenerator generator(options.dimension);
  std::vector<int64_t> identities;
  const Stopwatch watch;
  CALOTYPE_RETURN_IF_ERROR(AddFaces(*catalog, generator, options.count - kLater, identities));
  Tell("faces", static_cast<double>(identities.size()), "");
  Tell("dimension", static_cast<double>(options.dimension), "");
  Tell("stored", watch.Seconds(), "s");
  CALOTYPE_RETURN_IF_ERROR(Sort(*catalog, "sorted"));
  CALOTYPE_RETURN_IF_ERROR(AddFaces(*catalog, generator, options.count, identities));
  CALOTYPE_RETURN_IF_ERROR(Sort(*catalog, "a thousand more"));
  return Judge(*catalog, identities);
}

}  // namespace calotype::bench
