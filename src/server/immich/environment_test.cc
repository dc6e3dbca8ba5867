#include "server/immich/environment.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>

namespace calotype {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

ImmichSettings Read(const std::map<std::string, std::string>& variables) {
  return ReadImmichEnvironment([&](const char* name) {
    const auto found = variables.find(name);
    return found == variables.end() ? nullptr : found->second.c_str();
  });
}

TEST(ImmichEnvironmentTest, NothingSetChangesNothing) {
  for (const ImmichSettings& settings : {Read({}), Read({{"MACHINE_LEARNING_MODEL_TTL", ""}, {"IMMICH_HOST", " "}})}) {
    EXPECT_FALSE(settings.host || settings.port || settings.log_level || settings.idle_s || settings.request_threads ||
                 settings.threads_per_run || settings.keep_alive_s);
    EXPECT_THAT(settings.preload, IsEmpty());
    EXPECT_TRUE(settings.models.path.empty());
    EXPECT_EQ(settings.models.revision, "main");
    EXPECT_THAT(settings.notes, IsEmpty());
  }
}

TEST(ImmichEnvironmentTest, ReadsWhatHasAMeaning) {
  const ImmichSettings settings = Read({{"IMMICH_HOST", "[::]"},
                                        {"IMMICH_PORT", "3003"},
                                        {"IMMICH_LOG_LEVEL", "DEBUG"},
                                        {"MACHINE_LEARNING_MODEL_TTL", "300"},
                                        {"MACHINE_LEARNING_REQUEST_THREADS", "6"},
                                        {"MACHINE_LEARNING_MODEL_INTRA_OP_THREADS", "2"},
                                        {"MACHINE_LEARNING_HTTP_KEEPALIVE_TIMEOUT_S", "5"},
                                        {"MACHINE_LEARNING_CACHE_FOLDER", "/cache"},
                                        {"MACHINE_LEARNING_MODEL_REVISION", "v2"}});
  EXPECT_EQ(settings.host, "::");
  EXPECT_EQ(settings.port, 3003);
  EXPECT_EQ(settings.log_level, LogLevel::kDebug);
  EXPECT_EQ(settings.idle_s, 300);
  EXPECT_EQ(settings.request_threads, 6);
  EXPECT_EQ(settings.threads_per_run, 2);
  EXPECT_EQ(settings.keep_alive_s, 5);
  EXPECT_EQ(settings.models.path, "/cache");
  EXPECT_EQ(settings.models.revision, "v2");
  EXPECT_THAT(settings.notes, IsEmpty());
}

TEST(ImmichEnvironmentTest, ATtlOfZeroOrLessMeansNeverAndZeroThreadsTheDefault) {
  EXPECT_EQ(Read({{"MACHINE_LEARNING_MODEL_TTL", "0"}}).idle_s, 0);
  EXPECT_EQ(Read({{"MACHINE_LEARNING_MODEL_TTL", "-1"}}).idle_s, 0);
  EXPECT_EQ(Read({{"MACHINE_LEARNING_REQUEST_THREADS", "0"}}).request_threads, std::nullopt);
  EXPECT_EQ(Read({{"MACHINE_LEARNING_MODEL_INTRA_OP_THREADS", "0"}}).threads_per_run, std::nullopt);
}

TEST(ImmichEnvironmentTest, ReadsListsOfModelsToPreload) {
  const ImmichSettings settings =
      Read({{"MACHINE_LEARNING_PRELOAD__CLIP__TEXTUAL", "ViT-B-32::openai, M-CLIP/LABSE-Vit-L-14,"},
            {"MACHINE_LEARNING_PRELOAD__OCR__DETECTION", "PP-OCRv5_mobile"},
            {"MACHINE_LEARNING_PRELOAD__FACIAL_RECOGNITION", "buffalo_l"}});
  EXPECT_THAT(settings.preload, ElementsAre(PredictModelName{PredictRole::kTextEmbedding, "ViT-B-32__openai"},
                                            PredictModelName{PredictRole::kTextEmbedding, "LABSE-Vit-L-14"},
                                            PredictModelName{PredictRole::kTextDetection, "PP-OCRv5_mobile"},
                                            PredictModelName{PredictRole::kFaceDetection, "buffalo_l"},
                                            PredictModelName{PredictRole::kFaceRecognition, "buffalo_l"}));
  EXPECT_THAT(settings.notes, IsEmpty());
}

TEST(ImmichEnvironmentTest, NotesWhatHasNoEffect) {
  EXPECT_THAT(Read({{"MACHINE_LEARNING_WORKERS", "2"}, {"MACHINE_LEARNING_ANN", "true"}}).notes,
              ElementsAre(StartsWith("MACHINE_LEARNING_WORKERS has no effect: "),
                          StartsWith("MACHINE_LEARNING_ANN has no effect: ")));
  EXPECT_THAT(Read({{"MACHINE_LEARNING_DEVICE_IDS", "0,1"}}).notes, ElementsAre(HasSubstr("CUDA_VISIBLE_DEVICES")));
  EXPECT_THAT(Read({{"HF_HUB_OFFLINE", "1"}}).notes, ElementsAre(HasSubstr("server.immich_packs")));
  EXPECT_THAT(Read({{"HF_ENDPOINT", "https://mirror"}}).notes, IsEmpty()) << "it holds for these packs";
}

TEST(ImmichEnvironmentTest, NotesValuesThatCannotBeRead) {
  for (const auto& [name, value] : std::map<std::string, std::string>{{"IMMICH_PORT", "70000"},
                                                                      {"IMMICH_LOG_LEVEL", "loud"},
                                                                      {"MACHINE_LEARNING_MODEL_TTL", "5 minutes"},
                                                                      {"MACHINE_LEARNING_REQUEST_THREADS", "-1"}}) {
    const ImmichSettings settings = Read({{name, value}});
    EXPECT_THAT(settings.notes, ElementsAre(::testing::AllOf(StartsWith(name + " has no effect: "), HasSubstr(value))));
    EXPECT_FALSE(settings.port || settings.log_level || settings.idle_s || settings.request_threads);
  }
}

}  // namespace
}  // namespace calotype
