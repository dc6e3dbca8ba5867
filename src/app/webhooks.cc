#include "app/webhooks.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <charconv>
#include <ctime>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "app/tokens.h"
#include "app/webhook_message.h"
#include "base/file.h"
#include "base/log.h"

namespace calotype {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::chrono::seconds kLongestRetry = std::chrono::hours(1);
constexpr int kGone = 410;

Json WebhookToJson(const Webhook& webhook) {
  return {{"id", webhook.id},
          {"url", webhook.url},
          {"secret", webhook.secret},
          {"since", webhook.since},
          {"created", webhook.created},
          {"delivered", webhook.delivered},
          {"delivered_at", webhook.delivered_at},
          {"failures", webhook.failures},
          {"error", webhook.error},
          {"stopped", webhook.stopped}};
}

// nullopt if `json` does not describe a webhook.
std::optional<Webhook> ParseWebhook(const Json& json) {
  try {
    return Webhook{.id = json.at("id").get<int64_t>(),
                   .url = json.at("url").get<std::string>(),
                   .secret = json.at("secret").get<std::string>(),
                   .since = json.at("since").get<std::string>(),
                   .created = json.at("created").get<int64_t>(),
                   .delivered = json.at("delivered").get<int64_t>(),
                   .delivered_at = json.at("delivered_at").get<int64_t>(),
                   .failures = json.at("failures").get<int64_t>(),
                   .error = json.at("error").get<std::string>(),
                   .stopped = json.at("stopped").get<bool>()};
  } catch (const Json::exception&) {
    return std::nullopt;
  }
}

Status NoWebhook(int64_t id) { return absl::NotFoundError(fmt::format("there is no webhook {}", id)); }

// The changes after `since`. A cursor from before a restore of the catalogue begins anew: `since` becomes empty.
StatusOr<ChangePage> ChangesToSend(Library& library, std::string& since) {
  StatusOr<ChangePage> page = ReadChanges(library, since, WebhookService::kPhotosInMessage);
  const bool means_nothing = absl::IsFailedPrecondition(page.status()) || absl::IsInvalidArgument(page.status());
  if (means_nothing && !since.empty()) {
    StatusOr<ChangePage> all = ReadChanges(library, "", WebhookService::kPhotosInMessage);
    if (all.ok()) {
      since.clear();
      return all;
    }
  }
  return page;
}

}  // namespace

WebhookService::WebhookService(Library& library, std::filesystem::path file, WebhookOptions options,
                               std::unique_ptr<HttpClient> client)
    : library_(library), file_(std::move(file)), options_(std::move(options)), client_(std::move(client)) {
  const MutexLock lock(&mutex_);
  Load();
}

WebhookService::~WebhookService() { Stop(); }

void WebhookService::Start() {
  const MutexLock lock(&mutex_);
  started_ = true;
  for (const Webhook& webhook : webhooks_) {
    StartSender(webhook.id);
  }
}

void WebhookService::Stop() {
  std::list<Sender> senders;
  {
    const MutexLock lock(&mutex_);
    started_ = false;
    senders.swap(senders_);
  }
  // Without the lock, which the callbacks of the threads take.
  for (Sender& sender : senders) {
    sender.thread.request_stop();
  }
}

StatusOr<Webhook> WebhookService::Create(const std::string& url, bool from_start) {
  if (const std::string origin = OriginOf(url); !origin.starts_with("http://") && !origin.starts_with("https://")) {
    return absl::InvalidArgumentError(fmt::format("url is '{}'; it must be an http or https URL", url));
  }
  Webhook webhook{.url = url, .secret = NewWebhookSecret(), .created = time(nullptr)};
  if (!from_start) {
    // Before the first scan there is no present, and the start is as good.
    const StatusOr<ChangePage> now = ReadChanges(library_, kChangesFromNow, 1);
    webhook.since = now.ok() ? now->next : "";
  }
  const MutexLock lock(&mutex_);
  if (webhooks_.size() >= kMaxWebhooks) {
    return absl::ResourceExhaustedError(fmt::format("there are {} webhooks already; that is the limit", kMaxWebhooks));
  }
  webhook.id = next_id_++;
  webhooks_.push_back(webhook);
  if (Status saved = Save(); !saved.ok()) {
    webhooks_.pop_back();
    return saved;
  }
  if (started_) {
    StartSender(webhook.id);
  }
  return webhook;
}

