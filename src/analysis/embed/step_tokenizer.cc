#include "analysis/embed/step_tokenizer.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <ranges>
#include <span>
#include <utility>

#include "base/unicode.h"

namespace calotype {
namespace {

// A segment that starts a new part or extends the previous one.
struct Cut {
  std::size_t begin = 0;
  std::size_t end = 0;
  bool match = false;
};

std::vector<Cut> ToCuts(std::string_view text, const std::vector<Segment>& segments, bool invert) {
  std::vector<Cut> cuts;
  for (const Segment& segment : segments) {
    const auto begin = static_cast<std::size_t>(segment.text.data() - text.data());
    cuts.push_back({.begin = begin, .end = begin + segment.text.size(), .match = segment.match != invert});
  }
  return cuts;
}

// Goes from the last cut to the first: a match joins the text after it, unless that is a match too.
std::vector<Cut> MergeWithNext(const std::vector<Cut>& cuts) {
  std::vector<Cut> merged;
  bool after_match = false;
  for (const Cut& cut : std::views::reverse(cuts)) {
    if (cut.match && !after_match && !merged.empty()) {
      merged.back().begin = cut.begin;
    } else {
      merged.push_back(cut);
    }
    after_match = cut.match;
  }
  std::ranges::reverse(merged);
  return merged;
}

std::vector<Cut> MergeWithPrevious(const std::vector<Cut>& cuts, bool contiguous) {
  std::vector<Cut> merged;
  bool after_match = false;
  for (const Cut& cut : cuts) {
    const bool joins = contiguous ? cut.match == after_match : cut.match && !after_match;
    if (joins && !merged.empty()) {
      merged.back().end = cut.end;
    } else {
      merged.push_back(cut);
    }
    after_match = cut.match;
  }
  return merged;
}

std::vector<Cut> Arrange(std::vector<Cut> cuts, SplitBehaviour behaviour) {
  switch (behaviour) {
    case SplitBehaviour::kRemoved:
      std::erase_if(cuts, [](const Cut& cut) { return cut.match; });
      return cuts;
    case SplitBehaviour::kIsolated:
      return cuts;
    case SplitBehaviour::kMergedWithPrevious:
      return MergeWithPrevious(cuts, false);
    case SplitBehaviour::kMergedWithNext:
      return MergeWithNext(cuts);
    case SplitBehaviour::kContiguous:
      break;
  }
  return MergeWithPrevious(cuts, true);
}

// A part of the text: an added token, or text between added tokens.
struct Part {
  std::string_view text;
  std::optional<int64_t> id;
};

// Splits `text` around `tokens`. Where several start at the same place, the longest wins.
std::vector<Part> CutAtTokens(std::string_view text, std::span<const AddedToken> tokens) {
  std::vector<Part> parts;
  std::size_t from = 0;
  for (std::size_t at = 0; at < text.size();) {
    const AddedToken* longest = nullptr;
    for (const AddedToken& token : tokens) {
      if (text.substr(at).starts_with(token.text) && (longest == nullptr || token.text.size() > longest->text.size())) {
        longest = &token;
      }
    }
    if (longest == nullptr) {
      ++at;
      continue;
    }
    if (at > from) {
      parts.push_back({.text = text.substr(from, at - from), .id = std::nullopt});
    }
    parts.push_back({.text = longest->text, .id = longest->id});
    at += longest->text.size();
    from = at;
  }
  if (from < text.size()) {
    parts.push_back({.text = text.substr(from), .id = std::nullopt});
  }
  return parts;
}

class StepTokenizer final : public Tokenizer {
 public:
  StepTokenizer(StepTokenizerParts parts, const TokenizerOptions& options)
      : parts_(std::move(parts)),
        cleaning_(options.cleaning),
        room_(static_cast<std::size_t>(options.max_tokens) - parts_.prefix.size() - parts_.suffix.size()) {}

