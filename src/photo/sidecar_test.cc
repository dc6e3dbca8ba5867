#include "photo/sidecar.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "base/file.h"
#include "photo/orient.h"
#include "photo/sidecar_facts.h"

namespace calotype {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

class SidecarTest : public ::testing::Test {
 protected:
  SidecarTest() {
    std::string pattern = (fs::temp_directory_path() / "calotype-sidecar-XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
  }
  ~SidecarTest() override { fs::remove_all(folder_); }

  fs::path Write(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ / name) << text;
    return folder_ / name;
  }

  // What is read from a sidecar with this text.
  StatusOr<PhotoFacts> Read(const std::string& text, int orientation) const {
    CALOTYPE_ASSIGN_OR_RETURN(const UniqueFd file, OpenForReading(Write("a.xmp", text)));
    return ReadSidecar(file.get(), orientation, {});
  }

  fs::path folder_;
};

std::string Packet(const std::string& inside) {
  return R"(<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">)"
         R"(<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/")"
         R"( xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/")"
         R"( xmlns:lr="http://ns.adobe.com/lightroom/1.0/" xmlns:exif="http://ns.adobe.com/exif/1.0/")"
         R"( xmlns:mwg-rs="http://www.metadataworkinggroup.com/schemas/regions/")"
         R"( xmlns:stArea="http://ns.adobe.com/xmp/sType/Area#" xmlns:MP="http://ns.microsoft.com/photo/1.2/")"
         R"( xmlns:MPRI="http://ns.microsoft.com/photo/1.2/t/RegionInfo#")"
         R"( xmlns:digiKam="http://www.digikam.org/ns/1.0/")"
         R"( xmlns:MPReg="http://ns.microsoft.com/photo/1.2/t/Region#" xmlns:own="urn:somebody:own#">)" +
         inside + "</rdf:Description></rdf:RDF></x:xmpmeta>";
}

constexpr const char* kAll =
    R"(<dc:title><rdf:Alt><rdf:li xml:lang="de">Titel</rdf:li><rdf:li xml:lang="x-default">A title</rdf:li></rdf:Alt>)"
    R"(</dc:title><dc:subject><rdf:Bag><rdf:li>holiday</rdf:li><rdf:li>sea</rdf:li></rdf:Bag></dc:subject>)"
    R"(<lr:hierarchicalSubject><rdf:Bag><rdf:li>Places|Austria|sea</rdf:li></rdf:Bag></lr:hierarchicalSubject>)"
    R"(<xmp:Rating>4</xmp:Rating><photoshop:City>Wien</photoshop:City>)"
    R"(<exif:GPSLatitude>48,12.5N</exif:GPSLatitude><exif:GPSLongitude>16,22,30E</exif:GPSLongitude>)"
    R"(<mwg-rs:Regions rdf:parseType="Resource"><mwg-rs:RegionList><rdf:Bag><rdf:li rdf:parseType="Resource">)"
    R"(<mwg-rs:Name>Ada</mwg-rs:Name><mwg-rs:Type>Face</mwg-rs:Type><mwg-rs:Area stArea:x="0.5" stArea:y="0.25")"
    R"( stArea:w="0.2" stArea:h="0.1" stArea:unit="normalized"/></rdf:li><rdf:li rdf:parseType="Resource">)"
    R"(<mwg-rs:Name>Rex</mwg-rs:Name><mwg-rs:Type>Pet</mwg-rs:Type><mwg-rs:Area stArea:x="0.5" stArea:y="0.5")"
    R"( stArea:w="0.2" stArea:h="0.1" stArea:unit="normalized"/></rdf:li></rdf:Bag></mwg-rs:RegionList>)"
    R"(</mwg-rs:Regions>)";

TEST_F(SidecarTest, EverythingThatIsWritten) {
  const auto facts = Read(Packet(kAll), 1);
  ASSERT_TRUE(facts.ok()) << Message(facts.status());
  EXPECT_EQ(facts->title, "A title");
  EXPECT_EQ(facts->rating, 4);
  EXPECT_THAT(facts->keywords, ElementsAre("holiday", "Places|Austria|sea"));
  EXPECT_EQ(facts->city, "Wien");
  ASSERT_TRUE(facts->gps.has_value());
  EXPECT_NEAR(facts->gps->latitude, 48.208333, 1e-6);
  EXPECT_NEAR(facts->gps->longitude, 16.375, 1e-6);
  ASSERT_EQ(facts->regions.size(), 1U) << "pets are no people";
  EXPECT_EQ(facts->regions[0].name, "Ada");
  EXPECT_NEAR(facts->regions[0].box.x, 0.4, 1e-6);
  EXPECT_NEAR(facts->regions[0].box.y, 0.2, 1e-6);
}