std::vector<Webhook> WebhookService::List() const {
  const MutexLock lock(&mutex_);
  return webhooks_;
}

StatusOr<Webhook> WebhookService::Get(int64_t id) const {
  const MutexLock lock(&mutex_);
  const auto found = std::ranges::find(webhooks_, id, &Webhook::id);
  return found == webhooks_.end() ? StatusOr<Webhook>(NoWebhook(id)) : *found;
}

Status WebhookService::Remove(int64_t id) {
  std::list<Sender> senders;  // stopped after the lock is released: the thread takes it, too
  const MutexLock lock(&mutex_);
  const auto found = std::ranges::find(webhooks_, id, &Webhook::id);
  if (found == webhooks_.end()) {
    return NoWebhook(id);
  }
  webhooks_.erase(found);
  const auto sender = std::ranges::find(senders_, id, &Sender::id);
  if (sender != senders_.end()) {
    senders.splice(senders.end(), senders_, sender);
  }
  return Save();
}

Status WebhookService::Test(int64_t id) {
  CALOTYPE_ASSIGN_OR_RETURN(const Webhook webhook, Get(id));
  return Send(webhook, TestMessage(RandomSecret()), {}).status;
}

void WebhookService::Work(int64_t id, const std::stop_token& stop) {
  const std::stop_callback wake(stop, [this]() ABSL_LOCKS_EXCLUDED(mutex_) { const MutexLock lock(&mutex_); });
  while (true) {
    const StatusOr<Webhook> webhook = Get(id);
    if (!webhook.ok() || webhook->stopped || stop.stop_requested()) {
      return;
    }
    const std::chrono::milliseconds wait = SendNext(*webhook, stop);
    const MutexLock lock(&mutex_);
    mutex_.AwaitWithTimeout([&stop] { return stop.stop_requested(); }, wait);
  }
}

std::chrono::milliseconds WebhookService::SendNext(const Webhook& webhook, const std::stop_token& stop) {
  std::string since = webhook.since;
  const StatusOr<ChangePage> page = ChangesToSend(library_, since);
  if (!page.ok() || page->changes.empty()) {
    return options_.look;
  }
  const Reply reply = Send(webhook, ChangesMessage(*page, since), stop);
  return stop.stop_requested() ? options_.look : Record(webhook.id, reply, *page);
}

Status WebhookService::CheckAddress(const std::string& address) const {
  const std::optional<IpAddress> parsed = ParseAddress(address);
  if (parsed.has_value() && (!IsInternal(*parsed) || options_.allowed.Contains(*parsed))) {
    return absl::OkStatus();
  }
  return absl::PermissionDeniedError(
      fmt::format("the target has the internal address {}; the setting server.webhook_networks allows it", address));
}

WebhookService::Reply WebhookService::Send(const Webhook& webhook, const std::string& body,
                                           const std::stop_token& stop) const {
  const int64_t now = time(nullptr);
  StatusOr<std::vector<std::string>> headers = MessageHeaders(webhook.secret, MessageId(webhook.id, body), now, body);
  if (!headers.ok()) {
    return {.status = headers.status()};
  }
  const HttpHandlers ignore{.on_response = [](const HttpClientResponse&) { return absl::OkStatus(); },
                            .on_body = [](std::span<const uint8_t>) { return absl::OkStatus(); }};
  const HttpClientRequest request{
      .url = webhook.url,
      .headers = *std::move(headers),
      .body = body,
      .connect_timeout = options_.timeout,
      .total_timeout = options_.timeout,
      .check_address = [this](const std::string& address) { return CheckAddress(address); }};
  const StatusOr<HttpClientResponse> response = client_->Send(request, ignore, stop);
  if (!response.ok()) {
    return {.status = response.status()};
  }
  constexpr int kHundred = 100;
  if (response->status / kHundred == 2) {
    return {};
  }
  Reply reply{.status = absl::UnavailableError(fmt::format("the target answered {}{}", response->status,
                                                           response->status / kHundred == 3
                                                               ? "; redirects are not followed: create a webhook with "
                                                                 "the address that it names"
                                                               : "")),
              .gone = response->status == kGone};
  const std::string after = response->Header("retry-after");
  int64_t seconds = 0;
  std::from_chars(after.data(), after.data() + after.size(), seconds);
  reply.retry_after = std::clamp(std::chrono::seconds(seconds), std::chrono::seconds(0), kLongestRetry);
  return reply;
}

