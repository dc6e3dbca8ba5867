#include "photo/sandbox/reader_process.h"

#include <fmt/format.h>
#include <malloc.h>
#include <sys/time.h>
#include <unistd.h>

#include <charconv>
#include <cstdlib>
#include <exception>
#include <new>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/printable.h"
#include "photo/encode.h"
#include "photo/libraries.h"
#include "photo/pixel_memory.h"
#include "photo/sandbox/channel.h"
#include "photo/sandbox/confinement.h"
#include "photo/sandbox/faults.h"
#include "photo/sandbox/last_words.h"
#include "photo/sandbox/messages.h"

namespace calotype {
namespace {

constexpr int64_t kAfterDeadline = 5;  // seconds

struct Arguments {
  Confinement confinement;
  bool draws_text = false;
};

StatusOr<Arguments> ParseArguments(int argc, char** argv) {
  Arguments arguments;
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    const std::size_t equals = word.find('=');
    int64_t value = 0;
    if (equals != std::string_view::npos) {
      std::from_chars(word.data() + equals + 1, word.data() + word.size(), value);
    }
    const std::string_view name = word.substr(0, equals);
    if (name == "photos" || name == "text") {
      arguments.draws_text = name == "text";
    } else if (name == "sandbox") {
      arguments.confinement.sandbox = value != 0;
    } else if (name == "memory") {
      arguments.confinement.memory_bytes = value;
    } else if (name == "landlock") {
      arguments.confinement.newest_landlock = static_cast<int>(value);
    } else {
      return absl::InvalidArgumentError(fmt::format("unknown argument {}", word));
    }
  }
  arguments.confinement.reads_fonts = arguments.draws_text;
  return arguments;
}

// What travels back.
struct Reply {
  ReaderAnswer answer;
  UniqueFd pixels;
};

void SetError(const Status& status, ReaderAnswer& answer) {
  answer = ReaderAnswer{.code = status.code(), .message = Printable(Message(status))};
}

void MakePrintable(std::vector<SidecarProblem>& problems) {
  for (SidecarProblem& problem : problems) {
    problem.reason = Printable(problem.reason);
  }
}

class Server {
 public:
  Server(const PhotoReader& reader, ConfinementReport confinement, LastWords& words)
      : reader_(reader),
        report_{.protections = std::move(confinement.protections),
                .missing = std::move(confinement.missing),
                .libraries = LibraryVersions()},
        words_(words) {}

  Reply Answer(const ReaderRequest& request, const std::vector<UniqueFd>& files) try {
    words_.format = static_cast<uint32_t>(PhotoFormat::kUnknown);
    words_.cause = LastCause::kNone;
    words_.in_pixels = 0;
    Reply reply;
    if (const Status status = Do(request, files, reply); !status.ok()) {
      SetError(status, reply.answer);
    }
    return reply;
  } catch (const std::bad_alloc&) {
    Reply reply;
    SetError(absl::ResourceExhaustedError("decoder stopped: out of memory (limits.decoder_memory_mb)"), reply.answer);
    return reply;
  } catch (const std::exception& error) {
    Reply reply;
    SetError(absl::InternalError(fmt::format("decoder stopped: {}", error.what())), reply.answer);
    return reply;
  }

 private:
  Status Do(const ReaderRequest& request, const std::vector<UniqueFd>& files, Reply& reply) {
    const int first = files.empty() ? -1 : files.front().get();
    ReaderAnswer& answer = reply.answer;
    switch (request.operation) {
      case Operation::kDescribe:
        answer.report = report_;
        return absl::OkStatus();
      case Operation::kDetectFormat:
        answer.format = reader_.DetectFormat(first);
        return absl::OkStatus();
      case Operation::kReadContentIdentifier:
        answer.content_identifier = Printable(reader_.ReadContentIdentifier(first));
        return absl::OkStatus();
      case Operation::kReadFacts: {
        CALOTYPE_ASSIGN_OR_RETURN(answer.facts, reader_.ReadFacts(PhotoOf(request, files)));
        MakePrintable(answer.facts.problems);
        return absl::OkStatus();
      }
      case Operation::kDecode:
        return Decode(request, files, reply);
      case Operation::kAddToSidecar: {
        CALOTYPE_ASSIGN_OR_RETURN(answer.change,
                                  reader_.AddToSidecar(request.has_sidecar ? first : -1, request.additions));
        for (std::string& change : answer.change.changes) {
          change = Printable(change);
        }
        return absl::OkStatus();
      }
      case Operation::kEncodeJpeg: {
        CALOTYPE_ASSIGN_OR_RETURN(const Image image, PictureOf(request, files));
        CALOTYPE_ASSIGN_OR_RETURN(answer.encoded, EncodeJpeg(image, request.quality));
        return absl::OkStatus();
      }
      case Operation::kEncodeThumbnail: {
        CALOTYPE_ASSIGN_OR_RETURN(Image image, PictureOf(request, files));
        CALOTYPE_ASSIGN_OR_RETURN(answer.encoded, EncodeThumbnail(std::move(image), request.long_side, request.format));
        return absl::OkStatus();
      }
      case Operation::kDrawText: {
        CALOTYPE_ASSIGN_OR_RETURN(answer.drawn, DrawText(request.text, request.text_size));
        return absl::OkStatus();
      }
    }
    return absl::UnimplementedError("an unknown operation");
  }