  std::vector<int64_t> Encode(std::string_view text) const override {
    std::string valid = DropInvalidUtf8(text, kMaxTextBytes);
    if (cleaning_ == TextCleaning::kCanonical) {
      valid = Canonical(valid);
    }
    std::vector<int64_t> ids;
    bool at_start = true;
    for (const Part& part : CutAtTokens(valid, parts_.added)) {
      if (part.id) {
        ids.push_back(*part.id);
      } else {
        EncodePlain(part.text, at_start, ids);
      }
      at_start = false;
      if (ids.size() >= room_) {
        break;
      }
    }
    ids.resize(std::min(ids.size(), room_));
    ids.insert(ids.begin(), parts_.prefix.begin(), parts_.prefix.end());
    ids.insert(ids.end(), parts_.suffix.begin(), parts_.suffix.end());
    return ids;
  }

  std::optional<int64_t> padding_id() const override { return parts_.padding_id; }

 private:
  void EncodePlain(std::string_view text, bool at_start, std::vector<int64_t>& ids) const {
    std::string normalised(text);
    for (const TextStep& step : parts_.normaliser) {
      normalised = step(normalised);
    }
    for (const Part& part : CutAtTokens(normalised, parts_.added_normalised)) {
      if (part.id) {
        ids.push_back(*part.id);
      } else {
        EncodeNormalised(part.text, at_start, ids);
      }
      at_start = false;
    }
  }

  void EncodeNormalised(std::string_view text, bool at_start, std::vector<int64_t>& ids) const {
    std::vector<Word> words;
    words.push_back({.text = std::string(text), .at_start = at_start});
    for (const SplitStep& step : parts_.splitter) {
      std::vector<Word> split;
      for (Word& word : words) {
        std::ranges::move(step(std::move(word)), std::back_inserter(split));
      }
      words = std::move(split);
    }
    for (const Word& word : words) {
      if (ids.size() >= room_) {
        return;
      }
      parts_.model->Encode(word.text, ids);
    }
  }

  const StepTokenizerParts parts_;
  const TextCleaning cleaning_;
  const std::size_t room_;
};

}  // namespace

SplitStep SplitAt(Pattern pattern, SplitBehaviour behaviour, bool invert) {
  return [pattern = std::move(pattern), behaviour, invert](const Word& word) {
    std::vector<Word> words;
    const std::vector<Segment> segments = CutAt(word.text, pattern);
    for (const Cut& cut : Arrange(ToCuts(word.text, segments, invert), behaviour)) {
      words.push_back(
          {.text = word.text.substr(cut.begin, cut.end - cut.begin), .at_start = word.at_start && cut.begin == 0});
    }
    return words;
  };
}

SplitStep Metaspace(const MetaspaceOptions& options) {
  using Prepend = MetaspaceOptions::Prepend;
  const SplitStep split = SplitAt(Literal(options.replacement), SplitBehaviour::kMergedWithNext, false);
  return [options, split](Word word) {
    const bool wanted = options.prepend == Prepend::kAlways || (options.prepend == Prepend::kFirst && word.at_start);
    word.text = ReplaceAll(word.text, Literal(" "), options.replacement);
    if (wanted && !word.text.empty() && !word.text.starts_with(options.replacement)) {
      word.text.insert(0, options.replacement);
    }
    if (options.split) {
      return split(std::move(word));
    }
    std::vector<Word> whole;
    whole.push_back(std::move(word));
    return whole;
  };
}

StatusOr<std::unique_ptr<Tokenizer>> MakeStepTokenizer(StepTokenizerParts parts, const TokenizerOptions& options) {
  const std::size_t own = parts.prefix.size() + parts.suffix.size();
  if (options.max_tokens < 0 || static_cast<std::size_t>(options.max_tokens) < own) {
    return absl::InvalidArgumentError(
        fmt::format("max_tokens is {}; the start and end tokens alone are {}", options.max_tokens, own));
  }
  return std::make_unique<StepTokenizer>(std::move(parts), options);
}

}  // namespace calotype