// Returns how long to wait for the next message or attempt.
std::chrono::milliseconds WebhookService::Record(int64_t id, const Reply& reply, const ChangePage& page) {
  const MutexLock lock(&mutex_);
  Webhook* const webhook = Find(id);
  if (webhook == nullptr) {
    return options_.look;
  }
  std::chrono::milliseconds wait = page.more ? std::chrono::milliseconds(0) : options_.look;
  if (reply.status.ok()) {
    if (webhook->failures > 0) {
      Log(LogLevel::kNotice, fmt::format("webhook {} ({}) works again", id, webhook->url));
    }
    webhook->since = page.next;
    ++webhook->delivered;
    webhook->delivered_at = time(nullptr);
    webhook->failures = 0;
    webhook->retry_at = 0;
    webhook->error.clear();
  } else {
    if (webhook->failures == 0 || reply.gone) {
      LogWarning("webhook {} ({}): {}{}", id, webhook->url, Message(reply.status),
                 reply.gone ? "; it gets no more messages" : "; it is tried again");
    }
    constexpr int64_t kDoublings = 20;  // far beyond the longest wait
    wait = options_.retry * (int64_t{1} << std::min(webhook->failures, kDoublings));
    wait = std::clamp<std::chrono::milliseconds>(wait, reply.retry_after, kLongestRetry);
    ++webhook->failures;
    webhook->error = Message(reply.status);
    webhook->stopped = reply.gone;
    webhook->retry_at = reply.gone ? 0 : time(nullptr) + std::chrono::ceil<std::chrono::seconds>(wait).count();
  }
  if (const Status saved = Save(); !saved.ok()) {
    LogWarning("the place of webhook {} is not saved, so messages may be repeated: {}", id, Message(saved));
  }
  return wait;
}

Webhook* WebhookService::Find(int64_t id) {
  const auto found = std::ranges::find(webhooks_, id, &Webhook::id);
  return found == webhooks_.end() ? nullptr : &*found;
}

void WebhookService::StartSender(int64_t id) {
  senders_.push_back({.id = id, .thread = std::jthread([this, id](const std::stop_token& stop) { Work(id, stop); })});
}

Status WebhookService::Save() {
  Json json = {{"next", next_id_}, {"webhooks", Json::array()}};
  for (const Webhook& webhook : webhooks_) {
    json["webhooks"].push_back(WebhookToJson(webhook));
  }
  const std::string text = json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
  std::error_code error;
  std::filesystem::create_directories(file_.parent_path(), error);
  return WriteFileAtomically(file_, {reinterpret_cast<const uint8_t*>(text.data()), text.size()}, S_IRUSR | S_IWUSR);
}

void WebhookService::Load() {
  const StatusOr<std::string> text = ReadTextFile(file_);
  if (absl::IsNotFound(text.status())) {
    return;
  }
  const Json json = text.ok() ? Json::parse(*text, nullptr, /*allow_exceptions=*/false) : Json();
  if (!json.is_object() || !json.contains("webhooks") || !json["webhooks"].is_array()) {
    LogWarning("{} cannot be read: there are no webhooks", file_.string());
    return;
  }
  for (const Json& entry : json["webhooks"]) {
    if (std::optional<Webhook> webhook = ParseWebhook(entry); webhook.has_value()) {
      next_id_ = std::max(next_id_, webhook->id + 1);
      webhooks_.push_back(*std::move(webhook));
    }
  }
  next_id_ = std::max(next_id_, json.value("next", int64_t{1}));
}

}  // namespace calotype
