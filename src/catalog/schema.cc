#include "catalog/schema.h"

#include <fmt/format.h>

#include <array>
#include <iterator>
#include <string>

namespace calotype {
namespace {

// Step i migrates a file from version i to version i + 1. Never change a step that was released: add another.
constexpr std::array kMigrations = {
    R"sql(
CREATE TABLE photo (
  id INTEGER PRIMARY KEY,
  sha256 BLOB NOT NULL UNIQUE,
  bytes INTEGER NOT NULL,
  format INTEGER,
  width INTEGER,
  height INTEGER,
  taken_at TEXT,
  camera TEXT,
  lens TEXT,
  orientation INTEGER,
  latitude REAL,
  longitude REAL,
  altitude REAL,
  added_at INTEGER NOT NULL
) STRICT;

CREATE TABLE file (
  path TEXT PRIMARY KEY,
  photo_id INTEGER NOT NULL REFERENCES photo(id),
  size INTEGER NOT NULL,
  mtime_ns INTEGER NOT NULL,
  missing INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
CREATE INDEX file_by_photo ON file(photo_id, missing);

CREATE TABLE problem (
  path TEXT PRIMARY KEY,
  reason TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE required (
  analysis TEXT PRIMARY KEY,
  version TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE analysis (
  photo_id INTEGER NOT NULL REFERENCES photo(id),
  analysis TEXT NOT NULL,
  version TEXT NOT NULL,
  state INTEGER NOT NULL DEFAULT 0,
  reason TEXT NOT NULL DEFAULT '',
  device TEXT NOT NULL DEFAULT '',
  ms REAL NOT NULL DEFAULT 0,
  attempts INTEGER NOT NULL DEFAULT 0,
  updated_at INTEGER NOT NULL,
  found_version TEXT,
  PRIMARY KEY (photo_id, analysis)
) STRICT, WITHOUT ROWID;
CREATE INDEX analysis_by_state ON analysis(state, analysis);

CREATE TABLE label (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE object (
  id INTEGER PRIMARY KEY,
  photo_id INTEGER NOT NULL REFERENCES photo(id),
  label_id INTEGER NOT NULL REFERENCES label(id),
  score REAL NOT NULL,
  x REAL NOT NULL,
  y REAL NOT NULL,
  width REAL NOT NULL,
  height REAL NOT NULL
) STRICT;
CREATE INDEX object_by_photo ON object(photo_id);
CREATE INDEX object_by_label ON object(label_id, photo_id);

CREATE TABLE tag (
  photo_id INTEGER NOT NULL REFERENCES photo(id),
  label_id INTEGER NOT NULL REFERENCES label(id),
  score REAL NOT NULL,
  PRIMARY KEY (photo_id, label_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX tag_by_label ON tag(label_id, photo_id);

CREATE TABLE person (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL DEFAULT '',
  created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE face (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  photo_id INTEGER NOT NULL REFERENCES photo(id),
  position INTEGER NOT NULL,
  score REAL NOT NULL,
  x REAL NOT NULL,
  y REAL NOT NULL,
  width REAL NOT NULL,
  height REAL NOT NULL,
  landmarks BLOB NOT NULL,
  embedding BLOB,
  person_id INTEGER REFERENCES person(id) ON DELETE SET NULL,
  UNIQUE (photo_id, position)
) STRICT;
CREATE INDEX face_by_person ON face(person_id) WHERE person_id IS NOT NULL;

CREATE TABLE text_line (
  photo_id INTEGER NOT NULL REFERENCES photo(id),
  position INTEGER NOT NULL,
  text TEXT NOT NULL,
  score REAL NOT NULL,
  quad BLOB NOT NULL,
  PRIMARY KEY (photo_id, position)
) STRICT, WITHOUT ROWID;
CREATE VIRTUAL TABLE text_fts USING fts5(body, tokenize = 'unicode61 remove_diacritics 2');

CREATE TABLE embedding (
  space TEXT NOT NULL,
  photo_id INTEGER NOT NULL REFERENCES photo(id),
  version TEXT NOT NULL,
  vector BLOB NOT NULL,
  PRIMARY KEY (space, photo_id)
) STRICT;
CREATE INDEX embedding_by_photo ON embedding(photo_id);

CREATE TABLE pdq (
  photo_id INTEGER PRIMARY KEY REFERENCES photo(id),
  hash BLOB NOT NULL,
  quality INTEGER NOT NULL
) STRICT;
)sql",
    R"sql(
CREATE TABLE kept (
  id INTEGER PRIMARY KEY,
  photo_id INTEGER NOT NULL REFERENCES photo(id),
  analysis TEXT NOT NULL,
  version TEXT NOT NULL,
  findings BLOB NOT NULL,
  people BLOB NOT NULL,
  UNIQUE (photo_id, analysis, version)
) STRICT;

CREATE TABLE library (
  key TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX analysis_of_a_switch ON analysis(photo_id) WHERE found_version <> version;
)sql",
    R"sql(
ALTER TABLE file ADD COLUMN missing_since INTEGER;
UPDATE file SET missing_since = unixepoch() WHERE missing = 1;
CREATE INDEX file_by_absence ON file(missing_since) WHERE missing = 1;

CREATE TABLE root (
  path TEXT PRIMARY KEY,
  scanned_at INTEGER NOT NULL,
  files INTEGER NOT NULL,
  problem TEXT NOT NULL DEFAULT ''
) STRICT, WITHOUT ROWID;

ALTER TABLE analysis ADD COLUMN retry_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE analysis ADD COLUMN crashes INTEGER NOT NULL DEFAULT 0;
ALTER TABLE analysis ADD COLUMN kills INTEGER NOT NULL DEFAULT 0;
ALTER TABLE analysis ADD COLUMN priority INTEGER NOT NULL DEFAULT 1;
UPDATE analysis SET priority = 2 WHERE found_version IS NOT NULL;
CREATE INDEX analysis_by_turn ON analysis(analysis, priority, photo_id) WHERE state = 0;
CREATE INDEX analysis_by_retry ON analysis(retry_at) WHERE state = 3 AND retry_at > 0;

ALTER TABLE person ADD COLUMN hidden INTEGER NOT NULL DEFAULT 0;
ALTER TABLE person ADD COLUMN cover_face_id INTEGER;
ALTER TABLE face ADD COLUMN decided INTEGER NOT NULL DEFAULT 0;
CREATE TABLE face_not_person (
  face_id INTEGER NOT NULL,
  person_id INTEGER NOT NULL REFERENCES person(id) ON DELETE CASCADE,
  PRIMARY KEY (face_id, person_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE merged_person (
  id INTEGER PRIMARY KEY,
  into_id INTEGER NOT NULL
) STRICT;

ALTER TABLE photo ADD COLUMN taken_utc INTEGER;
ALTER TABLE photo ADD COLUMN time_zone TEXT NOT NULL DEFAULT '';
ALTER TABLE photo ADD COLUMN city TEXT NOT NULL DEFAULT '';
ALTER TABLE photo ADD COLUMN region TEXT NOT NULL DEFAULT '';
ALTER TABLE photo ADD COLUMN country TEXT NOT NULL DEFAULT '';
ALTER TABLE photo ADD COLUMN title TEXT NOT NULL DEFAULT '';
ALTER TABLE photo ADD COLUMN description TEXT NOT NULL DEFAULT '';
ALTER TABLE photo ADD COLUMN rating INTEGER;
ALTER TABLE photo ADD COLUMN orphaned_at INTEGER;
CREATE INDEX photo_by_orphanage ON photo(orphaned_at) WHERE orphaned_at IS NOT NULL;
CREATE INDEX photo_by_time ON photo(taken_at) WHERE taken_at <> '';
CREATE INDEX photo_by_position ON photo(latitude, longitude) WHERE latitude IS NOT NULL;

CREATE TABLE keyword (
  photo_id INTEGER NOT NULL REFERENCES photo(id),
  name TEXT NOT NULL,
  PRIMARY KEY (photo_id, name)
) STRICT, WITHOUT ROWID;
CREATE INDEX keyword_by_name ON keyword(name COLLATE NOCASE, photo_id);

CREATE TABLE named_region (
  photo_id INTEGER NOT NULL REFERENCES photo(id),
  position INTEGER NOT NULL,
  name TEXT NOT NULL,
  x REAL NOT NULL,
  y REAL NOT NULL,
  width REAL NOT NULL,
  height REAL NOT NULL,
  PRIMARY KEY (photo_id, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE companion (
  path TEXT PRIMARY KEY,
  photo_path TEXT NOT NULL,
  kind INTEGER NOT NULL,
  size INTEGER NOT NULL,
  mtime_ns INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX companion_by_photo ON companion(photo_path);

CREATE TABLE vector_change (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  space TEXT NOT NULL,
  photo_id INTEGER NOT NULL
) STRICT;
CREATE INDEX vector_change_by_space ON vector_change(space, id);
INSERT INTO vector_change(space, photo_id) SELECT space, photo_id FROM embedding;
CREATE TRIGGER embedding_added AFTER INSERT ON embedding BEGIN
  INSERT INTO vector_change(space, photo_id) VALUES (new.space, new.photo_id);
END;
CREATE TRIGGER embedding_changed AFTER UPDATE ON embedding BEGIN
  INSERT INTO vector_change(space, photo_id) VALUES (old.space, old.photo_id), (new.space, new.photo_id);
END;
CREATE TRIGGER embedding_removed AFTER DELETE ON embedding BEGIN
  INSERT INTO vector_change(space, photo_id) VALUES (old.space, old.photo_id);
END;
INSERT INTO library(key, value) VALUES ('id', lower(hex(randomblob(12))));

CREATE VIRTUAL TABLE name_fts USING fts5(body, tokenize = 'unicode61 remove_diacritics 2');
INSERT INTO name_fts(rowid, body) SELECT photo_id, group_concat(substr(path, 2 + length(rtrim(rtrim(rtrim(rtrim(
  rtrim(rtrim(path, replace(path, '/', '')), '/'),
  replace(path, '/', '')), '/'), replace(path, '/', '')), '/'))), char(10)) FROM file GROUP BY photo_id;
)sql",
    // Version 3 wrote to neither of the two tables.
    R"sql(
DROP TABLE companion;
CREATE TABLE companion (
  photo_path TEXT NOT NULL,
  path TEXT NOT NULL,
  kind INTEGER NOT NULL,
  size INTEGER NOT NULL,
  mtime_ns INTEGER NOT NULL,
  PRIMARY KEY (photo_path, path)
) STRICT, WITHOUT ROWID;
CREATE INDEX companion_by_path ON companion(path, kind);

DROP TABLE named_region;
CREATE TABLE named_region (
  photo_id INTEGER NOT NULL REFERENCES photo(id),
  position INTEGER NOT NULL,
  name TEXT NOT NULL,
  x REAL NOT NULL,
  y REAL NOT NULL,
  width REAL NOT NULL,
  height REAL NOT NULL,
  imported INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (photo_id, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX named_region_that_waits ON named_region(photo_id, position) WHERE imported = 0;
)sql",
    R"sql(
ALTER TABLE face ADD COLUMN sharpness REAL;

-- By names alone until now; the next scan finds them again, with their content identifiers.
DELETE FROM companion WHERE kind = 2;
)sql",
    // Older stamps have 0 for what they lack (CompareStamps). Rows that were left running get an owner with an expired
    // lease.
    R"sql(
ALTER TABLE file ADD COLUMN ctime_ns INTEGER NOT NULL DEFAULT 0;
ALTER TABLE file ADD COLUMN inode INTEGER NOT NULL DEFAULT 0;
ALTER TABLE companion ADD COLUMN ctime_ns INTEGER NOT NULL DEFAULT 0;
ALTER TABLE companion ADD COLUMN inode INTEGER NOT NULL DEFAULT 0;

CREATE TABLE work_owner (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  host TEXT NOT NULL,
  boot TEXT NOT NULL,
  pid_namespace INTEGER NOT NULL,
  pid INTEGER NOT NULL,
  start_time INTEGER NOT NULL,
  random TEXT NOT NULL UNIQUE,
  expires_at INTEGER NOT NULL,
  expires_boot_ms INTEGER NOT NULL
) STRICT;
CREATE TABLE claim (
  photo_id INTEGER PRIMARY KEY REFERENCES photo(id),
  owner_id INTEGER NOT NULL REFERENCES work_owner(id)
) STRICT;
CREATE INDEX claim_by_owner ON claim(owner_id);

INSERT INTO work_owner(host, boot, pid_namespace, pid, start_time, random, expires_at, expires_boot_ms)
  SELECT '', '', 0, 0, 0, 'before-version-6', 0, 0 WHERE EXISTS (SELECT 1 FROM analysis WHERE state = 1);
INSERT INTO claim(photo_id, owner_id)
  SELECT DISTINCT photo_id, (SELECT id FROM work_owner) FROM analysis WHERE state = 1;
)sql",
    // The indices keep composed accents and no special letters. Text in ASCII stays as it is.
    R"sql(
UPDATE text_fts SET body = indexed(body) WHERE body GLOB '*[^' || char(1) || '-' || char(127) || ']*';
UPDATE name_fts SET body = indexed(body) WHERE body GLOB '*[^' || char(1) || '-' || char(127) || ']*';
)sql",
    // The text of TIFF files is that of their first page until now, so it is read again; what was found stays
    // meanwhile.
    R"sql(
ALTER TABLE photo ADD COLUMN pages INTEGER;
ALTER TABLE text_line ADD COLUMN page INTEGER NOT NULL DEFAULT 1;
UPDATE analysis SET state = 0, reason = '', priority = 2, attempts = 0
  WHERE analysis = 'text' AND state = 2 AND photo_id IN (SELECT id FROM photo WHERE format = 4);
)sql",
    R"sql(
CREATE TABLE forgotten_face (
  id INTEGER PRIMARY KEY,
  photo_id INTEGER NOT NULL REFERENCES photo(id),
  x REAL NOT NULL,
  y REAL NOT NULL,
  width REAL NOT NULL,
  height REAL NOT NULL
) STRICT;
CREATE INDEX forgotten_face_by_photo ON forgotten_face(photo_id);

CREATE TABLE backup (
  path TEXT PRIMARY KEY,
  made_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
)sql",
    // New results are recorded by RecordChange(), once per photo; a trigger would run for each of its analyses. The
    // triggers delete and insert, because the statement that fires them decides what OR REPLACE means in a trigger.
    R"sql(
CREATE TABLE photo_change (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  photo_id INTEGER NOT NULL UNIQUE
) STRICT;
INSERT INTO photo_change(photo_id) SELECT id FROM photo ORDER BY id;
CREATE TRIGGER file_added AFTER INSERT ON file BEGIN
  DELETE FROM photo_change WHERE photo_id = new.photo_id;
  INSERT INTO photo_change(photo_id) VALUES (new.photo_id);
END;
CREATE TRIGGER file_changed AFTER UPDATE OF photo_id, missing ON file
  WHEN old.photo_id <> new.photo_id OR old.missing <> new.missing BEGIN
  DELETE FROM photo_change WHERE photo_id IN (old.photo_id, new.photo_id);
  INSERT INTO photo_change(photo_id) SELECT old.photo_id UNION SELECT new.photo_id;
END;
CREATE TRIGGER file_removed AFTER DELETE ON file BEGIN
  DELETE FROM photo_change WHERE photo_id = old.photo_id;
  INSERT INTO photo_change(photo_id) VALUES (old.photo_id);
END;
CREATE TRIGGER photo_removed AFTER DELETE ON photo BEGIN
  DELETE FROM photo_change WHERE photo_id = old.id;
  INSERT INTO photo_change(photo_id) VALUES (old.id);
END;
CREATE TRIGGER face_assigned AFTER UPDATE OF person_id ON face WHEN old.person_id IS NOT new.person_id BEGIN
  DELETE FROM photo_change WHERE photo_id = new.photo_id;
  INSERT INTO photo_change(photo_id) VALUES (new.photo_id);
END;
CREATE TRIGGER person_named AFTER UPDATE OF name ON person WHEN old.name <> new.name BEGIN
  DELETE FROM photo_change WHERE photo_id IN (SELECT photo_id FROM face WHERE person_id = new.id);
  INSERT INTO photo_change(photo_id) SELECT DISTINCT photo_id FROM face WHERE person_id = new.id ORDER BY photo_id;
END;
)sql",
    // Every value once, so that completion does not read all photos. Triggers keep the counts.
    R"sql(
CREATE TABLE vocabulary (
  kind INTEGER NOT NULL,
  value TEXT NOT NULL,
  uses INTEGER NOT NULL,
  PRIMARY KEY (kind, value)
) STRICT, WITHOUT ROWID;
CREATE INDEX vocabulary_unused ON vocabulary(kind) WHERE uses = 0;
INSERT INTO vocabulary SELECT 1, camera, count(*) FROM photo WHERE camera <> '' GROUP BY camera;
INSERT INTO vocabulary SELECT 2, lens, count(*) FROM photo WHERE lens <> '' GROUP BY lens;
INSERT INTO vocabulary SELECT 3, city, count(*) FROM photo WHERE city <> '' GROUP BY city;
INSERT INTO vocabulary SELECT 4, region, count(*) FROM photo WHERE region <> '' GROUP BY region;
INSERT INTO vocabulary SELECT 5, country, count(*) FROM photo WHERE country <> '' GROUP BY country;
INSERT INTO vocabulary SELECT 6, rtrim(path, replace(path, '/', '')), count(*) FROM file WHERE missing = 0 GROUP BY 2;
CREATE TRIGGER facts_changed AFTER UPDATE OF camera, lens, city, region, country ON photo
  WHEN old.camera IS NOT new.camera
    OR old.lens IS NOT new.lens
    OR old.city IS NOT new.city
    OR old.region IS NOT new.region
    OR old.country IS NOT new.country BEGIN
  INSERT INTO vocabulary(kind, value, uses)
    SELECT 1, new.camera, 1 WHERE new.camera <> '' UNION ALL
    SELECT 2, new.lens, 1 WHERE new.lens <> '' UNION ALL
    SELECT 3, new.city, 1 WHERE new.city <> '' UNION ALL
    SELECT 4, new.region, 1 WHERE new.region <> '' UNION ALL
    SELECT 5, new.country, 1 WHERE new.country <> '' UNION ALL
    SELECT 1, old.camera, -1 WHERE old.camera <> '' UNION ALL
    SELECT 2, old.lens, -1 WHERE old.lens <> '' UNION ALL
    SELECT 3, old.city, -1 WHERE old.city <> '' UNION ALL
    SELECT 4, old.region, -1 WHERE old.region <> '' UNION ALL
    SELECT 5, old.country, -1 WHERE old.country <> ''
    ON CONFLICT(kind, value) DO UPDATE SET uses = uses + excluded.uses;
  DELETE FROM vocabulary WHERE uses = 0;
END;
CREATE TRIGGER facts_removed AFTER DELETE ON photo BEGIN
  INSERT INTO vocabulary(kind, value, uses)
    SELECT 1, old.camera, -1 WHERE old.camera <> '' UNION ALL
    SELECT 2, old.lens, -1 WHERE old.lens <> '' UNION ALL
    SELECT 3, old.city, -1 WHERE old.city <> '' UNION ALL
    SELECT 4, old.region, -1 WHERE old.region <> '' UNION ALL
    SELECT 5, old.country, -1 WHERE old.country <> ''
    ON CONFLICT(kind, value) DO UPDATE SET uses = uses + excluded.uses;
  DELETE FROM vocabulary WHERE uses = 0;
END;
CREATE TRIGGER folder_grown AFTER INSERT ON file WHEN new.missing = 0 BEGIN
  INSERT INTO vocabulary(kind, value, uses) VALUES (6, rtrim(new.path, replace(new.path, '/', '')), 1)
    ON CONFLICT(kind, value) DO UPDATE SET uses = uses + 1;
END;
CREATE TRIGGER folder_changed AFTER UPDATE OF missing ON file WHEN old.missing <> new.missing BEGIN
  INSERT INTO vocabulary(kind, value, uses)
    VALUES (6, rtrim(new.path, replace(new.path, '/', '')), 1 - 2 * new.missing)
    ON CONFLICT(kind, value) DO UPDATE SET uses = uses + excluded.uses;
  DELETE FROM vocabulary WHERE uses = 0;
END;
CREATE TRIGGER folder_shrunk AFTER DELETE ON file WHEN old.missing = 0 BEGIN
  UPDATE vocabulary SET uses = uses - 1 WHERE kind = 6 AND value = rtrim(old.path, replace(old.path, '/', ''));
  DELETE FROM vocabulary WHERE uses = 0;
END;
)sql",
    R"sql(
ALTER TABLE photo ADD COLUMN thumb_hash BLOB;
)sql",
    R"sql(
CREATE TABLE decision (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  kind INTEGER NOT NULL,
  text TEXT NOT NULL,
  made_at INTEGER NOT NULL,
  undone_at INTEGER
) STRICT;

CREATE TABLE decision_change (
  decision_id INTEGER NOT NULL REFERENCES decision(id) ON DELETE CASCADE,
  kind INTEGER NOT NULL,
  about INTEGER NOT NULL,
  other INTEGER NOT NULL,
  before TEXT,
  after TEXT,
  PRIMARY KEY (decision_id, kind, about, other)
) STRICT, WITHOUT ROWID;
CREATE INDEX decision_change_by_subject ON decision_change(kind, about, other);

CREATE TABLE decision_person (
  person_id INTEGER NOT NULL,
  decision_id INTEGER NOT NULL REFERENCES decision(id) ON DELETE CASCADE,
  PRIMARY KEY (person_id, decision_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX decision_person_by_decision ON decision_person(decision_id);
)sql",
    R"sql(
CREATE TABLE photo_mark (
  mark INTEGER NOT NULL,
  photo_id INTEGER NOT NULL REFERENCES photo(id),
  PRIMARY KEY (mark, photo_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX photo_mark_by_photo ON photo_mark(photo_id);

ALTER TABLE decision ADD COLUMN moving INTEGER NOT NULL DEFAULT 0;
CREATE INDEX decision_that_moves ON decision(moving) WHERE moving = 1;
CREATE TABLE trash_file (
  decision_id INTEGER NOT NULL REFERENCES decision(id) ON DELETE CASCADE,
  path TEXT NOT NULL,
  trash_path TEXT NOT NULL,
  PRIMARY KEY (decision_id, path)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER mark_set AFTER INSERT ON photo_mark BEGIN
  DELETE FROM photo_change WHERE photo_id = new.photo_id;
  INSERT INTO photo_change(photo_id) VALUES (new.photo_id);
END;
CREATE TRIGGER mark_removed AFTER DELETE ON photo_mark BEGIN
  DELETE FROM photo_change WHERE photo_id = old.photo_id;
  INSERT INTO photo_change(photo_id) VALUES (old.photo_id);
END;
)sql",
    R"sql(
CREATE TABLE process (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  role INTEGER NOT NULL,
  host TEXT NOT NULL,
  boot TEXT NOT NULL,
  pid_namespace INTEGER NOT NULL,
  pid INTEGER NOT NULL,
  start_time INTEGER NOT NULL,
  random TEXT NOT NULL UNIQUE,
  since INTEGER NOT NULL,
  lease_s INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  expires_boot_ms INTEGER NOT NULL,
  figures TEXT NOT NULL
) STRICT;
)sql",
    // What an owner worked on becomes a chunk of its own. Rows are pending until their result is stored.
    R"sql(
CREATE TABLE chunk (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  priority INTEGER NOT NULL,
  owner_id INTEGER REFERENCES work_owner(id),
  token INTEGER NOT NULL DEFAULT 0,
  attempts INTEGER NOT NULL DEFAULT 0,
  analyses TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX chunk_that_is_free ON chunk(priority, id) WHERE owner_id IS NULL;
CREATE INDEX chunk_by_owner ON chunk(owner_id) WHERE owner_id IS NOT NULL;
INSERT INTO chunk(id, priority, owner_id, token, analyses)
  SELECT id, 1, id, 1, coalesce((SELECT ',' || group_concat(analysis, ',') || ',' FROM
    (SELECT DISTINCT analysis FROM analysis WHERE state = 1)), '')
  FROM work_owner WHERE id IN (SELECT owner_id FROM claim);
ALTER TABLE claim RENAME TO old_claim;
DROP INDEX claim_by_owner;
CREATE TABLE claim (
  photo_id INTEGER PRIMARY KEY REFERENCES photo(id),
  chunk_id INTEGER NOT NULL REFERENCES chunk(id)
) STRICT;
CREATE INDEX claim_by_chunk ON claim(chunk_id);
INSERT INTO claim(photo_id, chunk_id) SELECT photo_id, owner_id FROM old_claim;
DROP TABLE old_claim;
UPDATE analysis SET state = 0 WHERE state = 1;
)sql",
};

StatusOr<int64_t> UserVersion(SqliteDatabase& database) {
  CALOTYPE_ASSIGN_OR_RETURN(const auto version, database.QueryInt("PRAGMA user_version"));
  return version.value_or(0);
}

// Refuses a file that this program must not change. Nothing has been written yet.
Status CheckOwner(SqliteDatabase& database, int64_t version) {
  // Read the id last: another process may commit the first migration, tables and id at once, between the two reads.
  CALOTYPE_ASSIGN_OR_RETURN(const auto tables, database.QueryInt("SELECT count(*) FROM sqlite_schema"));
  CALOTYPE_ASSIGN_OR_RETURN(const auto application, database.QueryInt("PRAGMA application_id"));
  const std::string path = database.name();
  if (application != kApplicationId && tables.value_or(0) + version > 0) {
    return absl::FailedPreconditionError(
        fmt::format("{} is an SQLite database of another program (application_id {}, a catalogue has {}); set "
                    "catalog.file to another path",
                    path, application.value_or(0), kApplicationId));
  }
  if (version > SchemaVersion()) {
    return absl::FailedPreconditionError(fmt::format(
        "the catalogue {} has schema version {}, this program knows versions up to {}: a newer Calotype wrote it; run "
        "the newer one, or set catalog.file to another path",
        path, version, SchemaVersion()));
  }
  return absl::OkStatus();
}

}  // namespace

int64_t SchemaVersion() { return std::ssize(kMigrations); }

Status Migrate(SqliteDatabase& database) {
  CALOTYPE_ASSIGN_OR_RETURN(const int64_t seen, UserVersion(database));
  CALOTYPE_RETURN_IF_ERROR(CheckOwner(database, seen));
  if (seen == SchemaVersion()) {
    return absl::OkStatus();
  }
  CALOTYPE_ASSIGN_OR_RETURN(DatabaseTransaction transaction, DatabaseTransaction::Begin(database));
  // Read again under the lock: another process may have migrated the file meanwhile.
  CALOTYPE_ASSIGN_OR_RETURN(const int64_t version, UserVersion(database));
  CALOTYPE_RETURN_IF_ERROR(CheckOwner(database, version));
  for (int64_t step = version; step < SchemaVersion(); ++step) {
    CALOTYPE_RETURN_IF_ERROR(database.Script(kMigrations[static_cast<std::size_t>(step)]));
  }
  CALOTYPE_RETURN_IF_ERROR(database.Script(
      fmt::format("PRAGMA application_id = {}; PRAGMA user_version = {};", kApplicationId, SchemaVersion())));
  return transaction.Commit();
}

}  // namespace calotype
