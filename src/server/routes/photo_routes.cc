// /photos and /timeline
#include <fmt/format.h>

#include <functional>
#include <memory>
#include <nlohmann/json.hpp>

#include "app/api_json.h"
#include "app/browse.h"
#include "app/duplicates.h"
#include "app/duplicates_json.h"
#include "app/export.h"
#include "app/pending_work.h"
#include "app/people.h"
#include "app/search.h"
#include "server/http/file_response.h"
#include "server/http/problem.h"
#include "server/routes/empty_library.h"
#include "server/routes/photo_rows.h"
#include "server/routes/routes.h"

namespace calotype {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kMaxPage = 1000;
constexpr char kNoDate[] = "none";  // the bucket of photos without a date

Field PhotoField() { return IdField("photo", "the number of a photo"); }

// How exact the buckets of a request are.
DatePart PartOf(const Arguments& arguments) {
  return arguments.Text("by", "month") == "day" ? DatePart::kDay : DatePart::kMonth;
}
Field ByField() { return ChoiceField("by", {"month", "day"}, "what a bucket is (month)"); }

StatusOr<HttpResponse> ListOfPhotos(Library& library, const Arguments& arguments) {
  PhotoPage page{.oldest_first = arguments.Text("order") == "oldest",
                 .limit = static_cast<int>(arguments.Integer("limit", 100))};
  if (arguments.Has("bucket")) {
    const std::string bucket = arguments.Text("bucket");
    page.date = PhotoDate{.part = PartOf(arguments), .text = bucket == kNoDate ? "" : bucket};
  }
  if (arguments.Has("cursor")) {
    page.after = ParseMark(arguments.Text("cursor"));
    if (!page.after.has_value()) {
      return absl::InvalidArgumentError("cursor is not the value of `next` in an earlier answer");
    }
  }
  CALOTYPE_ASSIGN_OR_RETURN(const std::vector<PhotoRow> rows, OrEmpty(library, ListPhotos(library, page)));
  Json json = {{"photos", Json::array()}, {"next", nullptr}};
  for (const PhotoRow& row : rows) {
    json["photos"].push_back(ToApiJson(row));
  }
  if (rows.size() == static_cast<std::size_t>(page.limit)) {
    json["next"] = FormatMark({.taken_at = rows.back().taken_at, .id = rows.back().id});
  }
  return JsonResponse(json);
}

StatusOr<HttpResponse> Timeline(Library& library, const Arguments& arguments) {
  CALOTYPE_ASSIGN_OR_RETURN(const DateCounts::Counts dates, OrEmpty(library, CountByDate(library, PartOf(arguments)),
                                                                    std::make_shared<const std::vector<DateCount>>()));
  Json json = {{"buckets", Json::array()}};
  for (const DateCount& date : *dates) {
    json["buckets"].push_back({{"bucket", date.date.empty() ? kNoDate : date.date}, {"photos", date.photos}});
  }
  return JsonResponse(json);
}

StatusOr<HttpResponse> CopiesOf(Library& library, PhotoId photo) {
  CALOTYPE_ASSIGN_OR_RETURN(const Duplicates found, FindCopiesOf(library, photo));
  return JsonResponse(DuplicatesToJson(found));
}

// A table of photos, to keep.
StatusOr<HttpResponse> TableOf(const Library& library, const Arguments& arguments) {
  const bool is_csv = arguments.Text("format") == "csv";
  HttpResponse response{.content_type = is_csv ? "text/csv; charset=utf-8" : "application/x-ndjson"};
  const auto add = [&response](std::string_view text) {
    response.body += text;
    return absl::OkStatus();
  };
  CALOTYPE_RETURN_IF_ERROR(ExportTable(library.app(), arguments.Integers("photos"),
                                       is_csv ? TableFormat::kCsv : TableFormat::kJsonLines, add));
  return response;
}

StatusOr<HttpResponse> OnePhoto(Library& library, PhotoId id) {
  CALOTYPE_ASSIGN_OR_RETURN(const PhotoRecord photo, FindPhoto(library, id));
  CALOTYPE_ASSIGN_OR_RETURN(const std::vector<PhotoId> others, PhotosOfCompanions(library, photo));
  Json json = ToApiJson(photo);
  for (std::size_t i = 0; i < others.size(); ++i) {
    if (others[i] != 0) {
      json["with"][i]["photo"] = others[i];
    }
  }
  return JsonResponse(json);
}

std::string_view MediaType(PhotoFormat format) {
  switch (format) {
    case PhotoFormat::kJpeg:
      return "image/jpeg";
    case PhotoFormat::kPng:
      return "image/png";
    case PhotoFormat::kWebp:
      return "image/webp";
    case PhotoFormat::kTiff:
      return "image/tiff";
    case PhotoFormat::kGif:
      return "image/gif";
    case PhotoFormat::kHeic:
      return "image/heic";
    case PhotoFormat::kAvif:
      return "image/avif";
    case PhotoFormat::kJpegXl:
      return "image/jxl";
    case PhotoFormat::kUnknown:
    case PhotoFormat::kRaw:
      return "application/octet-stream";
  }
  return "application/octet-stream";
}

// The response to a request for a picture made of a photo: `name` tells the picture from others of the same photo.
StatusOr<HttpResponse> PictureOf(const PhotoRecord& photo, const std::string& name, const Call& call,
                                 const std::function<StatusOr<ThumbnailFile>(PhotoFormat)>& get) {
  const std::string format_name = call.arguments.Text("format", "webp");
  const std::string etag = fmt::format("\"{}-{}-{}\"", photo.sha256.Hex(), name, format_name);
  if (ClientHas(call.request, etag)) {
    return NotModified(etag);
  }
  const PhotoFormat format = format_name == "webp"   ? PhotoFormat::kWebp
                             : format_name == "avif" ? PhotoFormat::kAvif
                                                     : PhotoFormat::kJpeg;
  StatusOr<ThumbnailFile> thumbnail = get(format);
  if (absl::IsInvalidArgument(thumbnail.status()) || absl::IsResourceExhausted(thumbnail.status())) {
    return Problem(call.request.id, http_status::kUnprocessable, Message(thumbnail.status()));
  }
  CALOTYPE_RETURN_IF_ERROR(thumbnail.status());
  return FileResponse(call.request, {.file = std::move(thumbnail->file),
                                     .bytes = thumbnail->bytes,
                                     .content_type = std::string(MediaType(format)),
                                     .etag = etag});
}

StatusOr<HttpResponse> ThumbnailOf(Library& library, Thumbnails& thumbnails, const Call& call) {
  CALOTYPE_ASSIGN_OR_RETURN(const PhotoRecord photo, FindPhoto(library, call.arguments.Integer("photo")));
  const std::string size = call.arguments.Text("size", "small");
  return PictureOf(photo, size, call,
                   [&](PhotoFormat format) { return thumbnails.Get(photo, ThumbnailSizeOf(size), format); });
}

StatusOr<HttpResponse> FaceOf(Library& library, Thumbnails& thumbnails, const Call& call) {
  const FaceId face = call.arguments.Integer("face");
  CALOTYPE_ASSIGN_OR_RETURN(const PhotoId shown_by, PhotoOfFace(library, face));
  CALOTYPE_ASSIGN_OR_RETURN(const PhotoRecord photo, FindPhoto(library, shown_by));
  CALOTYPE_ASSIGN_OR_RETURN(const std::string name, Thumbnails::NameOfFace(photo, face));
  return PictureOf(photo, name, call, [&](PhotoFormat format) { return thumbnails.GetFace(photo, face, format); });
}

// A route that answers a picture made of a photo.
Route PictureRoute(std::string path, std::string operation, std::string summary) {
  return {.method = "GET",
          .path = std::move(path),
          .operation = std::move(operation),
          .tag = "photos",
          .summary = std::move(summary),
          .lane = Lane::kHeavy,
          .in_query = {ChoiceField("format", {"webp", "avif", "jpeg"}, "(webp)")},
          .answers = {{.content_type = "image/webp"},
                      {.content_type = "image/avif"},
                      {.content_type = "image/jpeg"},
                      {.status = 206, .content_type = "image/webp"},
                      {.status = 304, .content_type = "", .help = "the client has it"}},
          .problems = {http_status::kConflict, http_status::kOutside, http_status::kUnprocessable,
                       http_status::kNotImplemented}};
}

StatusOr<HttpResponse> OriginalOf(Library& library, const Call& call) {
  CALOTYPE_ASSIGN_OR_RETURN(const PhotoRecord photo, FindPhoto(library, call.arguments.Integer("photo")));
  CALOTYPE_ASSIGN_OR_RETURN(OriginalFile original, OpenOriginal(library, photo));
  // The size is part of the tag: a file that was changed since the last scan is another version.
  const std::string etag = fmt::format("\"{}-{}\"", photo.sha256.Hex(), original.bytes);
  return FileResponse(call.request, {.file = std::move(original.file),
                                     .bytes = original.bytes,
                                     .content_type = std::string(MediaType(original.format)),
                                     .etag = etag});
}

StatusOr<HttpResponse> SimilarTo(Library& library, const Arguments& arguments) {
  CALOTYPE_ASSIGN_OR_RETURN(const PhotoRecord photo, FindPhoto(library, arguments.Integer("photo")));
  CALOTYPE_ASSIGN_OR_RETURN(
      const std::vector<SimilarPhoto> similar,
      SimilarPhotos(library, photo.paths.front(), static_cast<int>(arguments.Integer("limit", 20))));
  return SimilarResponse(library, similar);
}

StatusOr<HttpResponse> RetryPhoto(Library& library, PhotoId id) {
  CALOTYPE_ASSIGN_OR_RETURN(const PhotoRecord photo, FindPhoto(library, id));
  CALOTYPE_ASSIGN_OR_RETURN(const int64_t analyses,
                            RetryFailures(library, {.photos = {photo.paths.front()}, .reason = ""}));
  return JsonResponse({{"analyses", analyses}});
}

}  // namespace

