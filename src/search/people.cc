#include "search/people.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <unordered_set>
#include <vector>

#include "search/dot.h"

namespace calotype {
namespace {

// Below these a face's embedding says more of blur than of the person: detectors' usual cut for recognition, and the
// size from which five landmarks lie some pixels apart.
constexpr float kFounderScore = 0.6F;
constexpr float kFounderSide = 24;

// One face alike may be chance or a mistaken member; the mean of three is not moved by one.
constexpr std::size_t kClosest = 3;

// A face that is this much farther from the middle of a person's faces than the threshold is not compared with them:
// three of them would have to lie far out on its side.
constexpr float kMiddleMargin = 0.1F;

// With so many of a person's faces, spread over all of them, a face is compared at most.
constexpr std::size_t kCompared = 100;

bool CanFound(const FaceRecord& face) {
  return face.score >= kFounderScore && std::min(face.box.width, face.box.height) >= kFounderSide;
}

void Normalise(std::vector<float>& vector) {
  const float length = std::sqrt(Dot(vector, vector));
  if (length > 0) {
    std::ranges::transform(vector, vector.begin(), [length](float x) { return x / length; });
  }
}

// The embeddings of one model that a person has.
struct Embeddings {
  std::vector<float> sum;
  std::vector<const FaceRecord*> faces;
};

struct Person {
  std::optional<PersonId> id;                                       // nullopt for one that is founded now
  std::map<std::pair<std::string, std::size_t>, Embeddings> known;  // by the faces' version and dimension
  std::unordered_set<PhotoId> photos;
  std::vector<FaceId> added;  // those that are to be assigned

  bool IsIn(PhotoId photo) const { return photos.contains(photo); }
  bool IsEmpty() const { return known.empty(); }
  void Add(const FaceRecord& face) {
    photos.insert(face.photo);
    Embeddings& embeddings = known[{face.version, face.embedding.size()}];
    embeddings.sum.resize(face.embedding.size());
    for (std::size_t i = 0; i < face.embedding.size(); ++i) {
      embeddings.sum[i] += face.embedding[i];
    }
    embeddings.faces.push_back(&face);
  }
  bool MayBe(const FaceRecord& face) const {
    return !id.has_value() || std::ranges::find(face.not_people, *id) == face.not_people.end();
  }
};

// Mean of the highest cosines with the person's faces that the same model embedded; -1 when there is none.
float Likeness(const Person& person, const FaceRecord& face, float threshold) {
  const auto known = person.known.find({face.version, face.embedding.size()});
  if (known == person.known.end()) {
    return -1;
  }
  // The middle of a person's faces is nearer to each of them than most others are: what is far from it is far from all.
  const Embeddings& embeddings = known->second;
  const float length = std::sqrt(Dot(embeddings.sum, embeddings.sum));
  if (length > 0 && Dot(embeddings.sum, face.embedding) / length < threshold - kMiddleMargin) {
    return -1;
  }
  std::array<float, kClosest> best;
  best.fill(-1);
  std::size_t compared = 0;
  const std::size_t stride = (embeddings.faces.size() + kCompared - 1) / kCompared;
  for (std::size_t i = 0; i < embeddings.faces.size(); i += stride) {
    const float cosine = Dot(embeddings.faces[i]->embedding, face.embedding);
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

  // Places the faces of each photo in turn.
  void Place(std::span<const FaceRecord> faces);
  Status Write(Catalog& catalog);
  const PeopleUpdate& update() const { return update_; }

 private:
  struct Match {
    const FaceRecord* face;
    std::size_t person;
    float likeness;
  };

  void PlacePhoto(std::vector<const FaceRecord*> faces);
  std::vector<Match> MatchesOf(const std::vector<const FaceRecord*>& faces) const;
  void Join(std::size_t person, const FaceRecord& face);

  const float threshold_;
  std::vector<Person> people_;
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
  }
}

void Clustering::Place(std::span<const FaceRecord> faces) {
  std::map<PhotoId, std::vector<const FaceRecord*>> sure;
  std::map<PhotoId, std::vector<const FaceRecord*>> unsure;
  for (const FaceRecord& face : faces) {
    if (!face.person.has_value()) {
      (CanFound(face) ? sure : unsure)[face.photo].push_back(&face);
    }
  }
  // Those that cannot found come last, when every person is there for them to join.
  for (auto* photos : {&sure, &unsure}) {
    for (auto& [photo, placed] : *photos) {
      PlacePhoto(std::move(placed));
    }
  }
}

// The best pairs of the photo's faces and the people come first, so that of two brothers each gets his own name.
std::vector<Clustering::Match> Clustering::MatchesOf(const std::vector<const FaceRecord*>& faces) const {
  std::vector<Match> matches;
  for (std::size_t i = 0; i < people_.size(); ++i) {
    if (people_[i].IsIn(faces.front()->photo)) {
      continue;
    }
    for (const FaceRecord* face : faces) {
      const float likeness = people_[i].MayBe(*face) ? Likeness(people_[i], *face, threshold_) : -1;
      if (likeness >= threshold_) {
        matches.push_back({.face = face, .person = i, .likeness = likeness});
      }
    }
  }
  std::ranges::stable_sort(matches, std::greater<>(), &Match::likeness);
  return matches;
}

void Clustering::PlacePhoto(std::vector<const FaceRecord*> faces) {
  const PhotoId photo = faces.front()->photo;
  for (const Match& match : MatchesOf(faces)) {
    const auto face = std::ranges::find(faces, match.face);
    if (face != faces.end() && !people_[match.person].IsIn(photo)) {
      Join(match.person, **face);
      faces.erase(face);
    }
  }
  for (const FaceRecord* face : faces) {
    if (CanFound(*face)) {
      people_.emplace_back();
      Join(people_.size() - 1, *face);
    } else {
      ++update_.left;
    }
  }
}

void Clustering::Join(std::size_t person, const FaceRecord& face) {
  Person& joined = people_[person];
  update_.joined += joined.id.has_value() ? 1 : 0;
  update_.founded += joined.IsEmpty() ? 1 : 0;
  joined.Add(face);
  joined.added.push_back(face.id);
}

Status Clustering::Write(Catalog& catalog) {
  for (Person& person : people_) {
    if (person.added.empty()) {
      continue;
    }
    if (!person.id.has_value()) {
      CALOTYPE_ASSIGN_OR_RETURN(person.id, catalog.CreatePerson());
    }
    CALOTYPE_RETURN_IF_ERROR(catalog.AssignFaces(*person.id, person.added));
  }
  return absl::OkStatus();
}

StatusOr<PeopleUpdate> Update(Catalog& catalog, float match_threshold) {
  CALOTYPE_ASSIGN_OR_RETURN(std::vector<FaceRecord> faces, catalog.Faces());
  for (FaceRecord& face : faces) {
    Normalise(face.embedding);
  }
  Clustering clustering(faces, match_threshold);
  clustering.Place(faces);
  CALOTYPE_RETURN_IF_ERROR(clustering.Write(catalog));
  return clustering.update();
}

}  // namespace

Status UpdatePeople(Catalog& catalog, float match_threshold, PeopleUpdate* update) {
  CALOTYPE_RETURN_IF_ERROR(catalog.Begin());
  const StatusOr<PeopleUpdate> done = Update(catalog, match_threshold);
  if (!done.ok()) {
    catalog.Rollback().IgnoreError();
    return done.status();
  }
  if (update != nullptr) {
    *update = *done;
  }
  return catalog.Commit();
}

}  // namespace calotype
