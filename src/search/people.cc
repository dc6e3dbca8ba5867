#include "search/people.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
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
#include "search/middles.h"
#include "search/vector_index/dot.h"

namespace calotype {
namespace {

// Below these a face's embedding says more of blur than of the person: detectors' usual cut for recognition, and the
// size from which five landmarks lie some pixels apart.
constexpr float kFounderScore = 0.6F;
constexpr float kFounderSide = 24;
// FaceSharpness of a face that is blurred by a twentieth of its width: it is no longer like itself
// (bench/quality/README.md).
constexpr float kFounderSharpness = 0.25F;

// One face alike may be chance or a mistaken member; the mean of three is not moved by one.
constexpr std::size_t kClosest = 3;

// A face that is this much farther from the middle of a person's faces than the threshold is not compared with them:
// three of them would have to lie far out on its side.
constexpr float kMiddleMargin = 0.1F;

// With so many of a person's faces, spread over all of them, a face is compared at most.
constexpr std::size_t kCompared = 100;

bool CanFound(const FaceRecord& face) {
  const bool is_sharp = !face.sharpness.has_value() || *face.sharpness >= kFounderSharpness;
  return is_sharp && face.score >= kFounderScore && std::min(face.box.width, face.box.height) >= kFounderSide;
}

void Normalise(std::vector<float>& vector) {
  const float length = std::sqrt(Dot(vector, vector));
  if (length > 0) {
    std::ranges::transform(vector, vector.begin(), [length](float x) { return x / length; });
  }
}

// Only embeddings of one model can be compared: the faces' version, and their dimension.
using Model = std::pair<std::string, std::size_t>;

Model ModelOf(const FaceRecord& face) { return {face.version, face.embedding.size()}; }

// The faces of one model that a person has. Of a single one no sum is kept: most people of a large library are
// strangers, who were seen once.
struct Embeddings {
  std::vector<float> sum;  // of two or more
  std::vector<const FaceRecord*> faces;

  void Add(const FaceRecord& face) {
    faces.push_back(&face);
    if (faces.size() == 1) {
      return;
    }
    sum.resize(face.embedding.size());
    for (const FaceRecord* one : faces.size() == 2 ? std::span(faces) : std::span(faces).last(1)) {
      const std::vector<float> embedding = ToFloat(one->embedding);
      std::ranges::transform(sum, embedding, sum.begin(), std::plus<>());
    }
  }
  // Of unit length.
  std::vector<float> Middle() const {
    std::vector<float> middle = sum.empty() ? ToFloat(faces.front()->embedding) : sum;
    Normalise(middle);
    return middle;
  }
};

struct Person {
  std::optional<PersonId> id;  // nullopt for one that is founded now
  std::map<Model, Embeddings> known;
  std::unordered_set<PhotoId> photos;
  std::vector<FaceId> added;  // those that are to be assigned

  bool IsIn(PhotoId photo) const { return photos.contains(photo); }
  bool IsEmpty() const { return known.empty(); }
  void Add(const FaceRecord& face) {
    photos.insert(face.photo);
    known[ModelOf(face)].Add(face);
  }
  bool MayBe(const FaceRecord& face) const {
    return !id.has_value() || std::ranges::find(face.not_people, *id) == face.not_people.end();
  }
};

// Mean of the highest cosines of `embedding` with the person's faces; -1 when their middle is too far from it. The
// middle of a person's faces is nearer to each of them than most others are: what is far from it is far from all.
float Likeness(const Embeddings& known, std::span<const float> embedding, float threshold) {
  if (!known.sum.empty()) {
    const float length = std::sqrt(Dot(known.sum, known.sum));
    if (length > 0 && Dot(known.sum, embedding) / length < threshold - kMiddleMargin) {
      return -1;
    }
  }
  std::array<float, kClosest> best;
  best.fill(-1);
  std::size_t compared = 0;
  const std::size_t stride = (known.faces.size() + kCompared - 1) / kCompared;
  for (std::size_t i = 0; i < known.faces.size(); i += stride) {
    const float cosine = DotHalves(embedding, known.faces[i]->embedding);
    ++compared;
    if (cosine > best.back()) {
      best.back() = cosine;
      std::ranges::sort(best, std::greater<>());
    }
  }
  const std::size_t count = std::min(compared, kClosest);
  float sum = 0;
  for (std::size_t i = 0; i < count; ++i) {
    sum += best[i];
  }
  return count == 0 ? -1 : sum / static_cast<float>(count);
}

class Clustering {
 public:
  Clustering(std::span<const FaceRecord> faces, float threshold);

