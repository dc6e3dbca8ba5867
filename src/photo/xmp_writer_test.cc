#include "photo/xmp_writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "photo/metadata.h"
#include "photo/orient.h"

namespace calotype {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::UnorderedElementsAre;

using Words = std::vector<std::string>;

std::string List(const std::string& name, const Words& entries, const std::string& form = "Bag") {
  std::string items;
  for (const std::string& entry : entries) {
    items += "<rdf:li>" + entry + "</rdf:li>";
  }
  return "<" + name + "><rdf:" + form + ">" + items + "</rdf:" + form + "></" + name + ">";
}

std::string Packet(const std::string& inside) {
  return R"(<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">)"
         R"(<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/")"
         R"( xmlns:lr="http://ns.adobe.com/lightroom/1.0/" xmlns:digiKam="http://www.digikam.org/ns/1.0/")"
         R"( xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/")"
         R"( xmlns:mwg-rs="http://www.metadataworkinggroup.com/schemas/regions/")"
         R"( xmlns:stArea="http://ns.adobe.com/xmp/sType/Area#" xmlns:MP="http://ns.microsoft.com/photo/1.2/")"
         R"( xmlns:MPRI="http://ns.microsoft.com/photo/1.2/t/RegionInfo#")"
         R"( xmlns:MPReg="http://ns.microsoft.com/photo/1.2/t/Region#" xmlns:own="urn:somebody:own#">)" +
         inside + "</rdf:Description></rdf:RDF></x:xmpmeta>";
}

// MWG's and Microsoft's form of a region at kPlace.
std::string Regions(const std::string& name, const std::string& type = "Face") {
  return R"(<mwg-rs:Regions rdf:parseType="Resource"><mwg-rs:RegionList><rdf:Bag><rdf:li rdf:parseType="Resource">)"
         R"(<mwg-rs:Name>)" +
         name + "</mwg-rs:Name><mwg-rs:Type>" + type +
         R"(</mwg-rs:Type><mwg-rs:Area stArea:x="0.5" stArea:y="0.25" stArea:w="0.2" stArea:h="0.1")"
         R"( stArea:unit="normalized"/></rdf:li></rdf:Bag></mwg-rs:RegionList></mwg-rs:Regions>)"
         R"(<MP:RegionInfo rdf:parseType="Resource"><MPRI:Regions><rdf:Bag><rdf:li)"
         R"( MPReg:Rectangle="0.4, 0.2, 0.2, 0.1" MPReg:PersonDisplayName=")" +
         name + R"("/></rdf:Bag></MPRI:Regions></MP:RegionInfo>)";
}
constexpr Box kPlace = {.x = 0.4F, .y = 0.2F, .width = 0.2F, .height = 0.1F};
constexpr Box kElsewhere = {.x = 0.7F, .y = 0.7F, .width = 0.1F, .height = 0.1F};

XmpAdditions Named(const std::string& name, const Box& box = kPlace) {
  return {.keywords = {},
          .faces = {{.name = name, .box = box}},
          .known_regions = {},
          .labels = {},
          .unwanted = {},
          .orientation = 1,
          .width = 640,
          .height = 480};
}

XmpAdditions WithKeywords(const Words& keywords) {
  XmpAdditions additions;
  additions.keywords = keywords;
  return additions;
}

XmpChange Add(const std::string& existing, const XmpAdditions& additions) {
  const StatusOr<XmpChange> change = AddToXmp(existing, additions);
  EXPECT_TRUE(change.ok()) << Message(change.status());
  if (!change.ok()) {
    return {};
  }
  const StatusOr<XmpChange> again = AddToXmp(change->packet, additions);
  EXPECT_TRUE(again.ok() && again->changes.empty() && again->packet == change->packet)
      << "a second time: " << (again.ok() ? ::testing::PrintToString(again->changes) : Message(again.status()));
  return *change;
}

PhotoFacts Facts(const std::string& packet, int orientation = 1) {
  const StatusOr<PhotoFacts> facts =
      FactsFromXmp({reinterpret_cast<const uint8_t*>(packet.data()), packet.size()}, orientation, {});
  EXPECT_TRUE(facts.ok()) << Message(facts.status());
  return facts.ok() ? *facts : PhotoFacts();
}

TEST(XmpWriter, WritesNothingThatCannotBeReadAgain) {
  std::string odd = Packet("<own:thing>kept</own:thing>");
  EXPECT_TRUE(AddToXmp(odd, Named("Ada")).ok());
  constexpr std::string_view kNamespace = "urn:somebody:own#";
  odd.replace(odd.find(kNamespace), kNamespace.size(), "urn:somebody:this&amp;that");
  const StatusOr<XmpChange> change = AddToXmp(odd, Named("Ada"));
  if (change.ok()) {
    EXPECT_TRUE(AddToXmp(change->packet, Named("Ada")).ok());
  } else {
    EXPECT_THAT(Message(change.status()), HasSubstr("the sidecar is left as it is"));
  }
}

