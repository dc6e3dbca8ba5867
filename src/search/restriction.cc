#include "search/restriction.h"

#include <fmt/format.h>

#include <limits>

namespace calotype {
namespace {

constexpr int kEveryMatch = std::numeric_limits<int>::max();

std::vector<PhotoId> PhotosOf(const std::vector<ScoredPhoto>& ranking) {
  std::vector<PhotoId> photos;
  photos.reserve(ranking.size());
  for (const ScoredPhoto& hit : ranking) {
    photos.push_back(hit.photo);
  }
  return photos;
}

// In the syntax of the full-text index.
std::string WordsOf(const TextTerm& term) {
  return term.words + (term.is_prefix && !term.words.ends_with('*') ? "*" : "");
}

// A filter with a text value, and its name in explanations.
struct FactName {
  FactTerm::Kind kind;
  std::string PhotoFilter::* text;  // null: the value is not text
  std::string_view name;
  bool quoted = true;
};
constexpr std::array kFactNames = {
    FactName{FactTerm::Kind::kAfter, &PhotoFilter::taken_from, "after", false},
    FactName{FactTerm::Kind::kBefore, &PhotoFilter::taken_before, "before", false},
    FactName{FactTerm::Kind::kCamera, &PhotoFilter::camera, "camera"},
    FactName{FactTerm::Kind::kFolder, nullptr, "in"},
    FactName{FactTerm::Kind::kKeyword, &PhotoFilter::keyword, "keyword"},
    FactName{FactTerm::Kind::kLens, &PhotoFilter::lens, "lens"},
    FactName{FactTerm::Kind::kMarked, nullptr, "marked", false},
    FactName{FactTerm::Kind::kName, nullptr, "name"},
    FactName{FactTerm::Kind::kNear, nullptr, "near", false},
    FactName{FactTerm::Kind::kOn, &PhotoFilter::taken_on, "on", false},
    FactName{FactTerm::Kind::kPerson, &PhotoFilter::person, "person"},
    FactName{FactTerm::Kind::kPlace, nullptr, "place"},
    FactName{FactTerm::Kind::kRating, nullptr, "rating", false},
    FactName{FactTerm::Kind::kType, nullptr, "type", false},
};

StatusOr<FactName> FillFilter(const FactTerm& term, PhotoFilter& filter) {
  const auto* const name = std::ranges::find(kFactNames, term.kind, &FactName::kind);
  if (name == kFactNames.end()) {
    return absl::InternalError("a query filter has no name");
  }
  if (name->text != nullptr) {
    filter.*name->text = term.value;
  } else if (term.kind == FactTerm::Kind::kFolder) {
    filter.file.folders.push_back(term.value);
  } else if (term.kind == FactTerm::Kind::kName) {
    filter.file.names.push_back(term.value);
  } else if (term.kind == FactTerm::Kind::kPlace) {
    filter.places = term.other_names;
    filter.places.push_back(term.value);
  } else if (term.kind == FactTerm::Kind::kNear) {
    if (!term.near.has_value()) {
      return absl::InvalidArgumentError(fmt::format("near: the position of {} was not looked up", term.value));
    }
    filter.near = term.near;
  } else if (term.kind == FactTerm::Kind::kRating) {
    filter.rating = term.rating;
  } else if (term.kind == FactTerm::Kind::kMarked) {
    filter.mark = FindUserMark(ToLowerAscii(term.value));
  } else {
    filter.format = FormatOf(term.value);
  }
  return *name;
}

}  // namespace

StatusOr<Restriction> Restriction::Build(SearchCatalog& catalog, const Query& query) {
  Restriction restriction;
  for (const TextTerm& term : query.text) {
    CALOTYPE_RETURN_IF_ERROR(restriction.AddText(catalog, term));
  }
  for (const ObjectTerm& term : query.objects) {
    CALOTYPE_RETURN_IF_ERROR(restriction.AddObject(catalog, term));
  }
  for (const FactTerm& term : query.facts) {
    CALOTYPE_RETURN_IF_ERROR(restriction.AddFact(catalog, term));
  }
  CALOTYPE_RETURN_IF_ERROR(restriction.NarrowByFile(catalog));
  CALOTYPE_RETURN_IF_ERROR(restriction.ShowPairsOnce(catalog));
  if (restriction.only_.has_value()) {
    for (const PhotoId photo : *restriction.only_) {
      restriction.only_set_.Add(photo);
    }
  }
  for (const PhotoId photo : restriction.never_) {
    restriction.never_set_.Add(photo);
  }
  return restriction;
}

// Excludes the RAW of a pair if its JPEG passes.
Status Restriction::ShowPairsOnce(SearchCatalog& catalog) {
  CALOTYPE_ASSIGN_OR_RETURN(const std::vector<PhotoPair> pairs, catalog.Pairs());
  for (const PhotoPair& pair : pairs) {
    if (Allows(pair.shown)) {
      never_.insert(pair.raw);
    }
  }
  return absl::OkStatus();
}

PhotoChoice Restriction::Choice() const {
  return {.only = only_.has_value() ? &only_set_ : nullptr, .except = never_.empty() ? nullptr : &never_set_};
}

void Restriction::Narrow(const std::vector<PhotoId>& photos, bool negated) {
  if (negated) {
    never_.insert(photos.begin(), photos.end());
    return;
  }
  absl::flat_hash_set<PhotoId> kept;
  for (const PhotoId photo : photos) {
    if (!only_.has_value() || only_->contains(photo)) {
      kept.insert(photo);
    }
  }
  only_ = std::move(kept);
}

void Restriction::Explain(const std::string& what, bool negated) { why_all_.push_back(negated ? "not " + what : what); }

Status Restriction::AddText(SearchCatalog& catalog, const TextTerm& term) {
  CALOTYPE_ASSIGN_OR_RETURN(const std::vector<TextMatch> matches,
                            catalog.SearchText(WordsOf(term), term.is_phrase, kEveryMatch));
  std::vector<ScoredPhoto> ranking;
  for (const TextMatch& match : matches) {
    ranking.push_back({.photo = match.photo, .score = static_cast<float>(match.rank)});
  }
  Narrow(PhotosOf(ranking), term.negated);
  if (term.negated) {
    Explain(fmt::format("text \"{}\"", term.words), true);
  } else {
    texts_.push_back(term);
    if (const bool compared = matches.empty() || matches[0].rank > 0; compared) {
      rankings_.push_back(std::move(ranking));
    }
  }
  return absl::OkStatus();
}

Status Restriction::AddObject(SearchCatalog& catalog, const ObjectTerm& term) {
  CALOTYPE_ASSIGN_OR_RETURN(const std::vector<LabelMatch> matches, catalog.FindObjects(term.label, term.min_count));
  std::vector<ScoredPhoto> ranking;
  for (const LabelMatch& match : matches) {
    ranking.push_back({.photo = match.photo, .score = match.score});
    if (!term.negated) {
      const std::string count = match.count > 1 ? fmt::format(" x{}", match.count) : "";
      why_[match.photo].push_back(fmt::format("object \"{}\"{} {:.2f}", match.label, count, match.score));
    }
  }
  Narrow(PhotosOf(ranking), term.negated);
  if (term.negated) {
    Explain(fmt::format("object \"{}\"", term.label), true);
  } else {
    rankings_.push_back(std::move(ranking));
  }
  return absl::OkStatus();
}

Status Restriction::AddFact(SearchCatalog& catalog, const FactTerm& term) {
  PhotoFilter filter;
  CALOTYPE_ASSIGN_OR_RETURN(const FactName name, FillFilter(term, filter));
  Explain(name.quoted ? fmt::format("{} \"{}\"", name.name, term.value) : fmt::format("{} {}", name.name, term.value),
          term.negated);
  if (!term.negated && (term.kind == FactTerm::Kind::kFolder || term.kind == FactTerm::Kind::kName)) {
    file_.folders.insert(file_.folders.end(), filter.file.folders.begin(), filter.file.folders.end());
    file_.names.insert(file_.names.end(), filter.file.names.begin(), filter.file.names.end());
    return absl::OkStatus();
  }
  CALOTYPE_ASSIGN_OR_RETURN(const std::vector<PhotoId> photos, catalog.FindPhotos(filter));
  Narrow(photos, term.negated);
  return absl::OkStatus();
}

// All positive in: and name: apply to one file of a photo, so they are evaluated together.
Status Restriction::NarrowByFile(SearchCatalog& catalog) {
  if (file_.folders.empty() && file_.names.empty()) {
    return absl::OkStatus();
  }
  CALOTYPE_ASSIGN_OR_RETURN(const std::vector<PhotoId> photos, catalog.FindPhotos({.file = file_}));
  Narrow(photos, /*negated=*/false);
  return absl::OkStatus();
}

StatusOr<std::vector<PhotoId>> Restriction::Photos(SearchCatalog& catalog) const {
  std::vector<PhotoId> photos;
  if (only_.has_value()) {
    photos.assign(only_->begin(), only_->end());
    std::ranges::sort(photos);
  } else {
    CALOTYPE_ASSIGN_OR_RETURN(photos, catalog.FindPhotos({}));
  }
  std::erase_if(photos, [this](PhotoId photo) { return !Allows(photo); });
  return photos;
}

StatusOr<std::vector<std::string>> Restriction::WhyOf(SearchCatalog& catalog, PhotoId photo) const {
  std::vector<std::string> why;
  for (const TextTerm& term : texts_) {
    CALOTYPE_ASSIGN_OR_RETURN(const std::string line, catalog.MatchingLine(photo, WordsOf(term), term.is_phrase));
    why.push_back(fmt::format("text \"{}\"", line));
  }
  if (const auto own = why_.find(photo); own != why_.end()) {
    why.insert(why.end(), own->second.begin(), own->second.end());
  }
  why.insert(why.end(), why_all_.begin(), why_all_.end());
  return why;
}

}  // namespace calotype
