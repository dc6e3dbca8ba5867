// The routes of the API, by subject. Each function adds some to a router; the services must outlive it.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "app/jobs.h"
#include "app/library.h"
#include "app/thumbnails.h"
#include "app/upload_analysis.h"
#include "app/webhooks.h"
#include "server/http/access.h"
#include "server/http/router.h"
#include "server/routes/event_feed.h"
#include "server/routes/folder_rules.h"

namespace calotype {

// The analyses to run.
Field OnlyField(std::string help);

void AddPhotoRoutes(Router& router, Library& library, Thumbnails& thumbnails);
void AddChangeRoutes(Router& router, Library& library);
void AddSearchRoutes(Router& router, Library& library, UploadAnalyser& analyser);
void AddPeopleRoutes(Router& router, Library& library);
void AddDecisionRoutes(Router& router, Library& library);
void AddMarkRoutes(Router& router, Library& library);
void AddTrashRoutes(Router& router, Library& library);
// Status, folders, duplicates, models, devices.
void AddLibraryRoutes(Router& router, Library& library, const FolderRules& rules);
void AddJobRoutes(Router& router, JobService& jobs, EventFeed& feed, const FolderRules& folders);
void AddAnalyseRoutes(Router& router, UploadAnalyser& analyser);
void AddWebhookRoutes(Router& router, WebhookService& webhooks);
// Sessions of browsers.
void AddSessionRoutes(Router& router, Access& access);
// Health and metrics. `ready` says why the process is not ready; `metrics` renders them.
void AddHealthRoutes(Router& router, std::function<Status()> ready, std::function<std::string()> metrics);
// The same, and the OpenAPI document. `ready` says why the server is not ready; `metrics` renders them.
void AddSystemRoutes(Router& router, std::function<Status()> ready, std::function<std::string()> metrics,
                     std::string base_path);

}  // namespace calotype
