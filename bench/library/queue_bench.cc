// queue_bench SECTION CATALOGUE ...: measures the queue of work without any analysis: claims, and results of 1 KB a
// photo. bench/queue starts a PostgreSQL server for it. The sections:
//
//  - fill CATALOGUE PHOTOS: adds photos that were never analysed. For a file; bench/queue fills a server faster.
//  - photos CATALOGUE WORKERS: claims all of them and stores a vector for each, in batches of 256.
//  - book CATALOGUE: books all of them in chunks, in advance.
//  - claims CATALOGUE CLAIMERS SECONDS CHUNKS [RATE [PHOTOS]]: only claims chunks, of which CHUNKS were booked in
//    advance, with PHOTOS photos each (256). RATE is that of all claimers together; 0: as fast as possible.
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <latch>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/sha256.h"
#include "catalog/catalog.h"

namespace calotype::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kDimension = 512;  // 1 KB as 16-bit numbers
constexpr int kBatch = 256;
const std::vector<AnalysisVersion> kRequired = {{.analysis = "embedding", .version = "null"}};
const std::vector<std::string> kNames = {"embedding"};

void Tell(std::string_view name, double value, std::string_view unit) {
  fmt::print("{}\t{:.4g}\t{}\n", name, value, unit);
  std::fflush(stdout);
}

double SecondsSince(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

Status Fill(const std::string& url, int64_t photos) {
  CALOTYPE_ASSIGN_OR_RETURN(const std::unique_ptr<Catalog> catalog, Catalog::Open(url));
  CALOTYPE_RETURN_IF_ERROR(catalog->RequireAnalyses(kRequired));
  CALOTYPE_ASSIGN_OR_RETURN(const auto transaction, catalog->BeginTransaction());
  for (int64_t i = 0; i < photos; ++i) {
    const std::string path = fmt::format("/photos/{:03}/{:08}.jpg", i % 1000, i);
    const Sha256Digest digest = Sha256({reinterpret_cast<const uint8_t*>(path.data()), path.size()});
    CALOTYPE_RETURN_IF_ERROR(catalog->AddFile(path, {.size = 1, .mtime_ns = 1}, digest).status());
  }
  return transaction->Commit();
}

PhotoResult NullResult(PhotoId photo) {
  PhotoResult result{.id = photo};
  result.findings.embedding =
      EmbeddingFinding{.space = "null", .vector = std::vector<float>(kDimension, 0.5F), .tags = {}};
  result.outcomes = {{.analysis = "embedding",
                      .version = "null",
                      .state = AnalysisState::kDone,
                      .reason = "",
                      .device = "null",
                      .milliseconds = 1}};
  return result;
}

// Runs `work` in so many threads; the first error.
Status InThreads(int threads, const std::function<Status(int)>& work) {
  std::vector<Status> statuses(static_cast<std::size_t>(threads));
  {
    std::vector<std::jthread> running;
    for (int i = 0; i < threads; ++i) {
      running.emplace_back([&, i] { statuses[static_cast<std::size_t>(i)] = work(i); });
    }
  }
  const auto failed = std::ranges::find_if(statuses, [](const Status& status) { return !status.ok(); });
  return failed == statuses.end() ? absl::OkStatus() : *failed;
}

Status Photos(const std::string& url, int workers) {
  std::atomic<int64_t> stored = 0;
  std::atomic<int64_t> claim_us = 0;
  const Clock::time_point start = Clock::now();
  const auto work = [&](int /*worker*/) -> Status {
    CALOTYPE_ASSIGN_OR_RETURN(const std::unique_ptr<Catalog> catalog, Catalog::Open(url));
    CALOTYPE_ASSIGN_OR_RETURN(const auto source, catalog->OpenWork(NewWorkOwner(), nullptr));
    while (true) {
      const Clock::time_point before = Clock::now();
      CALOTYPE_ASSIGN_OR_RETURN(const std::vector<WorkItem> items, source->Next(kNames, kBatch));
      claim_us += std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - before).count();
      if (items.empty()) {
        return source->Close();
      }
      std::vector<PhotoResult> results;
      for (const WorkItem& item : items) {
        results.push_back(NullResult(item.photo));
      }
      CALOTYPE_RETURN_IF_ERROR(source->Ack(results).status());
      stored += std::ssize(items);
    }
  };
  CALOTYPE_RETURN_IF_ERROR(InThreads(workers, work));
  const double seconds = SecondsSince(start);
  Tell("photos", static_cast<double>(stored), "");
  Tell("through the queue", static_cast<double>(stored) / seconds, "photos/s");
  Tell("claiming, of each worker's time", static_cast<double>(claim_us) / 1e4 / seconds / workers, "%");
  return absl::OkStatus();
}

// Of each claimer's claims, in milliseconds.
using ClaimTimes = std::vector<std::vector<double>>;