TEST(XmpWriter, KeepsWhatOthersWrote) {
  const std::string before =
      Packet(List("dc:subject", {"holiday"}) + Regions("Rex", "Pet") + "<own:note>keep me</own:note>");
  XmpAdditions additions = Named("Eve", kElsewhere);
  additions.keywords = {"holiday", "red, white"};
  const XmpChange change = Add(before, additions);
  EXPECT_THAT(change.packet, AllOf(HasSubstr("keep me"), HasSubstr("Rex")));
  const PhotoFacts facts = Facts(change.packet);
  EXPECT_THAT(facts.keywords, ElementsAre("holiday", "red, white"));
  ASSERT_THAT(facts.regions, Contains(::testing::Field(&NamedRegion::name, "Eve")));
  EXPECT_EQ(AddToXmp(before, WithKeywords({"holiday"}))->packet, before);
  EXPECT_TRUE(absl::IsInvalidArgument(AddToXmp("no xmp", {}).status()));
}

TEST(XmpWriter, RegionsAreInTheStoredPicture) {
  const Box box{.x = 0.1F, .y = 0.2F, .width = 0.3F, .height = 0.1F};
  for (int orientation = 1; orientation <= 8; ++orientation) {
    XmpAdditions additions = Named("Ada", box);
    additions.orientation = orientation;
    const XmpChange change = Add("", additions);
    const PhotoFacts upright = Facts(change.packet, orientation);
    ASSERT_EQ(upright.regions.size(), 1U) << orientation;
    EXPECT_GT(IntersectionOverUnion(upright.regions[0].box, box), 0.99F) << orientation;
    const PhotoFacts stored = Facts(change.packet, 1);
    EXPECT_GT(IntersectionOverUnion(stored.regions[0].box, StoredPart(box, orientation)), 0.99F) << orientation;
    EXPECT_THAT(change.packet, HasSubstr(orientation < 5 ? "stDim:w=\"640\"" : "stDim:w=\"480\"")) << orientation;
  }
}

TEST(XmpWriter, LevelsStay) {
  const Words keywords = {"garden", "Events|party"};
  const XmpChange change = Add("", WithKeywords(keywords));
  EXPECT_THAT(change.changes,
              UnorderedElementsAre(R"(+ dc:subject "garden")", R"(+ dc:subject "party")",
                                   R"(+ lr:hierarchicalSubject "Events|party")", R"(+ digiKam:TagsList "Events/party")",
                                   R"(+ digiKam:TagsList "garden")"));
  EXPECT_EQ(Facts(change.packet).keywords, keywords);
  // The word alone is another keyword, also when it came first.
  const XmpChange both = Add(Packet(List("dc:subject", {"party"})), WithKeywords({"Events|party"}));
  EXPECT_THAT(Facts(both.packet).keywords, UnorderedElementsAre("party", "Events|party"));
}

TEST(XmpWriter, NamesGoToAllListsAndAreNoKeywords) {
  const XmpChange change = Add(Packet(List("dc:subject", {"holiday"})), Named("Ada"));
  EXPECT_THAT(change.changes,
              UnorderedElementsAre(HasSubstr("+ region \"Ada\" at 0.40 0.20, 0.20 x 0.10"), R"(+ dc:subject "Ada")",
                                   R"(+ lr:hierarchicalSubject "People|Ada")", R"(+ digiKam:TagsList "People/Ada")",
                                   R"(+ digiKam:TagsList "holiday")", R"(+ Iptc4xmpExt:PersonInImage "Ada")"));
  EXPECT_THAT(Facts(change.packet).keywords, ElementsAre("holiday"));
  // The user's own keyword of the same name stays one.
  for (const Words& keywords : {Words{"Ada"}, Words{"People|Ada"}, Words{"Family|Ada"}}) {
    XmpAdditions additions = Named("Ada");
    additions.keywords = keywords;
    EXPECT_EQ(Facts(Add("", additions).packet).keywords, keywords);
    EXPECT_EQ(Facts(Add(Add("", WithKeywords(keywords)).packet, Named("Ada")).packet).keywords, keywords);
  }
}

