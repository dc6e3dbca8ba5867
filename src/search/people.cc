#include "search/people.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <sstream>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "base/half.h"
#include "base/sha256.h"
#include "search/centroids.h"
#include "search/face_vectors.h"

namespace calotype {
namespace {

// Below these limits, a face's embedding depends more on blur than on the person: the usual detection score for
// recognition, and the size from which the five landmarks are some pixels apart.
constexpr float kFounderScore = 0.6F;
constexpr float kFounderSide = 24;
// FaceSharpness of a face blurred by a twentieth of its width; it no longer resembles the sharp one
// (bench/quality/README.md).
constexpr float kFounderSharpness = 0.25F;

bool CanFound(const FaceRecord& face) {
  const bool is_sharp = !face.sharpness.has_value() || *face.sharpness >= kFounderSharpness;
  return is_sharp && face.score >= kFounderScore && std::min(face.box.width, face.box.height) >= kFounderSide;
}

struct Person {
  std::optional<PersonId> id;  // nullopt for a person created in this run
  std::map<FaceModel, FaceVectors> known;
  std::unordered_set<PhotoId> photos;
  std::vector<FaceId> added;  // faces to assign

  bool IsIn(PhotoId photo) const { return photos.contains(photo); }
  bool IsEmpty() const { return known.empty(); }
  void Add(const FaceRecord& face) {
    photos.insert(face.photo);
    known[FaceModelOf(face)].Add(face);
  }
  bool MayBe(const FaceRecord& face) const {
    return !id.has_value() || std::ranges::find(face.not_people, *id) == face.not_people.end();
  }
};

class Clustering {
 public:
  Clustering(std::span<const FaceRecord> faces, float threshold);

  // Assigns the faces of each photo in turn. Faces with ids up to `compared` are known to match none of the existing
  // people.
  void Place(std::span<const FaceRecord> faces, FaceId compared);
  // Also sets the person of the assigned faces in `people`.
  Status Write(FaceCatalog& catalog, std::map<FaceId, PersonId>& people);
  const PeopleUpdate& update() const { return update_; }

 private:
  // Indexed by photo.
  using Faces = std::map<PhotoId, std::vector<const FaceRecord*>>;

  struct Match {
    const FaceRecord* face;
    std::size_t person;
    float likeness;
  };

  // Removes the assigned faces from `faces`.
  void PlacePhoto(std::vector<const FaceRecord*>& faces);
  void PlaceAll(Faces& faces);
  // Compares faces only with people who got faces since all were compared with each other.
  void PlaceWithChanged(Faces& faces);
  std::vector<Match> MatchesOf(const std::vector<const FaceRecord*>& faces);
  void AddMatches(const FaceRecord& face, std::vector<Match>& matches);
  void Join(std::size_t person, const FaceRecord& face);
  void Remember(std::size_t person, const FaceModel& model);

