// The JSON Schemas of all answers of the API (openapi.h). docs/json.md explains the members of most of them.
#include <nlohmann/json.hpp>

#include "server/http/openapi.h"

namespace calotype {
namespace {

constexpr char kSchemas[] = R"json({
  "Problem":
    {"type": "object", "additionalProperties": false, "properties": {"type": {"type": "string"}, "title": {"type":
    "string"}, "status": {"type": "integer"}, "detail": {"type": "string"}, "request_id": {"type": "string"}},
    "required": ["type", "title", "status", "detail", "request_id"]},
  "Box":
    {"type": "array", "items": {"type": "number"}, "minItems": 4, "maxItems": 4},
  "PhotoInList":
    {"type": "object", "additionalProperties": false, "properties": {"photo": {"type": "integer"}, "path": {"type":
    "string"}, "taken_at": {"type": ["string", "null"]}, "sha256": {"type": "string"}, "width": {"type": ["integer",
    "null"]}, "height": {"type": ["integer", "null"]}, "thumb_hash": {"type": ["string", "null"]}}, "required": ["photo",
    "path", "taken_at", "sha256", "width", "height", "thumb_hash"]},
  "PhotoPage":
    {"type": "object", "additionalProperties": false, "properties": {"photos": {"type": "array", "items": {"$ref":
    "#/components/schemas/PhotoInList"}}, "next": {"type": ["string", "null"]}}, "required": ["photos", "next"]},
  "Completions":
    {"type": "object", "additionalProperties": false, "properties": {"start": {"type": "integer"}, "end": {"type":
    "integer"}, "completions": {"type": "array", "items": {"type": "object", "additionalProperties": false, "properties":
    {"text": {"type": "string"}, "key": {"type": "string"}, "value": {"type": ["string", "null"]}, "photos": {"type":
    ["integer", "null"]}, "photos_is_minimum": {"type": "boolean"}}, "required": ["text", "key", "value", "photos",
    "photos_is_minimum"]}}}, "required": ["start", "end", "completions"]},
  "ChangePage":
    {"type": "object", "additionalProperties": false, "properties": {"changes": {"type": "array", "items": {"type":
    "object", "additionalProperties": false, "properties": {"photo": {"type": "integer"}, "state": {"type": "string",
    "enum": ["present", "missing", "deleted"]}, "path": {"type": ["string", "null"]}, "sha256": {"type": ["string",
    "null"]}}, "required": ["photo", "state", "path", "sha256"]}}, "next": {"type": "string"}, "more": {"type":
    "boolean"}}, "required": ["changes", "next", "more"]},
  "Timeline":
    {"type": "object", "additionalProperties": false, "properties": {"buckets": {"type": "array", "items": {"type":
    "object", "additionalProperties": false, "properties": {"bucket": {"type": "string"}, "photos": {"type":
    "integer"}}, "required": ["bucket", "photos"]}}}, "required": ["buckets"]},
  "Photo":
    {"type": "object", "additionalProperties": false, "properties": {"photo": {"type": "integer"}, "path": {"type":
    "string"}, "paths": {"type": "array", "items": {"type": "string"}}, "sha256": {"type": "string"}, "bytes":
    {"type": "integer"}, "gone": {"type": "boolean"}, "devices": {"type": "object", "additionalProperties": {"type":
    "string"}}, "timings_ms": {"type": "object", "additionalProperties": {"type": "number"}}, "errors": {"type":
    "object", "additionalProperties": {"type": "string"}}, "format": {"type": "string"}, "width": {"type": ["integer",
    "null"]}, "height": {"type": ["integer", "null"]}, "taken_at": {"type": ["string", "null"]}, "taken_utc": {"type":
    "integer"}, "time_zone": {"type": "string"}, "city": {"type": "string"}, "region": {"type": "string"}, "country":
    {"type": "string"}, "title": {"type": "string"}, "description": {"type": "string"}, "rating": {"type": "integer"},
    "keywords": {"type": "array", "items": {"type": "string"}}, "camera": {"type": "string"}, "lens": {"type":
    "string"}, "gps": {"type": "object", "additionalProperties": false, "properties": {"latitude": {"type": "number"},
    "longitude": {"type": "number"}, "altitude": {"type": "number"}}, "required": ["latitude", "longitude"]},
    "regions": {"type": "array", "items": {"type": "object", "additionalProperties": false, "properties": {"name":
    {"type": "string"}, "box": {"oneOf": [{"$ref": "#/components/schemas/Box"}, {"type": "null"}]}}, "required":
    ["name", "box"]}}, "objects": {"type": "array", "items": {"type": "object", "additionalProperties": false,
    "properties": {"label": {"type": "string"}, "score": {"type": "number"}, "box": {"$ref":
    "#/components/schemas/Box"}}, "required": ["label", "score", "box"]}}, "faces": {"type": "array", "items":
    {"type": "object", "additionalProperties": false, "properties": {"face": {"type": "integer"}, "score": {"type": "number"}, "box": {"$ref":
    "#/components/schemas/Box"}, "landmarks": {"type": "array", "items": {"type": "array", "items": {"type":
    "number"}, "minItems": 2, "maxItems": 2}}, "sharpness": {"type": "number"}, "person": {"type": ["integer",
    "null"]}, "name": {"type": "string"}, "embedding": {"type": "array", "items": {"type": "number"}}}, "required":
    ["score", "box", "landmarks"]}}, "text": {"type": "array", "items": {"type": "object", "additionalProperties":
    false, "properties": {"text": {"type": "string"}, "score": {"type": "number"}, "quad": {"type": "array", "items":
    {"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2}}, "page": {"type": "integer"}},
    "required": ["text", "score", "quad"]}}, "pdq": {"type": "object", "additionalProperties": false, "properties":
    {"hash": {"type": "string"}, "quality": {"type": "integer"}}, "required": ["hash", "quality"]}, "embedding":
    {"type": "object", "additionalProperties": false, "properties": {"model": {"type": "string"}, "dim": {"type":
    "integer"}, "vector": {"type": "array", "items": {"type": "number"}}}, "required": ["model", "dim"]}, "tags":
    {"type": "array", "items": {"type": "object", "additionalProperties": false, "properties": {"label": {"type":
    "string"}, "score": {"type": "number"}}, "required": ["label", "score"]}}, "warnings": {"type": "object",
    "additionalProperties": {"type": "string"}}, "pages": {"type": "integer"}, "with": {"type": "array", "items":
    {"type": "object", "additionalProperties": false, "properties": {"path": {"type": "string"}, "kind": {"type":
    "string", "enum": ["sidecar", "video", "pair"]}, "photo": {"type": "integer"}}, "required": ["path", "kind"]}}, "analyses": {"type": "array",
    "items": {"type": "object", "additionalProperties": false, "properties": {"analysis": {"type": "string"}, "state":
    {"type": "string", "enum": ["pending", "running", "done", "failed", "skipped"]}, "reason": {"type": ["string",
    "null"]}, "version": {"type": ["string", "null"]}, "device": {"type": ["string", "null"]}, "ms": {"type": ["number",
    "null"]}, "next_try": {"type": ["integer", "null"]}}, "required": ["analysis", "state", "reason", "version", "device",
    "ms", "next_try"]}}}, "required": ["photo", "path",
    "paths", "sha256", "bytes", "gone", "devices", "timings_ms", "errors", "analyses"]},
  "AnalysedUpload":
    {"type": "object", "additionalProperties": false, "properties": {"sha256": {"type": "string"}, "devices": {"type":
    "object", "additionalProperties": {"type": "string"}}, "timings_ms": {"type": "object", "additionalProperties":
    {"type": "number"}}, "errors": {"type": "object", "additionalProperties": {"type": "string"}}, "format": {"type":
    "string"}, "width": {"type": ["integer", "null"]}, "height": {"type": ["integer", "null"]}, "taken_at": {"type":
    ["string", "null"]}, "taken_utc": {"type": "integer"}, "time_zone": {"type": "string"}, "city": {"type":
    "string"}, "region": {"type": "string"}, "country": {"type": "string"}, "title": {"type": "string"},
    "description": {"type": "string"}, "rating": {"type": "integer"}, "keywords": {"type": "array", "items": {"type":
    "string"}}, "camera": {"type": "string"}, "lens": {"type": "string"}, "gps": {"type": "object",
    "additionalProperties": false, "properties": {"latitude": {"type": "number"}, "longitude": {"type": "number"},
    "altitude": {"type": "number"}}, "required": ["latitude", "longitude"]}, "regions": {"type": "array", "items":
    {"type": "object", "additionalProperties": false, "properties": {"name": {"type": "string"}, "box": {"oneOf":
    [{"$ref": "#/components/schemas/Box"}, {"type": "null"}]}}, "required": ["name", "box"]}}, "objects": {"type":
    "array", "items": {"type": "object", "additionalProperties": false, "properties": {"label": {"type": "string"},
    "score": {"type": "number"}, "box": {"$ref": "#/components/schemas/Box"}}, "required": ["label", "score",
    "box"]}}, "faces": {"type": "array", "items": {"type": "object", "additionalProperties": false, "properties":
    {"score": {"type": "number"}, "box": {"$ref": "#/components/schemas/Box"}, "landmarks": {"type": "array", "items":
    {"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2}}, "sharpness": {"type": "number"},
    "person": {"type": ["integer", "null"]}, "name": {"type": "string"}, "embedding": {"type": "array", "items":
    {"type": "number"}}}, "required": ["score", "box", "landmarks"]}}, "text": {"type": "array", "items": {"type":
    "object", "additionalProperties": false, "properties": {"text": {"type": "string"}, "score": {"type": "number"},
    "quad": {"type": "array", "items": {"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2}},
    "page": {"type": "integer"}}, "required": ["text", "score", "quad"]}}, "pdq": {"type": "object",
    "additionalProperties": false, "properties": {"hash": {"type": "string"}, "quality": {"type": "integer"}},
    "required": ["hash", "quality"]}, "embedding": {"type": "object", "additionalProperties": false, "properties":
    {"model": {"type": "string"}, "dim": {"type": "integer"}, "vector": {"type": "array", "items": {"type":
    "number"}}}, "required": ["model", "dim"]}, "tags": {"type": "array", "items": {"type": "object",
    "additionalProperties": false, "properties": {"label": {"type": "string"}, "score": {"type": "number"}},
    "required": ["label", "score"]}}, "warnings": {"type": "object", "additionalProperties": {"type": "string"}},
    "pages": {"type": "integer"}}, "required": ["sha256", "devices", "timings_ms", "errors"]},
  "SimilarPhotos":
    {"type": "object", "additionalProperties": false, "properties": {"photos": {"type": "array", "items": {"type":
    "object", "additionalProperties": false, "properties": {"photo": {"type": "integer"}, "path": {"type": "string"},
    "cosine": {"type": "number"}, "gone": {"type": "boolean"}, "taken_at": {"type": ["string", "null"]}, "sha256": {"type": ["string", "null"]}, "width": {"type":
    ["integer", "null"]}, "height": {"type": ["integer", "null"]}, "thumb_hash": {"type": ["string", "null"]}},
    "required": ["photo", "path", "cosine", "gone", "taken_at", "sha256",
    "width", "height", "thumb_hash"]}}},
    "required": ["photos"]},
  "RetriedAnalyses":
    {"type": "object", "additionalProperties": false, "properties": {"analyses": {"type": "integer"}}, "required":
    ["analyses"]},
  "SearchAnswer":
    {"type": "object", "additionalProperties": false, "properties": {"hits": {"type": "array", "items": {"type":
    "object", "additionalProperties": false, "properties": {"photo": {"type": "integer"}, "path": {"type": "string"},
    "score": {"type": "number"}, "confident": {"type": "boolean"}, "why": {"type": "array", "items": {"type":
    "string"}}, "gone": {"type": "boolean"}, "taken_at": {"type": ["string", "null"]}, "sha256": {"type": ["string", "null"]}, "width": {"type":
    ["integer", "null"]}, "height": {"type": ["integer", "null"]}, "thumb_hash": {"type": ["string", "null"]}},
    "required": ["photo", "path", "score", "confident", "why", "gone", "taken_at", "sha256",
    "width", "height", "thumb_hash"]}},
    "total": {"type": "integer"}, "total_is_minimum": {"type": "boolean"}, "less_certain": {"type": "integer"},
    "next": {"type": ["string", "null"]}, "notes": {"type": "array", "items": {"type": "string"}}}, "required":
    ["hits", "total", "total_is_minimum", "less_certain", "next", "notes"]},
  "People":
    {"type": "object", "additionalProperties": false, "properties": {"faces": {"type": "integer"}, "people": {"type":
    "array", "items": {"type": "object", "additionalProperties": false, "properties": {"person": {"type": "integer"},
    "name": {"type": ["string", "null"]}, "hidden": {"type": "boolean"}, "faces": {"type": "integer"}, "photos":
    {"type": "integer"}, "cover_face": {"type": ["integer", "null"]}, "cover_path": {"type": ["string", "null"]}},
    "required": ["person", "name", "hidden", "faces", "photos", "cover_face", "cover_path"]}}}, "required": ["faces",
    "people"]},
  "Face":
    {"type": "object", "additionalProperties": false, "properties": {"face": {"type": "integer"},
    "photo": {"type": "integer"}, "path": {"type": "string"}, "score": {"type": "number"}, "box": {"$ref":
    "#/components/schemas/Box"}, "decided": {"type": "boolean"}, "named_in_photo": {"type": "boolean"}}, "required": ["face",
    "photo", "path", "score", "box", "decided", "named_in_photo"]},
  "Faces":
    {"type": "object", "additionalProperties": false, "properties": {"person": {"type": "integer"}, "faces": {"type":
    "array", "items": {"$ref": "#/components/schemas/Face"}}}, "required": ["person", "faces"]},
  "Suggestions":
    {"type": "object", "additionalProperties": false, "properties": {"suggestions": {"type": "array", "items": {"type":
    "object", "additionalProperties": false, "properties": {"person": {"type": ["integer", "null"]}, "faces": {"type":
    "integer"}, "shown": {"type": "array", "items": {"$ref": "#/components/schemas/Face"}}, "suggested": {"type":
    "integer"}, "name": {"type": "string"}, "similarity": {"type": "number"}}, "required": ["person", "faces", "shown",
    "suggested", "name", "similarity"]}}}, "required": ["suggestions"]},
  "KnownPerson":
    {"type": "object", "additionalProperties": false, "properties": {"person": {"type": "integer"}, "name": {"type":
    ["string", "null"]}}, "required": ["person", "name"]},
  "Namesakes":
    {"type": "object", "additionalProperties": false, "properties": {"people": {"type": "array", "items": {"type":
    "integer"}}, "text": {"type": "string"}}, "required": ["people", "text"]},
  "NewPerson":
    {"type": "object", "additionalProperties": false, "properties": {"person": {"type": "integer"}, "decision": {"type":
    ["integer", "null"]}}, "required": ["person", "decision"]},
  "Forgotten":
    {"type": "object", "additionalProperties": false, "properties": {"person": {"type": "integer"}, "faces": {"type":
    "integer"}, "photos": {"type": "integer"}, "sidecars": {"type": "array", "items": {"type": "string"}},
    "named_photos": {"type": "array", "items": {"type": "string"}}, "backups": {"type": "array", "items": {"type":
    "string"}}, "not_erased": {"type": ["string", "null"]}}, "required": ["person", "faces", "photos", "sidecars",
    "named_photos", "backups", "not_erased"]},
  "Decided":
    {"type": "object", "additionalProperties": false, "properties": {"decision": {"type": ["integer", "null"]}},
    "required": ["decision"]},
  "Decision":
    {"type": "object", "additionalProperties": false, "properties": {"decision": {"type": "integer"}, "kind": {"type":
    "string", "enum": ["name", "merge", "split", "confirm", "reject", "hide", "show", "cover", "change", "mark", "unmark", "trash"]}, "text":
    {"type": "string"}, "made_at": {"type": "integer"}, "undone_at": {"type": ["integer", "null"]}, "can_undo": {"type":
    "boolean"}, "obstacle": {"type": ["string", "null"]}}, "required": ["decision", "kind", "text", "made_at",
    "undone_at", "can_undo", "obstacle"]},
  "Trashed":
    {"type": "object", "additionalProperties": false, "properties": {"decision": {"type": "integer"}, "photos": {"type":
    "integer"}, "files": {"type": "integer"}}, "required": ["decision", "photos", "files"]},
  "Marks":
    {"type": "object", "additionalProperties": false, "properties": {"marks": {"type": "array", "items": {"type":
    "object", "additionalProperties": false, "properties": {"mark": {"type": "string"}, "photos": {"type": "integer"}},
    "required": ["mark", "photos"]}}}, "required": ["marks"]},
  "DecisionPage":
    {"type": "object", "additionalProperties": false, "properties": {"decisions": {"type": "array", "items": {"$ref":
    "#/components/schemas/Decision"}}, "next": {"type": ["string", "null"]}}, "required": ["decisions", "next"]},
  "ScanProgress":
    {"type": "object", "additionalProperties": false, "properties": {"walking": {"type": "boolean"}, "photos":
    {"type": "integer"}, "unchanged": {"type": "integer"}, "to_do": {"type": "integer"}, "analysed": {"type":
    "integer"}, "failed": {"type": "integer"}, "resting": {"type": "string"}}, "required": ["walking", "photos",
    "unchanged", "to_do", "analysed", "failed", "resting"]},
  "RunningScan":
    {"type": "object", "additionalProperties": false, "properties": {"walking": {"type": "boolean"}, "photos":
    {"type": "integer"}, "unchanged": {"type": "integer"}, "to_do": {"type": "integer"}, "analysed": {"type":
    "integer"}, "failed": {"type": "integer"}, "resting": {"type": "string"}, "process": {"type": "integer"},
    "photos_per_minute": {"type": ["number", "null"]}, "seconds_left": {"type": ["number", "null"]}}, "required":
    ["walking", "photos", "unchanged", "to_do", "analysed", "failed", "resting", "process", "photos_per_minute",
    "seconds_left"]},
  "Status":
    {"type": "object", "additionalProperties": false, "properties": {"paused": {"type": "boolean"}, "scanned": {"type":
    "boolean"}, "photos": {"type": "object", "additionalProperties": false, "properties": {"total": {"type": "integer"}, "missing": {"type":
    "integer"}, "damaged": {"type": "integer"}}, "required": ["total", "missing", "damaged"]}, "analyses": {"type":
    "object", "additionalProperties": {"type": "object", "additionalProperties": false, "properties": {"done":
    {"type": "integer"}, "pending": {"type": "integer"}, "running": {"type": "integer"}, "failed": {"type":
    "integer"}, "skipped": {"type": "integer"}}, "required": ["done", "pending", "running", "failed", "skipped"]}},
    "models": {"type": "object", "additionalProperties": false, "properties": {"shown": {"type": ["string", "null"]},
    "wanted": {"type": ["string", "null"]}, "previous": {"type": ["string", "null"]}, "switching": {"type":
    "integer"}, "ready": {"type": "integer"}, "behind": {"type": "integer"}}, "required": ["shown", "wanted",
    "previous", "switching", "ready", "behind"]}, "scan": {"oneOf": [{"$ref": "#/components/schemas/RunningScan"},
    {"type": "null"}]}, "died": {"type": ["integer", "null"]}, "processes": {"type": "array", "items":
    {"type": "object", "additionalProperties": false, "properties": {"role": {"type": "string", "enum": ["worker",
    "coordinator", "other"]}, "host": {"type": "string"}, "process": {"type": "integer"}, "since": {"type": "integer"},
    "leads": {"type": "boolean"}, "analysed": {"type": "integer"}, "failed": {"type": "integer"}, "held": {"type":
    "integer"}, "photos_per_minute": {"type": ["number", "null"]}, "devices": {"type": "object", "additionalProperties":
    {"type": "string"}}, "walked_at": {"type": ["integer", "null"]}}, "required": ["role", "host", "process", "since",
    "leads", "analysed", "failed", "held", "photos_per_minute", "devices", "walked_at"]}},
    "runs": {"type": "object", "additionalProperties": {"type": "object", "additionalProperties":
    false, "properties": {"device": {"type": "string"}, "ms": {"type": "number"}}, "required": ["device", "ms"]}},
    "devices": {"type": "object", "additionalProperties": {"type": "object", "additionalProperties": false,
    "properties": {"task": {"type": "string"}, "engine": {"type": "string"}, "device": {"type": "string"},
    "precision": {"type": "string"}, "not_used": {"type": "array", "items": {"type": "object", "additionalProperties":
    false, "properties": {"device": {"type": "string"}, "reason": {"type": "string"}, "news": {"type": "boolean"}},
    "required": ["device", "reason", "news"]}}, "ms": {"type": ["number", "null"]}, "agreement": {"type": ["string",
    "null"]}}, "required": ["task", "engine", "device", "precision", "not_used", "ms", "agreement"]}}, "failures":
    {"type": "array", "items": {"type": "object", "additionalProperties": false, "properties": {"analysis": {"type":
    "string"}, "reason": {"type": "string"}, "count": {"type": "integer"}, "next_try": {"type": ["integer", "null"]},
    "examples": {"type": "array", "items": {"type": "string"}}}, "required": ["analysis", "reason", "count",
    "next_try", "examples"]}}}, "required": ["paused", "scanned", "photos", "analyses", "models", "scan", "died",
    "processes", "runs",
    "devices", "failures"]},
  "Folders":
    {"type": "object", "additionalProperties": false, "properties": {"folders": {"type": "array", "items": {"type":
    "string"}}, "trash": {"type": "array", "items": {"type": "string"}}}, "required": ["folders", "trash"]},
  "FolderListing":
    {"type": "object", "additionalProperties": false, "properties": {"path": {"type": ["string", "null"]}, "parent":
    {"type": ["string", "null"]}, "samples": {"type": ["string", "null"]}, "folders": {"type": "array", "items":
    {"type": "object", "additionalProperties": false, "properties": {"path": {"type": "string"}, "name": {"type":
    "string"}, "scanned": {"type": "boolean"}}, "required": ["path", "name", "scanned"]}}}, "required": ["path",
    "parent", "samples", "folders"]},
  "Duplicate":
    {"type": "object", "additionalProperties": false, "properties": {"photo": {"type": "integer"}, "path": {"type":
    "string"}, "paths": {"type": "array", "items": {"type": "string"}}, "copy": {"type": "string"}, "bytes": {"type":
    "integer"}, "width": {"type": "integer"}, "height": {"type": "integer"}, "format": {"type": "string"}, "distance":
    {"type": "integer"}, "turned": {"type": "string"}, "with": {"type": "array", "items": {"type": "string"}}, "part":
    {"$ref": "#/components/schemas/Box"}}, "required": ["photo", "path", "paths", "copy", "bytes", "width", "height",
    "format", "distance", "turned"]},
  "Duplicates":
    {"type": "object", "additionalProperties": false, "properties": {"groups": {"type": "array", "items": {"type":
    "object", "additionalProperties": false, "properties": {"keep": {"type": "string"}, "reason": {"type": "string"},
    "photos": {"type": "array", "items": {"$ref": "#/components/schemas/Duplicate"}}, "crops": {"type": "array",
    "items": {"$ref": "#/components/schemas/Duplicate"}}}, "required": ["keep", "reason", "photos"]}}, "plain":
    {"type": "integer"}, "changed": {"type": "integer"}}, "required": ["groups", "plain", "changed"]},
  "Models":
    {"type": "object", "additionalProperties": false, "properties": {"packs": {"type": "array", "items": {"type":
    "object", "additionalProperties": false, "properties": {"pack": {"type": "string"}, "summary": {"type": "string"},
    "installed": {"type": "boolean"}, "in_use": {"type": "boolean"}, "models": {"type": "array", "items": {"type":
    "object", "additionalProperties": false, "properties": {"name": {"type": "string"}, "task": {"type": "string"},
    "family": {"type": "string"}, "choice": {"type": "string"}, "chosen": {"type": "boolean"}, "bytes": {"type":
    "integer"}, "licence": {"type": "string"}, "terms": {"type": "string"}, "present": {"type": "boolean"}, "problem":
    {"type": ["string", "null"]}}, "required": ["name", "task", "family", "choice", "chosen", "bytes", "licence",
    "terms", "present", "problem"]}}}, "required": ["pack", "summary", "installed", "in_use", "models"]}}, "problems":
    {"type": "array", "items": {"type": "string"}}}, "required": ["packs", "problems"]},
  "Devices":
    {"type": "object", "additionalProperties": false, "properties": {"passed": {"type": "integer"}, "total": {"type":
    "integer"}, "checks": {"type": "array", "items": {"type": "object", "additionalProperties": false, "properties":
    {"name": {"type": "string"}, "ok": {"type": "boolean"}, "detail": {"type": "string"}, "remedy": {"type":
    "string"}}, "required": ["name", "ok", "detail", "remedy"]}}, "models": {"type": "array", "items": {"type":
    "object", "additionalProperties": false, "properties": {"name": {"type": "string"}, "device": {"type": ["string",
    "null"]}, "precision": {"type": ["string", "null"]}, "ms": {"type": ["number", "null"]}, "agreement": {"type":
    ["string", "null"]}, "not_used": {"type": "array", "items": {"type": "object", "additionalProperties": false,
    "properties": {"device": {"type": "string"}, "reason": {"type": "string"}}, "required": ["device", "reason"]}},
    "problem": {"type": "string"}}, "required": ["name", "device", "precision", "ms", "agreement", "not_used"]}},
    "fixed": {"type": "array", "items": {"type": "string"}}}, "required": ["passed", "total", "checks", "models"]},
  "Job":
    {"type": "object", "additionalProperties": false, "properties": {"job": {"type": "integer"}, "kind": {"type":
    "string", "enum": ["scan", "retry", "backup", "export", "switch", "quantise", "restore"]}, "state": {"type": "string", "enum": ["queued",
    "running", "done", "failed", "cancelled"]}, "error": {"type": ["string", "null"]}, "counts": {"type": "object",
    "additionalProperties": {"type": "integer"}}, "file": {"type": ["string", "null"]}, "progress": {"oneOf":
    [{"$ref": "#/components/schemas/ScanProgress"}, {"type": "null"}]}, "step": {"type": ["string", "null"]}, "submitted": {"type": "integer"}, "started":
    {"type": ["integer", "null"]}, "ended": {"type": ["integer", "null"]}}, "required": ["job", "kind", "state",
    "error", "counts", "file", "progress", "step", "submitted", "started", "ended"]},
  "Webhook":
    {"type": "object", "additionalProperties": false, "properties": {"webhook": {"type": "integer"}, "url": {"type":
    "string"}, "state": {"type": "string", "enum": ["ok", "retrying", "stopped"]}, "error": {"type": ["string",
    "null"]}, "failures": {"type": "integer"}, "retry_at": {"type": ["integer", "null"]}, "delivered": {"type":
    "integer"}, "delivered_at": {"type": ["integer", "null"]}, "created": {"type": "integer"}}, "required": ["webhook",
    "url", "state", "error", "failures", "retry_at", "delivered", "delivered_at", "created"]},
  "NewWebhook":
    {"type": "object", "additionalProperties": false, "properties": {"webhook": {"type": "integer"}, "url": {"type":
    "string"}, "state": {"type": "string", "enum": ["ok", "retrying", "stopped"]}, "error": {"type": ["string",
    "null"]}, "failures": {"type": "integer"}, "retry_at": {"type": ["integer", "null"]}, "delivered": {"type":
    "integer"}, "delivered_at": {"type": ["integer", "null"]}, "created": {"type": "integer"}, "secret": {"type":
    "string"}}, "required": ["webhook", "url", "state", "error", "failures", "retry_at", "delivered", "delivered_at",
    "created", "secret"]},
  "Webhooks":
    {"type": "object", "additionalProperties": false, "properties": {"webhooks": {"type": "array", "items": {"$ref":
    "#/components/schemas/Webhook"}}}, "required": ["webhooks"]},
  "WebhookTest":
    {"type": "object", "additionalProperties": false, "properties": {"arrived": {"type": "boolean"}, "error": {"type":
    ["string", "null"]}}, "required": ["arrived", "error"]},
  "Jobs":
    {"type": "object", "additionalProperties": false, "properties": {"jobs": {"type": "array", "items": {"$ref":
    "#/components/schemas/Job"}}}, "required": ["jobs"]},
  "McpMessage":
    {"type": "object", "properties": {"jsonrpc": {"type": "string", "enum": ["2.0"]}, "id": {"type": ["string",
    "integer"]}, "method": {"type": "string"}, "params": {"type": "object"}}, "required": ["jsonrpc", "method"]},
  "McpMessages":
    {"oneOf": [{"$ref": "#/components/schemas/McpMessage"}, {"type": "array", "items": {"$ref":
    "#/components/schemas/McpMessage"}, "minItems": 1, "maxItems": 20}]},
  "McpAnswer":
    {"type": "object", "additionalProperties": false, "properties": {"jsonrpc": {"type": "string", "enum": ["2.0"]},
    "id": {"type": ["string", "integer"]}, "result": {"type": "object"}, "error": {"type": "object",
    "additionalProperties": false, "properties": {"code": {"type": "integer"}, "message": {"type": "string"}},
    "required": ["code", "message"]}}, "required": ["jsonrpc", "id"]},
  "McpAnswers":
    {"oneOf": [{"$ref": "#/components/schemas/McpAnswer"}, {"type": "array", "items": {"$ref":
    "#/components/schemas/McpAnswer"}}]}
}
)json";

}  // namespace

const nlohmann::ordered_json& Schemas() {
  static const nlohmann::ordered_json kParsed = nlohmann::ordered_json::parse(kSchemas);
  return kParsed;
}

}  // namespace calotype
