#include "analysis/embed/vocabulary.h"

#include <fmt/format.h>

#include <limits>
#include <nlohmann/json.hpp>

namespace calotype {
namespace {

// Adds pieces while parsing, without building a JSON tree first: CLIP has fifty thousand pieces.
class VocabularyReader final : public nlohmann::json_sax<nlohmann::json> {
 public:
  bool key(std::string& piece) override {
    piece_ = std::move(piece);
    return true;
  }
  bool number_unsigned(uint64_t id) override {
    return id > static_cast<uint64_t>(std::numeric_limits<int64_t>::max()) ? RefuseValue()
                                                                           : number_integer(static_cast<int64_t>(id));
  }
  bool number_integer(int64_t id) override {
    if (depth_ == 0) {
      return RefuseValue();
    }
    status_ = vocabulary_.Add(std::move(piece_), id);
    return status_.ok();
  }
  bool start_object(std::size_t) override { return ++depth_ == 1 || RefuseValue(); }
  bool end_object() override { return true; }
  bool null() override { return RefuseValue(); }
  bool boolean(bool) override { return RefuseValue(); }
  bool number_float(double, const std::string&) override { return RefuseValue(); }
  bool string(std::string&) override { return RefuseValue(); }
  bool binary(nlohmann::json::binary_t&) override { return RefuseValue(); }
  bool start_array(std::size_t) override { return RefuseValue(); }
  bool end_array() override { return RefuseValue(); }
  bool parse_error(std::size_t, const std::string&, const nlohmann::json::exception& error) override {
    return Refuse(fmt::format("not a tokenizer: {}", error.what()));
  }

  StatusOr<PieceVocabulary> Take() {
    return status_.ok() ? StatusOr<PieceVocabulary>(std::move(vocabulary_)) : status_;
  }

 private:
  bool Refuse(const std::string& why) {
    status_ = absl::InvalidArgumentError(why);
    return false;
  }
  bool RefuseValue() {
    return Refuse(depth_ == 0 ? "not a tokenizer: expected an object from pieces to ids"
                              : fmt::format("not a tokenizer: the id of piece \"{}\" is not a number", piece_));
  }

  PieceVocabulary vocabulary_;
  std::string piece_;
  int depth_ = 0;
  Status status_;
};

}  // namespace

StatusOr<PieceVocabulary> ReadVocabulary(std::string_view json) {
  VocabularyReader reader;
  nlohmann::json::sax_parse(json, &reader);
  return reader.Take();
}

Status PieceVocabulary::Add(std::string piece, int64_t id) {
  if (id < 0 || id >= kMostIds) {
    return absl::InvalidArgumentError(fmt::format("piece \"{}\" has the invalid id {}", piece, id));
  }
  ids_.insert_or_assign(std::move(piece), id);
  return absl::OkStatus();
}

std::optional<int64_t> PieceVocabulary::Find(std::string_view piece) const {
  const auto found = ids_.find(absl::string_view(piece.data(), piece.size()));  // Abseil may have its own string_view
  return found == ids_.end() ? std::nullopt : std::optional(found->second);
}

std::optional<std::vector<int64_t>> ByteTokens(const PieceVocabulary& vocabulary, std::string_view text) {
  std::vector<int64_t> ids;
  for (const char c : text) {
    const std::optional<int64_t> id = vocabulary.Find(fmt::format("<0x{:02X}>", static_cast<unsigned char>(c)));
    if (!id) {
      return std::nullopt;
    }
    ids.push_back(*id);
  }
  return ids;
}

}  // namespace calotype