TEST_F(SidecarTest, RegionsOfWindows) {
  const auto facts =
      Read(Packet(R"(<MP:RegionInfo rdf:parseType="Resource"><MPRI:Regions><rdf:Bag><rdf:li MPReg:Rectangle="0.1, 0.2,)"
                  R"( 0.3, 0.4" MPReg:PersonDisplayName="Grace"/></rdf:Bag></MPRI:Regions></MP:RegionInfo>)"),
           1);
  ASSERT_TRUE(facts.ok()) << Message(facts.status());
  ASSERT_EQ(facts->regions.size(), 1U);
  EXPECT_EQ(facts->regions[0].name, "Grace");
  EXPECT_NEAR(facts->regions[0].box.height, 0.4, 1e-6);
}

// Some programs write only one form of some regions.
TEST_F(SidecarTest, RegionsOfBothFormsAreJoined) {
  const auto facts = Read(
      Packet(
          std::string(kAll) +
          R"(<MP:RegionInfo rdf:parseType="Resource"><MPRI:Regions><rdf:Bag><rdf:li MPReg:Rectangle="0.4, 0.2, 0.2, )"
          R"(0.1" MPReg:PersonDisplayName="Adda"/><rdf:li MPReg:Rectangle="0.1, 0.7, 0.1, 0.1" )"
          R"(MPReg:PersonDisplayName="Grace"/></rdf:Bag></MPRI:Regions></MP:RegionInfo>)"),
      1);
  ASSERT_TRUE(facts.ok()) << Message(facts.status());
  ASSERT_EQ(facts->regions.size(), 2U);
  EXPECT_EQ(facts->regions[0].name, "Ada");
  EXPECT_EQ(facts->regions[1].name, "Grace");
}

TEST_F(SidecarTest, KeywordsWithLevels) {
  const auto keywords = [this](const std::string& lists) {
    const auto facts = Read(Packet(lists), 1);
    return facts.ok() ? facts->keywords : std::vector<std::string>{Message(facts.status())};
  };
  // As digiKam and Lightroom write them: the last level is in dc:subject, too.
  EXPECT_THAT(keywords("<dc:subject><rdf:Bag><rdf:li>party</rdf:li><rdf:li>garden</rdf:li></rdf:Bag></dc:subject>"
                       "<lr:hierarchicalSubject><rdf:Bag><rdf:li>Events|party</rdf:li></rdf:Bag>"
                       "</lr:hierarchicalSubject><digiKam:TagsList><rdf:Seq><rdf:li>Events/party</rdf:li>"
                       "<rdf:li>garden</rdf:li></rdf:Seq></digiKam:TagsList>"),
              UnorderedElementsAre("garden", "Events|party"));
  // Labels of models are none, also where another program copied the last level.
  EXPECT_THAT(keywords("<dc:subject><rdf:Bag><rdf:li>dog</rdf:li><rdf:li>garden</rdf:li></rdf:Bag></dc:subject>"
                       "<lr:hierarchicalSubject><rdf:Bag><rdf:li>Calotype|object|dog</rdf:li></rdf:Bag>"
                       "</lr:hierarchicalSubject>"),
              ElementsAre("garden"));
}

TEST_F(SidecarTest, WhatIsNoXmpIsAnError) {
  for (const char* text : {"", "not xml", "<x:xmpmeta"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(Read(text, 1).status())) << text;
  }
}

TEST_F(SidecarTest, BothNamesAreFoundTheWholeOneFirst) {
  const fs::path photo = folder_ / "p.jpg";
  EXPECT_THAT(SidecarsOf(photo), IsEmpty());
  const fs::path stem = Write("p.xmp", "");
  const fs::path whole = Write("p.jpg.XMP", "");
  EXPECT_THAT(SidecarsOf(photo), ElementsAre(whole, stem));
}

TEST(TakeFromSidecar, FactByFact) {
  PhotoFacts photo;
  photo.title = "own";
  photo.rating = 2;
  photo.keywords = {"own"};
  photo.camera = "Leica";
  PhotoFacts sidecar;
  sidecar.rating = 5;
  sidecar.keywords = {"theirs"};
  sidecar.camera = "none";
  TakeFromSidecar(sidecar, photo);
  EXPECT_EQ(photo.title, "own");
  EXPECT_EQ(photo.rating, 5);
  EXPECT_THAT(photo.keywords, ElementsAre("theirs"));
  EXPECT_EQ(photo.camera, "Leica");
}

TEST(Regions, TurnWithThePhotoAndBack) {
  const Box stored{.x = 0.1F, .y = 0.2F, .width = 0.3F, .height = 0.4F};
  const Box turned = UprightPart(stored, 6);  // a quarter to the right
  EXPECT_NEAR(turned.x, 0.4, 1e-6);
  EXPECT_NEAR(turned.y, 0.1, 1e-6);
  EXPECT_NEAR(turned.width, 0.4, 1e-6);
  for (int orientation = 1; orientation <= 8; ++orientation) {
    EXPECT_GT(IntersectionOverUnion(StoredPart(UprightPart(stored, orientation), orientation), stored), 0.999F)
        << orientation;
  }
}

}  // namespace
}  // namespace calotype
