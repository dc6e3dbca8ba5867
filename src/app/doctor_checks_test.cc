#include "app/doctor_checks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "app/app_test_util.h"

namespace calotype {
namespace {

using ::testing::HasSubstr;

const StatusOr<DeviceSet> kNoDevices = absl::NotFoundError("no engine");

MachineFacts FactsWith(int nvidia_gpus, const Verdict& cuda) {
  MachineFacts facts;
  facts.nvidia.pci_gpus = nvidia_gpus;
  facts.cuda = cuda;
  return facts;
}

const Verdict kFails{.outcome = Outcome::kFails, .sentence = "the driver is too old", .remedy = "install driver 580"};

DoctorCheck CheckGpuWith(const std::vector<std::string>& assignments, const MachineFacts& facts) {
  const TestApp app(assignments);
  return CheckGpu(app->settings(), kNoDevices, facts);
}

TEST(DoctorChecksTest, NoGpuAndNoneAskedForIsFine) {
  const DoctorCheck check = CheckGpuWith({}, FactsWith(0, kFails));
  EXPECT_TRUE(check.ok);
  EXPECT_EQ(check.remedy, "");
}

TEST(DoctorChecksTest, AGpuThatCannotWorkIsReportedWithItsRemedy) {
  const DoctorCheck check = CheckGpuWith({}, FactsWith(1, kFails));
  EXPECT_FALSE(check.ok);
  EXPECT_EQ(check.detail, kFails.sentence);
  EXPECT_EQ(check.remedy, kFails.remedy);
}

TEST(DoctorChecksTest, ASettingThatAsksForAMissingGpuIsReported) {
  const DoctorCheck check = CheckGpuWith({"devices.objects=cuda,cpu"}, FactsWith(0, kFails));
  EXPECT_FALSE(check.ok);
  EXPECT_THAT(check.detail, HasSubstr("devices.objects asks for cuda"));
  EXPECT_THAT(check.remedy, HasSubstr("remove it from devices.*"));
}

TEST(DoctorChecksTest, ADeviceThatNoEngineOffersIsReported) {
  const DoctorCheck check =
      CheckGpuWith({"devices.default=openvino:gpu"}, FactsWith(0, {.outcome = Outcome::kWorks, .sentence = "works"}));
  EXPECT_FALSE(check.ok);
  EXPECT_THAT(check.detail, HasSubstr("devices.default asks for openvino:gpu"));
  EXPECT_THAT(check.detail, HasSubstr("no engine offers"));
}

TEST(DoctorChecksTest, EnginesThatDoNotOpenAreReported) {
  const DoctorCheck check = CheckEngines(kNoDevices);
  EXPECT_FALSE(check.ok);
  EXPECT_EQ(check.detail, "no engine");
  EXPECT_THAT(check.remedy, HasSubstr("tools/setup/fetch_runtimes"));
}

TEST(DoctorChecksTest, AFreshHomeIsFine) {
  const TestApp app;
  EXPECT_TRUE(CheckConfiguration(*app).ok) << CheckConfiguration(*app).detail;
  const DoctorCheck catalogue = CheckCatalogue(*app);
  EXPECT_TRUE(catalogue.ok);
  EXPECT_THAT(catalogue.detail, HasSubstr("nothing was scanned yet"));
  EXPECT_FALSE(std::filesystem::exists(app->settings().catalog_file)) << "a check creates no catalogue";
}

TEST(DoctorChecksTest, AFolderThatCannotBeWrittenIsReported) {
  const TestApp app({"catalog.file=/proc/calotype/catalog.db"});
  const DoctorCheck check = CheckConfiguration(*app);
  EXPECT_FALSE(check.ok);
  EXPECT_THAT(check.detail, HasSubstr("/proc"));
  EXPECT_THAT(check.remedy, HasSubstr("catalog.file"));
}

TEST(DoctorChecksTest, AFileThatIsNoCatalogueIsReported) {
  const TestApp app;
  std::ofstream(app->settings().catalog_file) << std::string(5000, 'x');
  const DoctorCheck check = CheckCatalogue(*app);
  EXPECT_FALSE(check.ok);
  EXPECT_THAT(check.remedy, HasSubstr(app->settings().catalog_file));
}

TEST(DoctorChecksTest, AMissingPackIsReported) {
  const DoctorCheck check = CheckModelFiles(*TestApp());
  EXPECT_FALSE(check.ok);
  EXPECT_THAT(check.detail, HasSubstr("is not installed"));
  EXPECT_THAT(check.remedy, HasSubstr("doctor --fix"));
}

TEST(DoctorChecksTest, LibrariesWithKnownHolesAreNamed) {
  for (const char* const library : {"LibRaw 0.20.2-Release", "LibRaw 0.22.0", "libvips 8.18.1", "exiv2 0.28.4"}) {
    EXPECT_THAT(WithKnownHoles(library), HasSubstr("known holes")) << library;
  }
  for (const char* const library :
       {"LibRaw 0.22.1-Release", "libvips 8.18.2", "exiv2 0.27.6", "exiv2 0.28.5", "libjpeg 62"}) {
    EXPECT_EQ(WithKnownHoles(library), library);
  }
}

TEST(DoctorChecksTest, EveryFormatDecodes) {
  const DoctorCheck check = CheckDecoders();
  EXPECT_TRUE(check.ok) << check.detail;
}

}  // namespace
}  // namespace calotype
