#include "server/server.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>

#include "app/browse.h"
#include "app/index_segments.h"
#include "app/jobs.h"
#include "app/library.h"
#include "app/model_fetcher.h"
#include "app/predict.h"
#include "app/program_data.h"
#include "app/thumbnails.h"
#include "app/trash.h"
#include "app/upload_analysis.h"
#include "app/webhooks.h"
#include "base/file_lock.h"
#include "base/log.h"
#include "base/memory.h"
#include "server/api.h"
#include "server/http/http_server.h"
#include "server/http/metrics.h"
#include "server/idle_memory.h"
#include "server/immich/environment.h"
#include "server/immich/listener.h"
#include "server/mcp/mcp_routes.h"
#include "server/model_metrics.h"
#include "server/notify.h"
#include "server/page_routes.h"
#include "server/routes/event_feed.h"
#include "server/routes/folder_rules.h"
#include "server/routes/routes.h"

namespace calotype {
namespace {

constexpr int64_t kMegabyte = 1'000'000;
constexpr std::chrono::seconds kQuiet{5};  // until memory is given back to the system
constexpr int kFirstPassedSocket = 3;      // SD_LISTEN_FDS_START of systemd's protocol

bool IsLoopbackHost(std::string_view host) {
  if (host == "localhost") {
    return true;
  }
  const std::optional<IpAddress> address = ParseAddress(host);
  return address.has_value() && IsLoopback(*address);
}

// How many sockets systemd passed to this process.
int PassedSockets() {
  const char* const process = std::getenv("LISTEN_PID");
  const char* const count = std::getenv("LISTEN_FDS");
  if (process == nullptr || count == nullptr || std::string_view(process) != std::to_string(getpid())) {
    return 0;
  }
  int sockets = 0;
  const std::string_view text(count);
  std::from_chars(text.data(), text.data() + text.size(), sockets);
  return std::max(sockets, 0);
}

StatusOr<std::vector<Endpoint>> Endpoints(const Settings& settings) {
  std::vector<Endpoint> endpoints;
  for (const std::string& text : settings.listen) {
    CALOTYPE_ASSIGN_OR_RETURN(const Endpoint endpoint, ParseEndpoint(text));
    endpoints.push_back(endpoint);
  }
  if (endpoints.empty()) {
    return absl::InvalidArgumentError("server.listen is empty; it needs an address, such as 127.0.0.1:4280");
  }
  return endpoints;
}

StatusOr<std::optional<TlsFiles>> Tls(const Settings& settings) {
  if (settings.tls_certificate.empty() != settings.tls_key.empty()) {
    return absl::InvalidArgumentError("server.tls_certificate and server.tls_key are needed together");
  }
  return settings.tls_key.empty() ? std::optional<TlsFiles>()
                                  : TlsFiles{.certificate = settings.tls_certificate, .key = settings.tls_key};
}

Status CheckBasePath(const std::string& path) {
  const bool fits = path.empty() || (path.starts_with('/') && !path.ends_with('/'));
  return fits ? absl::OkStatus()
              : absl::InvalidArgumentError(
                    fmt::format("server.base_path is '{}'; it must begin with / and not end with /", path));
}

HttpLimits LimitsOf(const Settings& settings) {
  HttpLimits limits;
  limits.connections = settings.server_connections;
  limits.waiting = settings.server_waiting;
  limits.idle_timeout = std::chrono::seconds(settings.idle_timeout_s);
  limits.body_timeout = std::chrono::seconds(settings.body_timeout_s);
  limits.write_timeout = std::chrono::seconds(settings.write_timeout_s);
  limits.quick_threads = static_cast<int>(settings.server_threads);
  limits.heavy_threads = static_cast<int>(settings.server_heavy_threads);
  limits.model_threads = static_cast<int>(settings.server_model_threads);
  // At least one upload at the limit must fit.
  limits.body_bytes_in_all =
      std::max(limits.body_bytes_in_all, static_cast<std::size_t>(settings.upload_mb * kMegabyte));
  return limits;
}

// Without `tokens_required`.
StatusOr<AccessOptions> AccessOf(const Settings& settings) {
  AccessOptions access{.hosts = settings.server_hosts, .requests_per_minute = settings.requests_per_minute};
  CALOTYPE_ASSIGN_OR_RETURN(access.trusted_proxies,
                            Networks::Parse(settings.trusted_proxies, "server.trusted_proxies"));
  return access;
}

// What clients may have scanned before anything was scanned: the samples, and on a machine of one's own, which asks for
// no token, also the user's pictures if no other folders are set.
std::vector<std::string> AllowedFolders(const Settings& settings, bool tokens_required) {
  std::vector<std::string> folders = settings.server_folders;
  if (const char* const home = std::getenv("HOME"); folders.empty() && !tokens_required && home != nullptr) {
    const char* const pictures = std::getenv("XDG_PICTURES_DIR");
    folders.push_back(pictures != nullptr ? pictures : std::string(home) + "/Pictures");
  }
  if (const std::filesystem::path samples = FindProgramData("samples"); !samples.empty()) {
    folders.push_back(samples.string());
  }
  return folders;
}

// Where Immich's requests are answered.
StatusOr<Endpoint> ImmichEndpoint(const std::string& setting, const ImmichSettings& immich) {
  constexpr uint16_t kUsualPort = 3003;
  if (setting != "on") {
    return ParseEndpoint(setting);
  }
  return Endpoint{.host = immich.host.value_or("::"), .port = static_cast<uint16_t>(immich.port.value_or(kUsualPort))};
}

// The time by which systemd knows which reload is meant.
int64_t MonotonicMicroseconds() {
  return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

ImmichSettings ImmichEnvironment() {
  return ReadImmichEnvironment([](const char* name) { return std::getenv(name); });
}

}  // namespace

class Server::Impl {
 public:
  Impl(App& app, const AccessOptions& access, WebhookOptions webhooks)
      : app_(app),
        settings_(app.settings()),
        tokens_required_(access.tokens_required),
        library_(app),
        thumbnails_(library_, app.folders().cache / "thumbnails", settings_.thumbnails_mb * kMegabyte),
        jobs_(library_, app.catalog_files().jobs()),
        webhooks_(library_, app.catalog_files().webhooks(), std::move(webhooks), CreateHttpClient()),
        analyser_(library_),
        mcp_(LibraryTools(library_, thumbnails_), CALOTYPE_VERSION),
        feed_(jobs_),
        folders_(library_, AllowedFolders(settings_, access.tokens_required)),
        tokens_(app.TokensFile()),
        access_(access, tokens_),
        api_(router_, access_, metrics_,
             {.base_path = settings_.base_path,
              .upload_bytes = static_cast<std::size_t>(settings_.upload_mb * kMegabyte)}),
        http_(LimitsOf(settings_)) {
    app_.ObserveModels(&model_metrics_);
    AddRoutes();
  }
  ~Impl() { app_.ObserveModels(nullptr); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  Status Listen(const std::vector<Endpoint>& endpoints, const std::optional<TlsFiles>& tls) {
    const std::string_view scheme = tls.has_value() ? "https" : "http";
    for (int i = 0; i < PassedSockets(); ++i) {
      fcntl(kFirstPassedSocket + i, F_SETFD, FD_CLOEXEC);
      CALOTYPE_ASSIGN_OR_RETURN(const uint16_t port, http_.Adopt(kFirstPassedSocket + i, tls, api_));
      urls_.push_back(fmt::format("{}://localhost:{}", scheme, port));
    }
    if (!urls_.empty()) {
      return absl::OkStatus();
    }
    for (const Endpoint& endpoint : endpoints) {
      CALOTYPE_ASSIGN_OR_RETURN(const uint16_t port, http_.Listen(endpoint, tls, api_));
      urls_.push_back(UrlOf(scheme, {.host = endpoint.host, .port = port}));
    }
    return absl::OkStatus();
  }

  // Opens the listener for Immich.
  Status ListenToImmich() {
    const ImmichSettings immich = ImmichEnvironment();
    CALOTYPE_ASSIGN_OR_RETURN(const Endpoint endpoint, ImmichEndpoint(settings_.immich, immich));
    ImmichListenerOptions options{.upload_bytes = static_cast<std::size_t>(settings_.upload_mb * kMegabyte)};
    CALOTYPE_ASSIGN_OR_RETURN(options.allowed, Networks::Parse(settings_.immich_networks, "server.immich_networks"));
    PredictOptions predict{.use = ModelUse::Of(App::Cores()), .models = immich.models};
    predict.use.announce = true;
    predict.use.serves = true;
    if (immich.threads_per_run.has_value()) {
      predict.use.threads = static_cast<int>(*immich.threads_per_run);
    }
    if (!settings_.immich_packs.empty()) {
      StatusOr<std::unique_ptr<ModelFetcher>> fetcher =
          ModelFetcher::Open(app_, settings_.immich_packs, settings_.immich_licences,
                             // One thread is left for photos that need no download, if there are several.
                             std::max(1, static_cast<int>(settings_.server_model_threads) - 1));
      if (!fetcher.ok()) {
        return Annotate(fetcher.status(), "server.immich_packs");
      }
      fetcher_ = *std::move(fetcher);
      predict.fetcher = fetcher_.get();
    }
    CALOTYPE_ASSIGN_OR_RETURN(predict_, PredictService::Open(library_.app(), predict));
    immich_.emplace(*predict_, metrics_, std::move(options));
    CALOTYPE_ASSIGN_OR_RETURN(const uint16_t port, http_.Listen(endpoint, std::nullopt, *immich_));
    immich_url_ = UrlOf("http", {.host = endpoint.host, .port = port});
    preload_names_ = immich.preload;
    return absl::OkStatus();
  }

  void Start() {
    if (!preload_names_.empty()) {
      // Meanwhile requests are answered: /ping tells Immich that the service is there.
      preload_ = std::jthread([this] {
        if (const Status loaded = predict_->Preload(preload_names_); !loaded.ok()) {
          LogWarning("{}", Message(loaded));
        }
      });
    }
    LockLibrary();
    // A library without a catalogue has no trash.
    if (const Status recovered = RecoverTrash(library_); !recovered.ok() && !absl::IsFailedPrecondition(recovered)) {
      LogWarning("trash: {}", Message(recovered));
    }
    jobs_.Start([this](const Job& job) { OnJob(job); });
    webhooks_.Start();
    segments_.emplace(library_);
    http_.Start();
    idle_memory_.emplace([this] { return http_.worked(); }, ReturnMemory, kQuiet);
  }

  Status Reload(const Settings& fresh) {
    CALOTYPE_ASSIGN_OR_RETURN(AccessOptions access, AccessOf(fresh));
    CALOTYPE_ASSIGN_OR_RETURN(Networks immich, Networks::Parse(fresh.immich_networks, "server.immich_networks"));
    access_.Reload(std::move(access));
    folders_.Allow(AllowedFolders(fresh, tokens_required_));
    if (immich_.has_value()) {
      immich_->Allow(std::move(immich));
    }
    return http_.ReloadTls();
  }

  void Stop() {
    idle_memory_.reset();
    jobs_.Stop();
    if (fetcher_ != nullptr) {
      fetcher_->Stop();  // so that no request waits for a download
    }
    http_.Stop();
    webhooks_.Stop();
  }

  const std::vector<std::string>& urls() const { return urls_; }
  const std::string& immich_url() const { return immich_url_; }
  bool tokens_required() const { return tokens_required_; }

  std::string PageUrl() {
    const std::string url = urls_.front() + settings_.base_path + "/";
    return tokens_required_ ? url + "#code=" + access_.NewLoginCode(Scope::kAdmin) : url;
  }

 private:
  // So that nobody restores a backup meanwhile. A second server of a library works, too, but does not know the jobs of
  // the first.
  void LockLibrary() {
    const CatalogFiles& files = app_.catalog_files();
    std::error_code error;
    std::filesystem::create_directories(files.folder(), error);
    StatusOr<FileLock> lock = FileLock::Take(files.server_lock(), "server (calotype serve) of this catalogue");
    if (lock.ok()) {
      lock_.emplace(*std::move(lock));
    } else {
      LogWarning("{}", Message(lock.status()));
    }
  }

  void AddRoutes() {
    AddPhotoRoutes(router_, library_, thumbnails_);
    AddChangeRoutes(router_, library_);
    AddSearchRoutes(router_, library_, analyser_);
    AddPeopleRoutes(router_, library_);
    AddDecisionRoutes(router_, library_);
    AddMarkRoutes(router_, library_);
    AddTrashRoutes(router_, library_);
    AddLibraryRoutes(router_, library_, folders_);
    AddJobRoutes(router_, jobs_, feed_, folders_);
    AddWebhookRoutes(router_, webhooks_);
    AddAnalyseRoutes(router_, analyser_);
    AddMcpRoutes(router_, mcp_);
    AddSessionRoutes(router_, access_);
    AddSystemRoutes(router_, [this] { return Ready(); }, [this] { return Metrics(); }, settings_.base_path);
    AddPageRoutes(router_);
  }

  // A library without a scan is ready too: it answers that nothing was scanned.
  Status Ready() {
    const Status status = library_.Catalogue().status();
    return absl::IsFailedPrecondition(status) ? absl::OkStatus() : status;
  }

  std::string Metrics() {
    ServerGauges gauges{.connections = static_cast<double>(http_.connections()),
                        .waiting = {{"quick", static_cast<double>(http_.waiting(Lane::kQuick))},
                                    {"heavy", static_cast<double>(http_.waiting(Lane::kHeavy))},
                                    {"models", static_cast<double>(http_.waiting(Lane::kModels))}},
                        .resident_bytes = static_cast<double>(ResidentBytes()),
                        .cpu_seconds = CpuSeconds(),
                        .open_files = static_cast<double>(OpenFiles())};
    if (library_.segments() != nullptr) {
      const SegmentProgress progress = library_.segments()->Progress();
      gauges.segments = {.here = static_cast<double>(progress.segments),
                         .all = static_cast<double>(progress.all_segments),
                         .photos_here = static_cast<double>(progress.photos),
                         .all_photos = static_cast<double>(progress.all_photos)};
    }
    for (const Job& job : jobs_.List()) {
      gauges.jobs_queued += job.state == JobState::kQueued ? 1 : 0;
      gauges.jobs_running += job.state == JobState::kRunning ? 1 : 0;
    }
    return metrics_.Render(gauges) + model_metrics_.Render();
  }

  void OnJob(const Job& job) {
    feed_.Publish(job);
    const bool is_scan = job.request.kind == JobKind::kScan || job.request.kind == JobKind::kRetry;
    if (is_scan && job.state == JobState::kDone) {
      metrics_.CountPhotos(job.counts.at("analysed"), job.counts.at("failed"));
    }
    Log(LogLevel::kNotice,
        fmt::format("job {} ({}) is {}{}", job.id, JobKindName(job.request.kind), JobStateName(job.state),
                    job.error.empty() ? "" : ": " + job.error),
        {{.name = "job", .value = job.id}, {.name = "state", .value = std::string(JobStateName(job.state))}});
  }

  App& app_;
  const Settings& settings_;
  const bool tokens_required_;
  ModelMetrics model_metrics_;  // before all that have models
  std::optional<FileLock> lock_;
  Library library_;
  Thumbnails thumbnails_;
  JobService jobs_;
  WebhookService webhooks_;
  UploadAnalyser analyser_;
  McpServer mcp_;
  EventFeed feed_;
  FolderRules folders_;
  TokenStore tokens_;
  Access access_;
  ServerMetrics metrics_;
  Router router_;
  Api api_;
  std::optional<SegmentThread> segments_;
  std::vector<std::string> urls_;
  std::string immich_url_;
  std::unique_ptr<ModelFetcher> fetcher_;    // before predict_, which uses it
  std::unique_ptr<PredictService> predict_;  // null: Immich is not answered
  std::optional<ImmichListener> immich_;
  std::vector<PredictModelName> preload_names_;
  HttpServer http_;  // stopped before what it uses is destroyed
  std::optional<IdleMemory> idle_memory_;
  std::jthread preload_;
};

Status ApplyImmichEnvironment(App& app) {
  if (app.settings().immich.empty()) {
    return absl::OkStatus();
  }
  const ImmichSettings immich = ImmichEnvironment();
  for (const std::string& note : immich.notes) {
    Log(LogLevel::kNotice, note);
  }
  if (immich.log_level.has_value()) {
    SetLogLevel(*immich.log_level);
  }
  const auto set = [&app](const char* key, const std::optional<int64_t>& value) {
    return value.has_value() ? app.registry().ApplyAssignment(fmt::format("{}={}", key, *value)) : absl::OkStatus();
  };
  if (app.settings().immich != "on" && (immich.host.has_value() || immich.port.has_value())) {
    Log(LogLevel::kNotice, "IMMICH_HOST and IMMICH_PORT have no effect: server.immich names the address");
  }
  CALOTYPE_RETURN_IF_ERROR(set("cache.idle_s", immich.idle_s));
  CALOTYPE_RETURN_IF_ERROR(set("server.idle_timeout_s", immich.keep_alive_s));
  return set("server.model_threads", immich.request_threads);
}

StatusOr<std::unique_ptr<Server>> Server::Start(App& app) {
  const Settings& settings = app.settings();
  CALOTYPE_ASSIGN_OR_RETURN(const std::vector<Endpoint> endpoints, Endpoints(settings));
  CALOTYPE_ASSIGN_OR_RETURN(const std::optional<TlsFiles> tls, Tls(settings));
  CALOTYPE_RETURN_IF_ERROR(CheckBasePath(settings.base_path));
  CALOTYPE_ASSIGN_OR_RETURN(AccessOptions access, AccessOf(settings));
  // What systemd listens on is not known here, and a proxy brings clients from elsewhere.
  const bool only_this_machine =
      PassedSockets() == 0 && settings.trusted_proxies.empty() &&
      std::ranges::all_of(endpoints, [](const Endpoint& endpoint) { return IsLoopbackHost(endpoint.host); });
  access.tokens_required = settings.require_token || !only_this_machine;
  WebhookOptions webhooks{.retry = std::chrono::milliseconds(settings.webhook_retry_ms)};
  CALOTYPE_ASSIGN_OR_RETURN(webhooks.allowed, Networks::Parse(settings.webhook_networks, "server.webhook_networks"));
  auto impl = std::make_unique<Impl>(app, access, std::move(webhooks));
  CALOTYPE_RETURN_IF_ERROR(impl->Listen(endpoints, tls));
  if (!settings.immich.empty()) {
    CALOTYPE_RETURN_IF_ERROR(impl->ListenToImmich());
  }
  impl->Start();
  NotifyService("READY=1");
  return std::unique_ptr<Server>(new Server(std::move(impl)));
}

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Server::~Server() {
  NotifyService("STOPPING=1");
  impl_->Stop();
}
Status Server::Reload(const Settings& fresh) {
  NotifyService(fmt::format("RELOADING=1\nMONOTONIC_USEC={}", MonotonicMicroseconds()));
  const Status reloaded = impl_->Reload(fresh);
  NotifyService("READY=1");
  return reloaded;
}
const std::vector<std::string>& Server::urls() const { return impl_->urls(); }
const std::string& Server::immich_url() const { return impl_->immich_url(); }
std::string Server::PageUrl() { return impl_->PageUrl(); }
bool Server::tokens_required() const { return impl_->tokens_required(); }

}  // namespace calotype
