// What the API of the server answers, as JSON, and back. The schemas are in server/http/schemas.cc.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "app/decisions.h"
#include "app/events.h"
#include "app/forget_person.h"
#include "app/jobs.h"
#include "app/models_list.h"
#include "app/people.h"
#include "app/people_suggestions.h"
#include "app/search.h"
#include "catalog/browse_catalog.h"
#include "catalog/types.h"

namespace calotype {

nlohmann::ordered_json ToApiJson(const PhotoRow& row);
// Adds what a list needs to draw a photo to each of `items`, which are JSON objects with the key "photo": "taken_at",
// "sha256", "width", "height" and "thumb_hash" of the row at the same place; null where the row is not known.
void AddRows(std::span<const PhotoRow> rows, nlohmann::ordered_json& items);
// The whole record, as docs/json.md describes it, with the photo's number and the state of each analysis.
nlohmann::ordered_json ToApiJson(const PhotoRecord& photo);
nlohmann::ordered_json ToApiJson(const SearchAnswer& answer);
nlohmann::ordered_json ToApiJson(const SimilarPhoto& photo);
nlohmann::ordered_json ToApiJson(const PersonRecord& person);
nlohmann::ordered_json ToApiJson(const PersonFace& face);
nlohmann::ordered_json ToApiJson(const NamedSuggestion& suggestion);
nlohmann::ordered_json ToApiJson(const KnownPerson& person);
nlohmann::ordered_json ToApiJson(const Namesakes& others);
nlohmann::ordered_json ToApiJson(const ForgottenPerson& forgotten);
nlohmann::ordered_json ToApiJson(const Decided& decision);
nlohmann::ordered_json ToApiJson(const DecisionRecord& decision);
nlohmann::ordered_json ToApiJson(const DecisionPage& page);
nlohmann::ordered_json ToApiJson(const Job& job);
nlohmann::ordered_json ToApiJson(const ListedPack& pack);

// The inverse, for clients of a server. They throw nlohmann::json::exception where a key is missing or has a value of
// another type. What the API leaves out keeps its default.
SearchAnswer SearchAnswerFrom(const nlohmann::ordered_json& json);
PersonRecord PersonRecordFrom(const nlohmann::ordered_json& json);
PersonFace PersonFaceFrom(const nlohmann::ordered_json& json);
NamedSuggestion NamedSuggestionFrom(const nlohmann::ordered_json& json);
KnownPerson KnownPersonFrom(const nlohmann::ordered_json& json, PersonId number);
Namesakes NamesakesFrom(const nlohmann::ordered_json& json);
ForgottenPerson ForgottenPersonFrom(const nlohmann::ordered_json& json);
DecisionRecord DecisionRecordFrom(const nlohmann::ordered_json& json);
DecisionPage DecisionPageFrom(const nlohmann::ordered_json& json);
Job JobFrom(const nlohmann::ordered_json& json);
// The event of a scan with this name and data; nullopt for the name of another one.
std::optional<Event> EventFrom(std::string_view name, const nlohmann::ordered_json& data);

// An event as a client of server-sent events gets it: its name and its data.
std::string ToServerSentEvent(std::string_view name, const nlohmann::ordered_json& data);
// The same for an event of a scan; empty for those that are of no interest to clients.
std::string ToServerSentEvent(const Event& event);

// A decision's number as the cursor of a list, and back; nullopt for another text.
std::string FormatDecisionCursor(DecisionId decision);
std::optional<DecisionId> ParseDecisionCursor(std::string_view text);

// A place in a list of photos as an opaque text, and back; nullopt for another text.
std::string FormatMark(const PhotoMark& mark);
std::optional<PhotoMark> ParseMark(std::string_view text);

}  // namespace calotype