void TellTimes(const ClaimTimes& by_claimer, double seconds) {
  std::vector<double> times;
  for (const std::vector<double>& of_one : by_claimer) {
    times.insert(times.end(), of_one.begin(), of_one.end());
  }
  std::ranges::sort(times);
  Tell("claims", static_cast<double>(times.size()) / seconds, "claims/s");
  const auto at = [&times](double part) {
    return times.empty() ? 0 : times[static_cast<std::size_t>(part * static_cast<double>(times.size() - 1))];
  };
  Tell("p50", at(0.5), "ms");
  Tell("p99", at(0.99), "ms");
  Tell("longest", at(1), "ms");
}

struct ClaimOptions {
  int claimers = 1;
  int photos = kBatch;  // in a chunk
  double seconds = 0;
  int64_t chunks = 0;
  double rate = 0;
};

Status Claims(const std::string& url, const ClaimOptions& options) {
  ClaimTimes times(static_cast<std::size_t>(options.claimers));
  std::atomic<int64_t> left = options.chunks;
  std::latch ready(options.claimers);
  std::atomic<Clock::duration> last_claim = Clock::duration(0);  // since the start
  const auto work = [&](int claimer) -> Status {
    StatusOr<std::unique_ptr<Catalog>> catalog = Catalog::Open(url);
    StatusOr<std::unique_ptr<WorkSource>> source = std::unique_ptr<WorkSource>();
    if (catalog.ok()) {
      source = (*catalog)->OpenWork(NewWorkOwner(), nullptr);
    } else {
      source = catalog.status();
    }
    ready.arrive_and_wait();
    CALOTYPE_RETURN_IF_ERROR(source.status());
    const Clock::time_point start = Clock::now();
    const std::chrono::duration<double> interval(options.rate > 0 ? options.claimers / options.rate : 0);
    const std::chrono::duration<double> first = claimer * interval / options.claimers;
    for (int turn = 0; SecondsSince(start) < options.seconds && --left >= 0; ++turn) {
      // Counted from when the claim is due: one that waits for the one before is slow, too.
      Clock::time_point due = Clock::now();
      if (options.rate > 0) {
        due = start + std::chrono::duration_cast<Clock::duration>(first + turn * interval);
        std::this_thread::sleep_until(due);
      }
      CALOTYPE_ASSIGN_OR_RETURN(const std::vector<WorkItem> items, (*source)->Next(kNames, options.photos));
      if (std::ssize(items) != options.photos) {
        return absl::InternalError(fmt::format("a claim returned {} photos", items.size()));
      }
      times[static_cast<std::size_t>(claimer)].push_back(1000 * SecondsSince(due));
      last_claim = Clock::now() - start;
    }
    return absl::OkStatus();
  };
  CALOTYPE_RETURN_IF_ERROR(InThreads(options.claimers, work));
  TellTimes(times, std::chrono::duration<double>(last_claim.load()).count());
  if (left < 0) {
    fmt::print("all chunks were claimed before the time was over\n");
  }
  return absl::OkStatus();
}

Status Book(const std::string& url) {
  CALOTYPE_ASSIGN_OR_RETURN(const std::unique_ptr<Catalog> catalog, Catalog::Open(url));
  CALOTYPE_ASSIGN_OR_RETURN(const auto source, catalog->OpenWork(NewWorkOwner(), nullptr));
  const Clock::time_point start = Clock::now();
  CALOTYPE_ASSIGN_OR_RETURN(const int64_t booked, source->Book(kNames, std::numeric_limits<int32_t>::max()));
  Tell("booking", static_cast<double>(booked) / SecondsSince(start), "photos/s");
  return absl::OkStatus();
}

Status Run(const std::vector<std::string>& arguments) {
  const auto number = [&arguments](std::size_t index, double otherwise) {
    return index < arguments.size() ? std::strtod(arguments[index].c_str(), nullptr) : otherwise;
  };
  if (arguments.size() >= 2 && arguments[0] == "fill") {
    return Fill(arguments[1], static_cast<int64_t>(number(2, 0)));
  }
  if (arguments.size() >= 2 && arguments[0] == "photos") {
    return Photos(arguments[1], static_cast<int>(number(2, 1)));
  }
  if (arguments.size() >= 2 && arguments[0] == "book") {
    return Book(arguments[1]);
  }
  if (arguments.size() >= 2 && arguments[0] == "claims") {
    return Claims(arguments[1], {.claimers = static_cast<int>(number(2, 1)),
                                 .photos = static_cast<int>(number(6, kBatch)),
                                 .seconds = number(3, 1),
                                 .chunks = static_cast<int64_t>(number(4, 0)),
                                 .rate = number(5, 0)});
  }
  return absl::InvalidArgumentError("usage: queue_bench SECTION CATALOGUE [...]; see queue_bench.cc");
}

}  // namespace
}  // namespace calotype::bench

int main(int argc, char** argv) {
  const calotype::Status status = calotype::bench::Run({argv + 1, argv + argc});
  if (!status.ok()) {
    fmt::print(stderr, "queue_bench: {}\n", calotype::Message(status));
  }
  return calotype::ExitStatus(status);
}
