// The tables "chunk" and "claim" (docs/schema.md): pending photos are booked into chunks, and an owner leases a whole
// chunk. So to claim hundreds of photos takes a few statements, and several claimers do not compete for the same rows.
// The functions run within a transaction of the caller. Only this folder includes it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/status.h"
#include "catalog/sql.h"
#include "catalog/types.h"

namespace calotype {

inline constexpr int64_t kChunkPhotos = 256;

struct LeasedChunk {
  int64_t id = 0;
  int64_t token = 0;        // grows with every lease of the chunk
  bool is_suspect = false;  // owners of it died, and it is not known of which photo
};

// A photo with pending analyses.
struct Unbooked {
  int64_t priority = 0;
  PhotoId photo = 0;

  auto operator<=>(const Unbooked&) const = default;
};

// Where searches of one source begin, so that they do not step over what is taken and done again and again. What is
// before a place, they find later.
struct QueuePlaces {
  std::optional<Unbooked> booked;   // the last photo that was booked
  int64_t booked_ms = 0;            // when the search last began at the first row
  bool found_none = false;          // the last search for photos to book
  std::array<int64_t, 4> leased{};  // by priority: the id of the last chunk that was leased
};

// The analyses of a lease, as the column has them: ",decode,objects,".
std::string JoinAnalyses(std::span<const std::string> analyses);
// An SQL condition on rows of `analysis` and `chunk`: the lease is for this analysis.
inline constexpr std::string_view kLeasedAnalysis = "chunk.analyses LIKE '%,' || analysis.analysis || ',%'";

// Until the transaction ends, nobody else books photos. Does nothing where there is only one transaction at a time.
Status LockBooking(Database& database);

// Books pending photos that are in no chunk and not skipped, in their order (WorkSource::Next), into free chunks.
// Chunks have 256 photos, and fewer when few photos are left, so that several owners finish at about the same time: but
// not less than `least`. At most `chunks` of them; a chunk has photos of one priority. Returns the number of photos.
StatusOr<int64_t> BookChunks(Database& database, std::span<const std::string> analyses, int64_t least, int64_t chunks,
                             const std::function<bool(PhotoId)>& skip, std::size_t skipped, QueuePlaces& places);

// True when BookChunks() would find a photo. As slow as a search of its that finds none, but needs no lock.
StatusOr<bool> HasUnbooked(Database& database, std::span<const std::string> analyses,
                           const std::function<bool(PhotoId)>& skip, std::size_t skipped);

// Leases the first free chunk; nullopt when there is none. A suspect one only with `suspects_too`.
StatusOr<std::optional<LeasedChunk>> LeaseChunk(Database& database, int64_t owner,
                                                std::span<const std::string> analyses, bool suspects_too,
                                                QueuePlaces& places);

// Present photos that somebody waits for (WorkPriority::kRequested), with pending rows among `analyses`.
StatusOr<std::vector<PhotoId>> RequestedPhotos(Database& database, std::span<const std::string> analyses);
// Leases those of `photos` that nobody has, as a chunk; nullopt when there are none.
StatusOr<std::optional<LeasedChunk>> LeaseRequested(Database& database, int64_t owner,
                                                    std::span<const std::string> analyses,
                                                    std::span<const PhotoId> photos);

// The photos of a chunk, by id.
StatusOr<std::vector<PhotoId>> PhotosOfChunk(Database& database, int64_t chunk);

// Those of `chunks` that `owner` has still leased with the same token. They stay so until the transaction ends.
StatusOr<std::vector<int64_t>> StillLeased(Database& database, int64_t owner, std::span<const LeasedChunk> chunks);

// Ends claims: removes those of `photos` that are in one of `chunks`. Returns them.
StatusOr<std::vector<PhotoId>> TakeOutOfChunks(Database& database, std::span<const PhotoId> photos,
                                               std::span<const int64_t> chunks);
Status DropChunk(Database& database, int64_t chunk);

// Makes the chunks of an owner free for others: their photos are in no chunk any more, except that suspect chunks stay.
Status FreeChunksOf(Database& database, int64_t owner);
// The same when the owner died and it is not known which photo it was working on: its chunks become suspect, in four
// parts each. A photo that is alone in a chunk is judged (JudgeDeath).
Status SplitChunksOf(Database& database, int64_t owner);

// A process died while it worked on the photo, which is in a chunk of `owner`: judges the analyses of the lease.
Status BlamePhoto(Database& database, int64_t owner, PhotoId photo, bool crashed, int64_t earlier_kills = 0);

// Analyses of the photo were asked for again: what works on it now began too early, and its result will not count.
Status RevokeClaim(Database& database, PhotoId photo);

}  // namespace calotype