  const float threshold_;
  std::vector<Person> people_;
  std::map<FaceModel, Centroids> centroids_;  // numbered by index into people_
  std::set<std::size_t> changed_;             // indices of people_ who got faces
  PeopleUpdate update_;
};

Clustering::Clustering(std::span<const FaceRecord> faces, float threshold) : threshold_(threshold) {
  std::map<PersonId, Person> known;
  for (const FaceRecord& face : faces) {
    if (face.person.has_value()) {
      Person& person = known[*face.person];
      person.id = face.person;
      person.Add(face);
    }
  }
  for (auto& [id, person] : known) {
    people_.push_back(std::move(person));
    for (const auto& [model, embeddings] : people_.back().known) {
      Remember(people_.size() - 1, model);
    }
  }
}

void Clustering::Remember(std::size_t person, const FaceModel& model) {
  centroids_.try_emplace(model, model.second).first->second.Set(person, people_[person].known.at(model).Centroid());
}

void Clustering::Place(std::span<const FaceRecord> faces, FaceId compared) {
  std::set<PhotoId> fresh;  // photos with faces that were never compared
  for (const FaceRecord& face : faces) {
    if (!face.person.has_value() && face.id > compared) {
      fresh.insert(face.photo);
    }
  }
  Faces sure;
  Faces unsure;
  Faces left;
  for (const FaceRecord& face : faces) {
    if (!face.person.has_value()) {
      Faces& group = !fresh.contains(face.photo) ? left : CanFound(face) ? sure : unsure;
      group[face.photo].push_back(&face);
      update_.compared += &group != &left ? 1 : 0;
    }
  }
  PlaceAll(sure);
  // Faces that cannot create a person come last, when all people exist.
  PlaceAll(unsure);
  left.merge(unsure);  // the two have no photo in common
  while (!changed_.empty() && !left.empty()) {
    PlaceWithChanged(left);
  }
  for (const auto& [photo, unplaced] : left) {
    update_.left += static_cast<int64_t>(unplaced.size());
  }
}

void Clustering::PlaceAll(Faces& faces) {
  for (auto& [photo, placed] : faces) {
    PlacePhoto(placed);
  }
  std::erase_if(faces, [](const auto& photo) { return photo.second.empty(); });
}

void Clustering::PlaceWithChanged(Faces& faces) {
  centroids_.clear();
  for (const std::size_t person : std::exchange(changed_, {})) {
    for (const auto& [model, embeddings] : people_[person].known) {
      Remember(person, model);
    }
  }
  PlaceAll(faces);
}

void Clustering::AddMatches(const FaceRecord& face, std::vector<Match>& matches) {
  const FaceModel model = FaceModelOf(face);
  const auto centroids = centroids_.find(model);
  if (centroids == centroids_.end()) {
    return;
  }
  const std::vector<float> embedding = ToFloat(face.embedding);
  for (const std::size_t place : centroids->second.Near(embedding, threshold_ - kCentroidMargin)) {
    const Person& person = people_[place];
    if (person.IsIn(face.photo) || !person.MayBe(face)) {
      continue;
    }
    const float likeness = person.known.at(model).Likeness(embedding, threshold_);
    if (likeness >= threshold_) {
      matches.push_back({.face = &face, .person = place, .likeness = likeness});
    }
  }
}

// The best pairs of faces and people are assigned first, so that each of two brothers gets his own name.
std::vector<Clustering::Match> Clustering::MatchesOf(const std::vector<const FaceRecord*>& faces) {
  std::vector<Match> matches;
  for (const FaceRecord* face : faces) {
    AddMatches(*face, matches);
  }
  std::ranges::stable_sort(matches, [](const Match& a, const Match& b) {
    return a.likeness != b.likeness ? a.likeness > b.likeness : a.person < b.person;
  });
  return matches;
}

void Clustering::PlacePhoto(std::vector<const FaceRecord*>& faces) {
  const PhotoId photo = faces.front()->photo;
  for (const Match& match : MatchesOf(faces)) {
    const auto face = std::ranges::find(faces, match.face);
    if (face != faces.end() && !people_[match.person].IsIn(photo)) {
      Join(match.person, **face);
      faces.erase(face);
    }
  }
  std::erase_if(faces, [this](const FaceRecord* face) {
    if (!CanFound(*face)) {
      return false;
    }
    people_.emplace_back();
    Join(people_.size() - 1, *face);
    return true;
  });
}

void Clustering::Join(std::size_t person, const FaceRecord& face) {
  Person& joined = people_[person];
  update_.joined += joined.id.has_value() ? 1 : 0;
  update_.founded += joined.IsEmpty() ? 1 : 0;
  joined.Add(face);
  joined.added.push_back(face.id);
  changed_.insert(person);
  Remember(person, FaceModelOf(face));
}

Status Clustering::Write(FaceCatalog& catalog, std::map<FaceId, PersonId>& people) {
  for (Person& person : people_) {
    if (person.added.empty()) {
      continue;
    }
    if (!person.id.has_value()) {
      CALOTYPE_ASSIGN_OR_RETURN(person.id, catalog.CreatePerson());
    }
    CALOTYPE_RETURN_IF_ERROR(catalog.AssignFaces(*person.id, person.added));
    for (const FaceId face : person.added) {
      people[face] = *person.id;
    }
  }
  return absl::OkStatus();
}

// Version of the algorithm that compares faces.
constexpr int kRevision = 1;

// The highest compared face id and a digest of everything that the assignment depends on. While the digest stays the
// same, faces left over would be left over again.
std::string Mark(std::span<const FaceRecord> faces, FaceId until, float threshold,
                 const std::map<FaceId, PersonId>& placed) {
  Sha256Hasher hasher;
  const auto add = [&hasher](std::string_view text) {
    hasher.Add({reinterpret_cast<const uint8_t*>(text.data()), text.size()});
  };
  for (const FaceRecord& face : faces) {
    if (face.id > until) {
      break;
    }
    const auto now = placed.find(face.id);
    const PersonId person = now != placed.end() ? now->second : face.person.value_or(0);
    add(fmt::format("{} {} {} {}\n", face.id, person, fmt::join(face.not_people, ","), face.version));
  }
  return fmt::format("{} {} {} {}", kRevision, threshold, until, hasher.Finish().Hex());
}

// The highest face id compared with all people in the run that stored `mark`; 0 if anything else changed since.
FaceId ComparedUntil(const std::string& mark, std::span<const FaceRecord> faces, float threshold) {
  std::istringstream words(mark);
  int revision = 0;
  float of_threshold = 0;
  FaceId until = 0;
  words >> revision >> of_threshold >> until;
  return words && Mark(faces, until, threshold, {}) == mark ? until : 0;
}

StatusOr<PeopleUpdate> Update(FaceCatalog& catalog, float match_threshold) {
  CALOTYPE_ASSIGN_OR_RETURN(const std::vector<FaceRecord> faces, catalog.Faces());
  CALOTYPE_ASSIGN_OR_RETURN(const std::string mark, catalog.PeopleMark());
  const FaceId compared = ComparedUntil(mark, faces, match_threshold);
  if (faces.empty() || faces.back().id == compared) {
    return PeopleUpdate{.left = std::ranges::count_if(faces, [](const auto& face) { return !face.person; })};
  }
  Clustering clustering(faces, match_threshold);
  clustering.Place(faces, compared);
  std::map<FaceId, PersonId> placed;
  CALOTYPE_RETURN_IF_ERROR(clustering.Write(catalog, placed));
  CALOTYPE_RETURN_IF_ERROR(catalog.SetPeopleMark(Mark(faces, faces.back().id, match_threshold, placed)));
  return clustering.update();
}

}  // namespace

Status UpdatePeople(FaceCatalog& catalog, float match_threshold, PeopleUpdate* update) {
  CALOTYPE_ASSIGN_OR_RETURN(const std::unique_ptr<Transaction> transaction, catalog.BeginTransaction());
  CALOTYPE_ASSIGN_OR_RETURN(const PeopleUpdate done, Update(catalog, match_threshold));
  if (update != nullptr) {
    *update = done;
  }
  return transaction->Commit();
}

}  // namespace calotype
