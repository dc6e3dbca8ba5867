// /webhooks
#include <nlohmann/json.hpp>

#include "server/routes/routes.h"

namespace calotype {
namespace {

using Json = nlohmann::ordered_json;

Field WebhookField() { return IdField("webhook", "the number of a webhook"); }

Json TimeOrNull(int64_t seconds) { return seconds == 0 ? Json(nullptr) : Json(seconds); }

// Without the secret, which is shown only once.
Json ToJson(const Webhook& webhook) {
  const std::string_view state = webhook.stopped ? "stopped" : webhook.failures > 0 ? "retrying" : "ok";
  return {{"webhook", webhook.id},
          {"url", webhook.url},
          {"state", state},
          {"error", webhook.error.empty() ? Json(nullptr) : Json(webhook.error)},
          {"failures", webhook.failures},
          {"retry_at", TimeOrNull(webhook.retry_at)},
          {"delivered", webhook.delivered},
          {"delivered_at", TimeOrNull(webhook.delivered_at)},
          {"created", webhook.created}};
}

StatusOr<HttpResponse> CreateWebhook(WebhookService& webhooks, const Arguments& arguments) {
  CALOTYPE_ASSIGN_OR_RETURN(const Webhook webhook,
                            webhooks.Create(arguments.Text("url"), arguments.Flag("from_start")));
  Json json = ToJson(webhook);
  json["secret"] = webhook.secret;
  return JsonResponse(json, 201);
}

StatusOr<HttpResponse> ListWebhooks(const WebhookService& webhooks) {
  Json json = {{"webhooks", Json::array()}};
  for (const Webhook& webhook : webhooks.List()) {
    json["webhooks"].push_back(ToJson(webhook));
  }
  return JsonResponse(json);
}

StatusOr<HttpResponse> TestWebhook(WebhookService& webhooks, int64_t id) {
  Status status = webhooks.Test(id);
  if (absl::IsNotFound(status)) {
    return status;
  }
  return JsonResponse({{"arrived", status.ok()}, {"error", status.ok() ? Json(nullptr) : Json(Message(status))}});
}

}  // namespace

void AddWebhookRoutes(Router& router, WebhookService& webhooks) {
  router.Add({.method = "POST",
              .path = "/api/v1/webhooks",
              .operation = "createWebhook",
              .tag = "webhooks",
              .summary = "Send the changes of the library to a URL. The answer has the secret that signs the messages",
              .scope = Scope::kAdmin,
              .body = BodyKind::kJson,
              .in_body = {TextField("url", "where messages are sent with POST (http or https)", /*required=*/true),
                          FlagField("from_start", "send all photos of the library first")},
              .answers = {{.status = 201, .schema = "NewWebhook"}},
              .problems = {http_status::kTooLarge},
              .run = [&webhooks](const Call& call) { return CreateWebhook(webhooks, call.arguments); }});
  router.Add({.method = "GET",
              .path = "/api/v1/webhooks",
              .operation = "listWebhooks",
              .tag = "webhooks",
              .summary = "The webhooks, and whether their messages arrive",
              .scope = Scope::kAdmin,
              .answers = {{.schema = "Webhooks"}},
              .run = [&webhooks](const Call&) { return ListWebhooks(webhooks); }});
  router.Add({.method = "DELETE",
              .path = "/api/v1/webhooks/{webhook}",
              .operation = "removeWebhook",
              .tag = "webhooks",
              .summary = "Send nothing more to a webhook",
              .scope = Scope::kAdmin,
              .lane = Lane::kHeavy,  // waits for the end of a message in progress
              .in_path = {WebhookField()},
              .answers = {{.status = 204, .content_type = ""}},
              .run = [&webhooks](const Call& call) -> StatusOr<HttpResponse> {
                CALOTYPE_RETURN_IF_ERROR(webhooks.Remove(call.arguments.Integer("webhook")));
                return HttpResponse{.status = 204};
              }});
  router.Add(
      {.method = "POST",
       .path = "/api/v1/webhooks/{webhook}/test",
       .operation = "testWebhook",
       .tag = "webhooks",
       .summary = "Send a message without changes, and say whether it arrived",
       .scope = Scope::kAdmin,
       .lane = Lane::kHeavy,
       .in_path = {WebhookField()},
       .answers = {{.schema = "WebhookTest"}},
       .run = [&webhooks](const Call& call) { return TestWebhook(webhooks, call.arguments.Integer("webhook")); }});
}

}  // namespace calotype
