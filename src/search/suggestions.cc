#include "search/suggestions.h"

#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "base/half.h"
#include "search/centroids.h"
#include "search/face_vectors.h"
#include "search/vector_index/dot.h"

namespace calotype {
namespace {

// So many faces of a person without a name are compared, spread evenly: their mean hardly changes with more.
constexpr std::size_t kAsked = 20;

// Somebody with a name.
struct NamedFaces {
  PersonId id = 0;
  std::map<FaceModel, FaceVectors> vectors;
  std::unordered_set<PhotoId> photos;
};

// A person without a name, or one face without a person.
struct Unknown {
  std::optional<PersonId> id;
  std::vector<const FaceRecord*> faces;
};

float Clarity(const FaceRecord& face) { return face.score * face.box.width * face.box.height; }

class Suggester {
 public:
  Suggester(std::span<const FaceRecord> faces, std::span<const PersonRecord> people, float at_least);

  std::vector<PersonSuggestion> All();

 private:
  // The centroids of the named people's faces of one model, numbered by index into named_.
  struct NamedCentroids {
    explicit NamedCentroids(std::size_t dimension) : codes(dimension) {}
    Centroids codes;
    // Indexed as named_; empty: no faces of this model. As f16, because memory is what comparing them waits for.
    std::vector<std::vector<uint16_t>> halves;
  };

  void AddCentroids();
  std::optional<PersonSuggestion> BestFor(const Unknown& unknown);
  // Indices into named_ of those who may be the person.
  std::set<std::size_t> Near(const Unknown& unknown);
  static bool MayBe(const Unknown& unknown, const NamedFaces& named);
  float LikenessOf(const Unknown& unknown, const NamedFaces& named) const;

  const float at_least_;
  std::vector<NamedFaces> named_;
  std::vector<Unknown> unknown_;
  std::map<FaceModel, NamedCentroids> centroids_;
};

Suggester::Suggester(std::span<const FaceRecord> faces, std::span<const PersonRecord> people, float at_least)
    : at_least_(at_least) {
  std::unordered_map<PersonId, const PersonRecord*> records;
  for (const PersonRecord& person : people) {
    records[person.id] = &person;
  }
  std::unordered_map<PersonId, std::size_t> named;
  std::unordered_map<PersonId, std::size_t> unknown;
  for (const FaceRecord& face : faces) {
    if (!face.person.has_value()) {
      unknown_.push_back({.id = std::nullopt, .faces = {&face}});
      continue;
    }
    const auto record = records.find(*face.person);
    if (record == records.end() || record->second->hidden) {
      continue;
    }
    if (record->second->name.empty()) {
      const auto [place, is_new] = unknown.try_emplace(*face.person, unknown_.size());
      if (is_new) {
        unknown_.push_back({.id = face.person, .faces = {}});
      }
      unknown_[place->second].faces.push_back(&face);
    } else {
      const auto [place, is_new] = named.try_emplace(*face.person, named_.size());
      if (is_new) {
        named_.push_back({.id = *face.person, .vectors = {}, .photos = {}});
      }
      named_[place->second].vectors[FaceModelOf(face)].Add(face);
      named_[place->second].photos.insert(face.photo);
    }
  }
  AddCentroids();
}

void Suggester::AddCentroids() {
  for (std::size_t i = 0; i < named_.size(); ++i) {
    for (const auto& [model, vectors] : named_[i].vectors) {
      NamedCentroids& centroids = centroids_.try_emplace(model, model.second).first->second;
      const std::vector<float> centroid = vectors.Centroid();
      centroids.codes.Set(i, centroid);
      centroids.halves.resize(named_.size());
      centroids.halves[i] = ToHalf(centroid);
    }
  }
}

std::set<std::size_t> Suggester::Near(const Unknown& unknown) {
  std::map<FaceModel, FaceVectors> own;
  for (const FaceRecord* face : unknown.faces) {
    own[FaceModelOf(*face)].Add(*face);
  }
  std::set<std::size_t> near;
  for (const auto& [model, vectors] : own) {
    const auto centroids = centroids_.find(model);
    if (centroids == centroids_.end()) {
      continue;
    }
    const std::vector<float> centroid = vectors.Centroid();
    const float floor = at_least_ - kCentroidMargin;
    for (const std::size_t place : centroids->second.codes.Near(centroid, floor)) {
      if (DotHalves(centroid, centroids->second.halves[place]) >= floor) {
        near.insert(place);
      }
    }
  }
  return near;
}

bool Suggester::MayBe(const Unknown& unknown, const NamedFaces& named) {
  return std::ranges::none_of(unknown.faces, [&named](const FaceRecord* face) {
    return named.photos.contains(face->photo) ||
           std::ranges::find(face->not_people, named.id) != face->not_people.end();
  });
}

float Suggester::LikenessOf(const Unknown& unknown, const NamedFaces& named) const {
  const std::size_t stride = (unknown.faces.size() + kAsked - 1) / kAsked;
  float sum = 0;
  std::size_t compared = 0;
  for (std::size_t i = 0; i < unknown.faces.size(); i += stride) {
    const FaceRecord& face = *unknown.faces[i];
    if (const auto vectors = named.vectors.find(FaceModelOf(face)); vectors != named.vectors.end()) {
      sum += std::max(0.0F, vectors->second.Likeness(ToFloat(face.embedding), at_least_));
      ++compared;
    }
  }
  return compared == 0 ? 0 : sum / static_cast<float>(compared);
}

std::optional<PersonSuggestion> Suggester::BestFor(const Unknown& unknown) {
  PersonSuggestion best = {.person = unknown.id, .faces = {}, .suggested = 0, .likeness = 0};
  for (const std::size_t place : Near(unknown)) {
    const NamedFaces& named = named_[place];
    if (!MayBe(unknown, named)) {
      continue;
    }
    const float likeness = LikenessOf(unknown, named);
    if (likeness >= at_least_ && likeness > best.likeness) {
      best.likeness = likeness;
      best.suggested = named.id;
    }
  }
  if (best.suggested == 0) {
    return std::nullopt;
  }
  std::vector<const FaceRecord*> clearest = unknown.faces;
  std::ranges::stable_sort(clearest, std::ranges::greater{}, [](const FaceRecord* face) { return Clarity(*face); });
  for (const FaceRecord* face : clearest) {
    best.faces.push_back(face->id);
  }
  return best;
}

std::vector<PersonSuggestion> Suggester::All() {
  std::vector<PersonSuggestion> suggestions;
  for (const Unknown& unknown : unknown_) {
    if (std::optional<PersonSuggestion> best = BestFor(unknown); best.has_value()) {
      suggestions.push_back(*std::move(best));
    }
  }
  std::ranges::stable_sort(suggestions, std::ranges::greater{}, &PersonSuggestion::likeness);
  return suggestions;
}

}  // namespace

std::vector<PersonSuggestion> SuggestPeople(std::span<const FaceRecord> faces, std::span<const PersonRecord> people,
                                            float at_least, std::size_t limit) {
  std::vector<PersonSuggestion> suggestions = Suggester(faces, people, at_least).All();
  suggestions.resize(std::min(limit, suggestions.size()));
  return suggestions;
}

}  // namespace calotype
