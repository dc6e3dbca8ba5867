#include "pipeline/progress_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <exception>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "base/file.h"
#include "catalog/work_owner.h"
#include "pipeline/scan_progress_json.h"

namespace calotype {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::chrono::seconds kInterval{1};
constexpr std::chrono::seconds kSilence{10};

// Seconds since the machine was started; unlike the wall clock, it is never set back.
double SecondsSinceStart() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

ScanNews::Life LifeOf(const Json& json) {
  if (json.at("ended").get<bool>()) {
    return ScanNews::Life::kEnded;
  }
  const double silent = SecondsSinceStart() - json.at("told_at").get<double>();
  const bool alive = json.at("boot").get<std::string>() == BootId() && silent >= 0 && silent <= kSilence.count();
  return alive ? ScanNews::Life::kRunning : ScanNews::Life::kDied;
}

ScanNews FromJson(const Json& json) {
  ScanNews news{.life = LifeOf(json), .process = json.at("process"), .progress = ScanProgressFrom(json)};
  if (const Json& rate = json.at("photos_per_minute"); !rate.is_null()) {
    news.per_minute = rate.get<double>();
  }
  return news;
}

}  // namespace

std::optional<ScanNews> ReadProgress(const std::filesystem::path& file) {
  const StatusOr<std::string> text = ReadTextFile(file);
  if (!text.ok()) {
    return std::nullopt;
  }
  try {
    return FromJson(Json::parse(*text));
  } catch (const std::exception&) {
    return std::nullopt;
  }
}

void ProgressFile::Update(const ScanProgress& progress) {
  const RateMeter::Clock::time_point now = RateMeter::Clock::now();
  rate_.Add(now, progress.analysed + progress.failed);
  if (!written_.has_value() || now - *written_ >= kInterval || progress.resting != resting_) {
    written_ = now;
    resting_ = progress.resting;
    Write(progress, false);
  }
}

void ProgressFile::End(const ScanProgress& progress) { Write(progress, true); }

// Renamed into place, so that no reader sees half a file. Not synced, since it has no use after a power cut.
void ProgressFile::Write(const ScanProgress& progress, bool ended) const {
  const std::optional<double> rate = rate_.PerMinute();
  Json json = ToJson(progress);
  json.update({{"process", getpid()},
               {"ended", ended},
               {"boot", BootId()},
               {"told_at", SecondsSinceStart()},
               {"photos_per_minute", rate ? Json(*rate) : Json(nullptr)}});
  const std::string text = json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
  const std::string temporary = file_.string() + ".new";
  const UniqueFd file(open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  const std::span bytes(reinterpret_cast<const uint8_t*>(text.data()), text.size());
  if (file.get() < 0 || !WriteAll(file.get(), bytes).ok() || std::rename(temporary.c_str(), file_.c_str()) != 0) {
    unlink(temporary.c_str());
  }
}

}  // namespace calotype
