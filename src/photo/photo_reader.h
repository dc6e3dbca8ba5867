// Reads photos, their XMP sidecars and the videos of live photos: format detection, metadata, decoding, memory
// estimates, additions to sidecars. Everything that parses such files is behind this interface, so a damaged or hostile
// file can harm only the process that the PhotoReader runs in. Model files, packs and the list of places have their own
// readers.
//
// Requests hold open descriptors and options, answers are plain values. There are no paths, no callbacks and no state
// shared with the caller, so that the work is done in child processes without access to the file system. The caller
// opens the files.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/status.h"
#include "photo/decode.h"
#include "photo/facts.h"
#include "photo/xmp_writer.h"

namespace calotype {

// The descriptors stay the caller's and must stay open during the call. Their offsets do not matter and do not change.
struct PhotoRequest {
  int photo = -1;             // open for reading
  std::vector<int> sidecars;  // XMP files, open for reading; where two state the same fact, the first one counts
  DecodeLimits limits;
  int page = 1;  // the page of a TIFF that Decode() reads; other formats have only the first
  // Decode() does not start when it would need more bytes of memory than this; 0 means no limit.
  int64_t max_memory = 0;
  // When a stop is requested, a reader that can give up returns kCancelled within a second.
  std::stop_token stop;
};

// A sidecar that could not be read; the facts are those of the photo and the other sidecars.
struct SidecarProblem {
  std::size_t sidecar = 0;  // index in PhotoRequest::sidecars
  std::string reason;
  bool may_pass = false;  // the file could not be read: another attempt may succeed
};

struct FactsAnswer {
  PhotoFormat format = PhotoFormat::kUnknown;
  PhotoFacts facts;  // of the photo and its sidecars; without place names
  std::vector<SidecarProblem> problems;
};

struct DecodeAnswer {
  std::optional<DecodedPhoto> photo;  // nullopt when decoding needs more than PhotoRequest::max_memory
  int64_t needed_memory = 0;          // estimate in bytes, an upper bound; 0 when max_memory is 0
  std::vector<SidecarProblem> problems;
};

// Thread-safe.
class PhotoReader {
 public:
  virtual ~PhotoReader() = default;

  // Returns the format that the first bytes of the file announce, whatever the file is called; kUnknown when it is not
  // a photo or cannot be read. Reads 4 KB. Some RAW formats that are built like TIFF are reported as TIFF.
  virtual PhotoFormat DetectFormat(int file) const = 0;

  // Returns the identifier that ties the photo and the video of a live photo together (content_identifier.h); empty
  // when the file has none or is damaged. Reads a few kilobytes, whatever the size of the file.
  virtual std::string ReadContentIdentifier(int file) const = 0;

  // Reads the metadata of the photo and its sidecars without decoding the pixels, which may be broken. Error codes as
  // for Decode().
  virtual StatusOr<FactsAnswer> ReadFacts(const PhotoRequest& request) const = 0;

  // Reads metadata and pixels of one page. The metadata are those of the page.
  //   kInvalidArgument    the file is empty, in no known format, or damaged (but see DecodedPhoto::damage), or it lacks
  //                       the page
  //   kResourceExhausted  the photo exceeds a limit; the message names the value, the limit and its setting
  //   kUnimplemented      the libraries on this machine cannot read the format
  // From a reader with child processes (CreatePhotoReader()), where the message is "decoder stopped: ...", also:
  //   kInternal           the photo crashed the decoder twice, or made it do what it may not do
  //   kUnavailable        the system killed the decoder twice; may work later
  //   kDeadlineExceeded   it took longer than the setting limits.decode_s allows
  //   kResourceExhausted  it took more memory than limits.decoder_memory_mb
  //   kCancelled          PhotoRequest::stop
  virtual StatusOr<DecodeAnswer> Decode(const PhotoRequest& request) const = 0;

  // Returns the content of an XMP file with the additions (AddToXmp() in xmp_writer.h), of at most 16 MB. `sidecar` is
  // -1 for a new file. Nothing is written.
  virtual StatusOr<XmpChange> AddToSidecar(int sidecar, const XmpAdditions& additions) const = 0;
};

// Returns the reader of this program. The program links the library calotype_sandbox, whose reader passes each request
// to a child process that can reach nothing else (sandbox/sandboxed_reader.cc). Unit tests link calotype_decoders, and
// CreateInProcessReader() is their reader. The same holds for EncodeJpeg(), EncodeThumbnail() (encode.h), DrawText()
// (text_image.h) and DecodePhoto() of bytes (decode.h).
std::unique_ptr<PhotoReader> CreatePhotoReader();

// Returns a reader that works in this process, on the calling thread.
std::unique_ptr<PhotoReader> CreateInProcessReader();

}  // namespace calotype