  // Places the faces of each photo in turn. Faces up to the id `compared` fit nobody who was there before.
  void Place(std::span<const FaceRecord> faces, FaceId compared);
  // Names the persons of the faces that were placed in `people`, too.
  Status Write(FaceCatalog& catalog, std::map<FaceId, PersonId>& people);
  const PeopleUpdate& update() const { return update_; }

 private:
  // By photo.
  using Faces = std::map<PhotoId, std::vector<const FaceRecord*>>;

  struct Match {
    const FaceRecord* face;
    std::size_t person;
    float likeness;
  };

  // Takes those that are placed out of `faces`.
  void PlacePhoto(std::vector<const FaceRecord*>& faces);
  void PlaceAll(Faces& faces);
  // Compares faces with those people alone who got faces since all were compared with each other.
  void PlaceWithChanged(Faces& faces);
  std::vector<Match> MatchesOf(const std::vector<const FaceRecord*>& faces);
  void AddMatches(const FaceRecord& face, std::vector<Match>& matches);
  void Join(std::size_t person, const FaceRecord& face);
  void Remember(std::size_t person, const Model& model);

  const float threshold_;
  std::vector<Person> people_;
  std::map<Model, Middles> middles_;  // of people_, by their places
  std::set<std::size_t> changed_;     // people_ who got faces
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

void Clustering::Remember(std::size_t person, const Model& model) {
  middles_.try_emplace(model, model.second).first->second.Set(person, people_[person].known.at(model).Middle());
}

void Clustering::Place(std::span<const FaceRecord> faces, FaceId compared) {
  std::set<PhotoId> fresh;  // photos with faces that were compared with nobody yet
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
  // Those that cannot found come last, when every person is there for them to join.
  PlaceAll(unsure);
  left.merge(unsure);  // no photo is in both
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
  middles_.clear();
  for (const std::size_t person : std::exchange(changed_, {})) {
    for (const auto& [model, embeddings] : people_[person].known) {
      Remember(person, model);
    }
  }
  PlaceAll(faces);
}

void Clustering::AddMatches(const FaceRecord& face, std::vector<Match>& matches) {
  const Model model = ModelOf(face);
  const auto middles = middles_.find(model);
  if (middles == middles_.end()) {
    return;
  }
  const std::vector<float> embedding = ToFloat(face.embedding);
  for (const std::size_t place : middles->second.Near(embedding, threshold_ - kMiddleMargin)) {
    const Person& person = people_[place];
    if (person.IsIn(face.photo) || !person.MayBe(face)) {
      continue;
    }
    const float likeness = Likeness(person.known.at(model), embedding, threshold_);
    if (likeness >= threshold_) {
      matches.push_back({.face = &face, .person = place, .likeness = likeness});
    }
  }
}

// The best pairs of the photo's faces and the people come first, so that of two brothers each gets his own name.
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
  Remember(person, ModelOf(face));
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

// Of the way in which faces are compared.
constexpr int kRevision = 1;

// Faces up to an id, and a digest of all that decided which of them are whose. While that digest holds, those that were
// left would be left again.
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

// The faces that were compared with everybody in the run that left `mark`; 0 when something is otherwise since.
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
