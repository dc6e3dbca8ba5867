constexpr const char* kMigrations[] = {
    R"sql(
CREATE TABLE photo (
  id INTEGER PRIMARY KEY,
  bytes INTEGER NOT NULL,
  width INTEGER
) STRICT;
CREATE INDEX photo_by_bytes ON photo(bytes);
CREATE TABLE person (
  id INTEGER PRIMARY KEY
) STRICT;
)sql",
    R"sql(
ALTER TABLE photo ADD COLUMN height INTEGER;
CREATE INDEX photo_by_height ON photo(height) WHERE height > 0;
)sql",
};
