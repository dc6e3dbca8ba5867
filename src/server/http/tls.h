// Opens TLS certificates. Included only by http_server.cc, which knows the HTTP library.
#pragma once

#include <boost/asio/ssl/context.hpp>
#include <memory>
#include <optional>

#include "base/status.h"
#include "server/http/tls_files.h"

namespace calotype {

// What a listener with these files needs; null without files. kInvalidArgument names the file that cannot be used.
StatusOr<std::shared_ptr<boost::asio::ssl::context>> OpenTls(const std::optional<TlsFiles>& files);

}  // namespace calotype