TEST(XmpWriter, ANewNameReplacesTheOldOneEverywhere) {
  const std::string before = Packet(Regions("Adda") + List("dc:subject", {"sea", "Adda"}) +
                                    List("lr:hierarchicalSubject", {"People|Family|Adda", "Cities|Adda"}) +
                                    List("digiKam:TagsList", {"sea", "People/Family/Adda", "Cities/Adda"}, "Seq") +
                                    List("Iptc4xmpExt:PersonInImage", {"Adda", "Bob"}));
  XmpAdditions additions = Named("Ada");
  additions.known_regions = {{.name = "Adda", .box = kPlace}};
  additions.keywords = Facts(before).keywords;
  const XmpChange change = Add(before, additions);
  EXPECT_THAT(
      change.changes,
      ElementsAre(R"(~ region "Adda" is now "Ada")", R"(~ region "Adda" is now "Ada")", R"(- dc:subject "Adda")",
                  R"(+ dc:subject "Ada")", R"(- lr:hierarchicalSubject "People|Family|Adda")",
                  R"(+ lr:hierarchicalSubject "People|Family|Ada")", R"(- digiKam:TagsList "People/Family/Adda")",
                  R"(+ digiKam:TagsList "People/Family/Ada")", R"(- Iptc4xmpExt:PersonInImage "Adda")",
                  R"(+ Iptc4xmpExt:PersonInImage "Ada")"));
  EXPECT_THAT(Facts(change.packet).keywords, UnorderedElementsAre("sea", "People|Family|Ada", "Cities|Adda"))
      << "a city is not renamed";
  EXPECT_EQ(Facts(change.packet).regions.size(), 1U);
}

TEST(XmpWriter, NamesThatWeWroteAreReplacedWithoutAScan) {
  const XmpChange first = Add("", Named("Adda"));
  const XmpChange second = Add(first.packet, Named("Ada"));
  EXPECT_THAT(second.packet, Not(HasSubstr("Adda")));
  EXPECT_THAT(Facts(second.packet).keywords, IsEmpty());
}

TEST(XmpWriter, ANameThatSomebodyWroteAfterTheScanIsNotReplaced) {
  const StatusOr<XmpChange> change = AddToXmp(Packet(Regions("Ada Lovelace")), Named("Ada"));
  EXPECT_TRUE(absl::IsFailedPrecondition(change.status()));
  EXPECT_THAT(Message(change.status()), HasSubstr("calls a face \"Ada Lovelace\", which Calotype calls \"Ada\""));
}

TEST(XmpWriter, ExchangedNamesBothStay) {
  XmpAdditions additions = Named("Ada");
  additions.faces.push_back({.name = "Bob", .box = kElsewhere});
  const XmpChange first = Add("", additions);
  additions.known_regions = additions.faces;
  std::swap(additions.faces[0].name, additions.faces[1].name);
  const XmpChange second = Add(first.packet, additions);
  EXPECT_THAT(second.changes, ElementsAre(R"(~ region "Ada" is now "Bob")", R"(~ region "Bob" is now "Ada")"));
}

TEST(XmpWriter, RegionsInsideThePhotoAreNotHiddenByThoseOfTheSidecar) {
  XmpAdditions additions = Named("Ada");
  additions.known_regions = {{.name = "Grace", .box = kElsewhere}, {.name = "Adda", .box = kPlace}};
  additions.keywords = {"Adda", "Grace"};
  const PhotoFacts facts = Facts(Add("", additions).packet);
  EXPECT_THAT(facts.regions,
              ElementsAre(::testing::Field(&NamedRegion::name, "Ada"), ::testing::Field(&NamedRegion::name, "Grace")));
  EXPECT_THAT(facts.keywords, ElementsAre("Ada", "Grace"));
}

TEST(XmpWriter, LabelsAreNoKeywords) {
  XmpAdditions additions = WithKeywords({"cat"});
  additions.labels = {"object|dog", "object|cat"};
  const XmpChange first = Add(Packet(List("dc:subject", {"cat", "sea"})), additions);
  EXPECT_THAT(first.changes,
              AllOf(Contains(R"(+ lr:hierarchicalSubject "Calotype|object|dog")"),
                    Contains(R"(+ digiKam:TagsList "Calotype/object/dog")"), Not(Contains(HasSubstr("dc:subject")))));
  EXPECT_THAT(Facts(first.packet).keywords, UnorderedElementsAre("cat", "sea"));
  // They are replaced by later ones, and kept by an export without labels.
  additions.labels = {"object|cat"};
  EXPECT_THAT(Add(first.packet, additions).packet, Not(HasSubstr("dog")));
  EXPECT_EQ(Add(first.packet, WithKeywords({"cat"})).packet, first.packet);
}

TEST(XmpWriter, LabelsThatAnotherProgramCopiedGoWithTheirOriginal) {
  XmpAdditions additions;
  additions.labels = {"object|cat"};
  const XmpChange change =
      Add(Packet(List("dc:subject", {"dog", "sea"}) + List("lr:hierarchicalSubject", {"Calotype|object|dog", "sea"})),
          additions);
  EXPECT_THAT(Facts(change.packet).keywords, ElementsAre("sea"));
  EXPECT_THAT(change.packet, Not(HasSubstr("dog")));
}

TEST(XmpWriter, UnwantedWordsAreRemoved) {
  XmpAdditions additions = WithKeywords({"dog", "sea", "Pets|dog"});
  additions.unwanted = {"dog", "cat"};
  const XmpChange change = Add(Packet(List("dc:subject", {"dog", "sea"})), additions);
  EXPECT_THAT(Facts(change.packet).keywords, ElementsAre("sea", "Pets|dog"));
}

}  // namespace
}  // namespace calotype
