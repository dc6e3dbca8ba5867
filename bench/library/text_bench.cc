// Searches words in a million photos: the catalogue's full-text search compared with SQLite's LIKE on the same lines.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <random>
#include <string_view>
#include <vector>

#include "catalog/catalog.h"
#include "catalog/sqlite.h"
#include "made_up_text.h"
#include "sections.h"
#include "synthetic.h"

namespace calotype::bench {
namespace {

constexpr int kLimit = 50;
constexpr int kRuns = 5;

struct Case {
  std::string_view name;
  std::string words;
  bool phrase;
};

double Best(const std::function<void()>& run) {
  double best = 0;
  for (int i = 0; i < kRuns; ++i) {
    const Stopwatch watch;
    run();
    best = i == 0 ? watch.Milliseconds() : std::min(best, watch.Milliseconds());
  }
  return best;
}

Status Compare(Catalog& catalog, Database& database, const Case& one) {
  Status status;
  std::size_t found = 0;
  const double ours = Best([&] {
    const auto matches = catalog.SearchText(one.words, one.phrase, kLimit);
    status.Update(matches.status());
    found = matches.ok() ? matches->size() : 0;
  });
  int64_t photos = 0;
  const double like = Best([&] {
    const auto count =
        database.QueryInt("SELECT count(DISTINCT photo_id) FROM text_line WHERE text LIKE ?1", "%" + one.words + "%");
    status.Update(count.status());
    photos = count.ok() ? count->value_or(0) : 0;
  });
  fmt::print("{}\t{:.2f} ms, {} shown\tLIKE {:.0f} ms, {} photos\n", one.name, ours, found, like, photos);
  std::fflush(stdout);
  return status;
}

}  // namespace

std::string MadeUpWord(int64_t rank) {
  constexpr std::string_view kConsonants = "bdfgklmnprst";
  constexpr std::string_view kVowels = "aeiou";
  std::string word;
  for (int64_t left = rank + 60; left > 0; left /= 60) {
    word += kConsonants[static_cast<std::size_t>(left % 12)];
    word += kVowels[static_cast<std::size_t>(left / 12 % 5)];
  }
  return word;
}

std::vector<std::string> MadeUpLines(int64_t photo) {
  std::mt19937_64 random(static_cast<uint64_t>(photo));
  std::uniform_real_distribution<double> uniform;
  std::vector<std::string> lines(3);
  for (std::string& line : lines) {
    for (int word = 0; word < 4; ++word) {
      const auto rank = static_cast<int64_t>(std::exp(uniform(random) * std::log(static_cast<double>(kWords))));
      line += (word == 0 ? "" : " ") + MadeUpWord(rank);
    }
  }
  return lines;
}

Status BenchText(const Options& options) {
  const std::filesystem::path file = options.folder / "catalog.db";
  CALOTYPE_ASSIGN_OR_RETURN(const auto catalog, Catalog::Open(file));
  CALOTYPE_ASSIGN_OR_RETURN(const auto database, SqliteDatabase::Open(file));
  CALOTYPE_ASSIGN_OR_RETURN(const auto lines, database->QueryInt("SELECT count(*) FROM text_line"));
  Tell("lines", static_cast<double>(lines.value_or(0)), "");
  const std::string rare = MadeUpWord(kWords - 2);
  const std::string common = MadeUpWord(2);
  const std::array cases = {Case{"a rare word", rare, false}, Case{"a word in one of hundred", MadeUpWord(100), false},
                            Case{"the commonest word but one", common, false},
                            Case{"four words, as a phrase", MadeUpLines(77)[0], true},
                            Case{"no photo has it", "zzyzx", false}};
  for (const Case& one : cases) {
    CALOTYPE_RETURN_IF_ERROR(Compare(*catalog, *database, one));
  }
  return absl::OkStatus();
}

}  // namespace calotype::bench