void AddPhotoRoutes(Router& router, Library& library, Thumbnails& thumbnails) {
  router.Add(
      {.method = "GET",
       .path = "/api/v1/photos",
       .operation = "listPhotos",
       .tag = "photos",
       .summary = "Photos by time of capture; those without a date come last",
       .in_query = {CursorField("^[0-9]{1,18}_.*$"), IntegerField("limit", 1, kMaxPage, "photos on a page (100)"),
                    ChoiceField("order", {"newest", "oldest"}, "which come first (newest)"), ByField(),
                    TextField("bucket", "only photos of this bucket of /timeline with the same `by` (all)")},
       .answers = {{.schema = "PhotoPage"}},
       .problems = {http_status::kConflict},
       .run = [&library](const Call& call) { return ListOfPhotos(library, call.arguments); }});
  router.Add({.method = "GET",
              .path = "/api/v1/timeline",
              .operation = "getTimeline",
              .tag = "photos",
              .summary = "How many photos there are of each month or day, by local time; the newest first",
              .in_query = {ByField()},
              .answers = {{.schema = "Timeline"}},
              .problems = {http_status::kConflict},
              .run = [&library](const Call& call) { return Timeline(library, call.arguments); }});
  router.Add({.method = "GET",
              .path = "/api/v1/photos/{photo}",
              .operation = "getPhoto",
              .tag = "photos",
              .summary = "All that is known about a photo",
              .in_path = {PhotoField()},
              .answers = {{.schema = "Photo"}},
              .problems = {http_status::kConflict},
              .run = [&library](const Call& call) { return OnePhoto(library, call.arguments.Integer("photo")); }});
  Route thumbnail = PictureRoute("/api/v1/photos/{photo}/thumbnail", "getThumbnail", "A small copy of a photo");
  thumbnail.in_path = {PhotoField()};
  thumbnail.in_query.insert(thumbnail.in_query.begin(),
                            ChoiceField("size", {kThumbnailSizeNames.begin(), kThumbnailSizeNames.end()},
                                        "a long side of 256, 720 or 1600 pixels (small)"));
  thumbnail.run = [&library, &thumbnails](const Call& call) { return ThumbnailOf(library, thumbnails, call); };
  router.Add(std::move(thumbnail));
  Route face = PictureRoute("/api/v1/faces/{face}/thumbnail", "getFaceThumbnail",
                            "A face with its surroundings, 256 pixels wide and high");
  face.in_path = {IdField("face", "the number of a face")};
  face.run = [&library, &thumbnails](const Call& call) { return FaceOf(library, thumbnails, call); };
  router.Add(std::move(face));
  router.Add({.method = "GET",
              .path = "/api/v1/photos/{photo}/original",
              .operation = "getOriginal",
              .tag = "photos",
              .summary = "The file of a photo, or a part of it (Range)",
              .in_path = {PhotoField()},
              .answers = {{.content_type = "image/*"},
                          {.content_type = "application/octet-stream"},
                          {.status = 206, .content_type = "image/*"},
                          {.status = 206, .content_type = "application/octet-stream"},
                          {.status = 304, .content_type = "", .help = "the client has it"}},
              .problems = {http_status::kConflict, http_status::kOutside},
              .run = [&library](const Call& call) { return OriginalOf(library, call); }});
  router.Add({.method = "GET",
              .path = "/api/v1/photos/{photo}/similar",
              .operation = "listSimilar",
              .tag = "photos",
              .summary = "The photos that look most like one photo",
              .in_path = {PhotoField()},
              .in_query = {IntegerField("limit", 1, kMaxSimilar, "photos at most (20)")},
              .answers = {{.schema = "SimilarPhotos"}},
              .problems = {http_status::kConflict},
              .run = [&library](const Call& call) { return SimilarTo(library, call.arguments); }});
  router.Add({.method = "GET",
              .path = "/api/v1/photos/{photo}/copies",
              .operation = "listCopies",
              .tag = "photos",
              .summary = "The groups of copies that a photo is in: resized, recompressed, turned, greyscale, and crops",
              .lane = Lane::kHeavy,
              .in_path = {PhotoField()},
              .answers = {{.schema = "Duplicates"}},
              .problems = {http_status::kConflict},
              .run = [&library](const Call& call) { return CopiesOf(library, call.arguments.Integer("photo")); }});
  router.Add({.method = "POST",
              .path = "/api/v1/photos/table",
              .operation = "exportTable",
              .tag = "photos",
              .summary = "What is known about photos as a table, as calotype export writes it",
              .lane = Lane::kHeavy,
              .body = BodyKind::kJson,
              .in_body = {IdsField("photos", "the numbers of photos"),
                          ChoiceField("format", {"csv", "jsonl"}, "CSV, or one JSON object per line",
                                      /*required=*/true)},
              .answers = {{.content_type = "text/csv"}, {.content_type = "application/x-ndjson"}},
              .problems = {http_status::kConflict, http_status::kNotFound},
              .run = [&library](const Call& call) { return TableOf(library, call.arguments); }});
  router.Add({.method = "POST",
              .path = "/api/v1/photos/{photo}/retry",
              .operation = "retryPhoto",
              .tag = "photos",
              .summary = "Make the failed analyses of a photo pending; the next scan repeats them",
              .scope = Scope::kWrite,
              .in_path = {PhotoField()},
              .answers = {{.schema = "RetriedAnalyses"}},
              .problems = {http_status::kConflict, http_status::kNotFound},
              .run = [&library](const Call& call) { return RetryPhoto(library, call.arguments.Integer("photo")); }});
}

}  // namespace calotype