  // Also notes the format, which a crash is reported with.
  PhotoRequest PhotoOf(const ReaderRequest& request, const std::vector<UniqueFd>& files) {
    PhotoRequest photo{.limits = request.limits, .page = request.page, .max_memory = request.max_memory};
    for (std::size_t i = 0; i < files.size(); ++i) {
      if (i == 0) {
        photo.photo = files[i].get();
      } else {
        photo.sidecars.push_back(files[i].get());
      }
    }
    words_.format = static_cast<uint32_t>(reader_.DetectFormat(photo.photo));
    return photo;
  }

  static StatusOr<Image> PictureOf(const ReaderRequest& request, const std::vector<UniqueFd>& files) {
    if (files.empty() || request.width < 1 || request.height < 1) {
      return absl::InvalidArgumentError("a picture without pixels");
    }
    const auto bytes =
        static_cast<std::size_t>(request.width) * static_cast<std::size_t>(request.height) * Image::kChannels;
    CALOTYPE_ASSIGN_OR_RETURN(PixelMemory memory, PixelMemory::Map(files.front(), bytes));
    return Image(request.width, request.height, std::move(memory));
  }

  Status Decode(const ReaderRequest& request, const std::vector<UniqueFd>& files, Reply& reply) {
    CALOTYPE_ASSIGN_OR_RETURN(reply.answer.decode, reader_.Decode(PhotoOf(request, files)));
    DecodeAnswer& decode = reply.answer.decode;
    MakePrintable(decode.problems);
    if (decode.photo.has_value()) {
      decode.photo->damage = Printable(decode.photo->damage);
      const Image image = std::move(decode.photo->image);
      reply.answer.width = image.width();
      reply.answer.height = image.height();
      CALOTYPE_ASSIGN_OR_RETURN(reply.pixels, MakeMemoryFile("calotype-pixels", image.pixels()));
    }
    return absl::OkStatus();
  }

  const PhotoReader& reader_;
  const ReaderReport report_;
  LastWords& words_;
};

// If the program dies, nobody ends a process that hangs.
void SetAlarm(int64_t seconds) {
  const itimerval timer{.it_interval = {}, .it_value = {.tv_sec = seconds, .tv_usec = 0}};
  setitimer(ITIMER_REAL, &timer, nullptr);
}

Status Serve(const UniqueFd& channel, Server& server) {
  while (true) {
    StatusOr<ChannelMessage> message = Receive(channel);
    if (absl::IsUnavailable(message.status())) {
      return absl::OkStatus();  // the program ended, or needs this process no more
    }
    CALOTYPE_RETURN_IF_ERROR(message.status());
    CALOTYPE_ASSIGN_OR_RETURN(const ReaderRequest request, ReadRequest(message->bytes));
    SetAlarm(kPatience * request.deadline_s + kAfterDeadline);
    const Reply reply = server.Answer(request, message->files);
    SetAlarm(0);
    message->files.clear();
    std::vector<int> files;
    if (reply.pixels.get() >= 0) {
      files.push_back(reply.pixels.get());
    }
    CALOTYPE_RETURN_IF_ERROR(Send(channel, ToBytes(reply.answer), files));
  }
}

// The pictures of photos one after another get the same memory. Otherwise each would get new pages from the system,
// which takes about as long as copying the picture.
void KeepFreedMemory() {
#ifdef __GLIBC__
  constexpr int kBytes = 32 << 20;  // M_MMAP_THRESHOLD allows no more
  mallopt(M_MMAP_THRESHOLD, kBytes);
  mallopt(M_TRIM_THRESHOLD, kBytes);
#endif
}

Status Run(int argc, char** argv, const PhotoReader& reader) {
  const UniqueFd channel(kChannelDescriptor);
  CALOTYPE_ASSIGN_OR_RETURN(const Arguments arguments, ParseArguments(argc, argv));
  CALOTYPE_ASSIGN_OR_RETURN(LastWordsPage page, LastWordsPage::Open(UniqueFd(kLastWordsDescriptor)));
  closefrom(kLastWordsDescriptor + 1);
  KeepFreedMemory();
  LoadLibraries(arguments.draws_text);
  WatchFaults(*page.words());
  CALOTYPE_ASSIGN_OR_RETURN(ConfinementReport report, Confine(arguments.confinement, *page.words()));
  Server server(reader, std::move(report), *page.words());
  return Serve(channel, server);
}

}  // namespace

int RunReaderProcess(int argc, char** argv, const PhotoReader& reader) {
  if (const Status status = Run(argc, argv, reader); !status.ok()) {
    fmt::print(stderr, "calotype-reader: {}\n", Printable(Message(status)));
    return 1;
  }
  return 0;
}

}  // namespace calotype
