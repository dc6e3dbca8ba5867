#include "models/http.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <mutex>
#include <utility>

#include "base/text.h"

namespace calotype {
namespace {

constexpr const char* kProtocols = "http,https";
constexpr int64_t kBufferBytes = 1 << 18;

struct FreeHandle {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};
struct FreeList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
struct FreeUrl {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};
using Handle = std::unique_ptr<CURL, FreeHandle>;
using List = std::unique_ptr<curl_slist, FreeList>;
using Url = std::unique_ptr<CURLU, FreeUrl>;

// libcurl requires this once per process, before the first handle.
void StartLibrary() {
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
}

// The state of one request. libcurl's callbacks use it, all on the caller's thread.
struct Exchange {
  const HttpHandlers& handlers;
  std::stop_token stop;
  HttpClientResponse response;
  bool told = false;  // on_response was called
  Status status;      // returned by the handlers

  // Called before the body, and at the end of a response without a body.
  bool Tell() {
    if (!told) {
      told = true;
      status = handlers.on_response(response);
    }
    return status.ok();
  }
};

std::size_t OnHeader(char* data, std::size_t size, std::size_t count, void* user) {
  auto& exchange = *static_cast<Exchange*>(user);
  const std::string_view line(data, size * count);
  if (line.starts_with("HTTP/")) {  // The response of a proxy or an interim one precedes the final one.
    exchange.response = {};
  } else if (const std::size_t colon = line.find(':'); colon != std::string_view::npos) {
    exchange.response.headers[ToLowerAscii(line.substr(0, colon))] = Trim(line.substr(colon + 1));
  }
  return size * count;
}

std::size_t OnBody(char* data, std::size_t size, std::size_t count, void* user);

int OnProgress(void* user, curl_off_t /*total*/, curl_off_t /*now*/, curl_off_t /*up*/, curl_off_t /*sent*/) {
  return static_cast<Exchange*>(user)->stop.stop_requested() ? 1 : 0;
}

// A handle together with the data that its body callback needs.
struct Transfer {
  CURL* handle;
  Exchange exchange;
  const HttpClientRequest& request;
  Status refused;    // what request.check_address said of an address
  int64_t sent = 0;  // bytes of request.file
};

std::size_t ReadUpload(char* to, std::size_t size, std::size_t count, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  const ssize_t bytes = pread(transfer.request.file->descriptor, to, size * count, transfer.sent);
  if (bytes < 0) {
    return CURL_READFUNC_ABORT;
  }
  transfer.sent += bytes;
  return static_cast<std::size_t>(bytes);
}

// libcurl sends a file again when it finds that the server had closed an idle connection.
int SeekUpload(void* user, curl_off_t offset, int origin) {
  if (origin != SEEK_SET) {
    return CURL_SEEKFUNC_CANTSEEK;
  }
  static_cast<Transfer*>(user)->sent = offset;
  return CURL_SEEKFUNC_OK;
}

// Empty for another family.
std::string AddressText(const sockaddr* address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const void* const bytes = address->sa_family == AF_INET
                                ? static_cast<const void*>(&reinterpret_cast<const sockaddr_in*>(address)->sin_addr)
                            : address->sa_family == AF_INET6
                                ? static_cast<const void*>(&reinterpret_cast<const sockaddr_in6*>(address)->sin6_addr)
                                : nullptr;
  return bytes != nullptr && inet_ntop(address->sa_family, bytes, text.data(), text.size()) != nullptr ? text.data()
                                                                                                       : "";
}

// libcurl connects to this very address, so what a name resolves to at another time does not matter.
curl_socket_t OpenSocket(void* user, curlsocktype /*purpose*/, curl_sockaddr* address) {
  auto& transfer = *static_cast<Transfer*>(user);
  if (Status status = transfer.request.check_address(AddressText(&address->addr)); !status.ok()) {
    transfer.refused = std::move(status);
    return CURL_SOCKET_BAD;
  }
  return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

void ReadStatus(Transfer& transfer) {
  long code = 0;  // NOLINT(google-runtime-int): libcurl's type
  curl_easy_getinfo(transfer.handle, CURLINFO_RESPONSE_CODE, &code);
  transfer.exchange.response.status = static_cast<int>(code);
}

std::size_t OnBody(char* data, std::size_t size, std::size_t count, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  ReadStatus(transfer);
  Exchange& exchange = transfer.exchange;
  if (!exchange.Tell()) {
    return 0;
  }
  exchange.status = exchange.handlers.on_body({reinterpret_cast<const uint8_t*>(data), size * count});
  return exchange.status.ok() ? size * count : 0;
}

bool IsTrustError(CURLcode code) {
  constexpr std::array kTrust = {CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_ISSUER_ERROR,
                                 CURLE_SSL_CERTPROBLEM};
  return std::ranges::find(kTrust, code) != kTrust.end();
}

Status ToStatus(CURLcode code, const char* detail, const HttpClientRequest& request) {
  const std::string text =
      fmt::format("{}: {}", OriginOf(request.url), detail[0] != '\0' ? detail : curl_easy_strerror(code));
  if (code == CURLE_URL_MALFORMAT || code == CURLE_UNSUPPORTED_PROTOCOL) {
    return absl::InvalidArgumentError(fmt::format("{}: {}", request.url, curl_easy_strerror(code)));
  }
  if (IsTrustError(code)) {
    return absl::FailedPreconditionError(text);
  }
  return code == CURLE_OUT_OF_MEMORY ? absl::ResourceExhaustedError(text) : absl::UnavailableError(text);
}

template <typename Value>
void Set(CURL* handle, CURLoption option, Value value) {
  curl_easy_setopt(handle, option, value);
}

void Prepare(CURL* handle, const HttpClientRequest& request, const curl_slist* headers, Transfer& transfer,
             char* error) {
  Set(handle, CURLOPT_URL, request.url.c_str());
  Set(handle, CURLOPT_PROTOCOLS_STR, kProtocols);
  Set(handle, CURLOPT_HTTPHEADER, headers);
  Set(handle, CURLOPT_USERAGENT, "calotype");
  Set(handle, CURLOPT_NOBODY, request.head ? 1L : 0L);
  Set(handle, CURLOPT_NOSIGNAL, 1L);
  Set(handle, CURLOPT_BUFFERSIZE, kBufferBytes);
  Set(handle, CURLOPT_CONNECTTIMEOUT_MS, static_cast<int64_t>(request.connect_timeout.count()));
  Set(handle, CURLOPT_LOW_SPEED_LIMIT, 1L);
  Set(handle, CURLOPT_LOW_SPEED_TIME, static_cast<int64_t>(request.stall_timeout.count()));
  Set(handle, CURLOPT_TIMEOUT_MS, static_cast<int64_t>(request.total_timeout.count()));
  Set(handle, CURLOPT_ERRORBUFFER, error);
  Set(handle, CURLOPT_HEADERFUNCTION, &OnHeader);
  Set(handle, CURLOPT_HEADERDATA, &transfer.exchange);
  Set(handle, CURLOPT_WRITEFUNCTION, &OnBody);
  Set(handle, CURLOPT_WRITEDATA, &transfer);
  Set(handle, CURLOPT_NOPROGRESS, 0L);
  Set(handle, CURLOPT_XFERINFOFUNCTION, &OnProgress);
  Set(handle, CURLOPT_XFERINFODATA, &transfer.exchange);
  if (request.body.has_value()) {
    Set(handle, CURLOPT_POST, 1L);
    Set(handle, CURLOPT_POSTFIELDS, request.body->data());
    Set(handle, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body->size()));
  }
  if (request.file.has_value()) {
    Set(handle, CURLOPT_UPLOAD, 1L);
    Set(handle, CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(request.file->bytes));
    Set(handle, CURLOPT_READFUNCTION, &ReadUpload);
    Set(handle, CURLOPT_READDATA, &transfer);
    Set(handle, CURLOPT_SEEKFUNCTION, &SeekUpload);
    Set(handle, CURLOPT_SEEKDATA, &transfer);
  }
  if (!request.method.empty()) {
    Set(handle, CURLOPT_CUSTOMREQUEST, request.method.c_str());
  }
  if (!request.certificates.empty()) {
    Set(handle, CURLOPT_CAINFO, request.certificates.c_str());
  }
  if (request.check_address) {
    Set(handle, CURLOPT_OPENSOCKETFUNCTION, &OpenSocket);
    Set(handle, CURLOPT_OPENSOCKETDATA, &transfer);
    Set(handle, CURLOPT_FRESH_CONNECT, 1L);
    Set(handle, CURLOPT_FORBID_REUSE, 1L);
    Set(handle, CURLOPT_PROXY, "");
  }
}

class CurlClient final : public HttpClient {
 public:
  CurlClient() { StartLibrary(); }

  StatusOr<HttpClientResponse> Send(const HttpClientRequest& request, const HttpHandlers& handlers,
                                    const std::stop_token& stop) override {
    // One handle per thread, kept between requests, because it keeps connections open.
    thread_local const Handle kHandle(curl_easy_init());
    if (kHandle == nullptr) {
      return absl::ResourceExhaustedError("libcurl could not start");
    }
    curl_easy_reset(kHandle.get());
    curl_slist* raw = nullptr;
    for (const std::string& header : request.headers) {
      raw = curl_slist_append(raw, header.c_str());
    }
    const List headers(raw);
    std::array<char, CURL_ERROR_SIZE> error{};
    Transfer transfer{.handle = kHandle.get(),
                      .exchange = {.handlers = handlers, .stop = stop, .response = {}, .told = false, .status = {}},
                      .request = request,
                      .refused = {},
                      .sent = 0};
    Prepare(kHandle.get(), request, headers.get(), transfer, error.data());
    const CURLcode code = curl_easy_perform(kHandle.get());
    ReadStatus(transfer);
    curl_easy_reset(kHandle.get());  // the objects it points to go out of scope here
    Exchange& exchange = transfer.exchange;
    if (stop.stop_requested()) {
      return absl::CancelledError("stopped");
    }
    CALOTYPE_RETURN_IF_ERROR(exchange.status);
    if (code != CURLE_OK) {
      CALOTYPE_RETURN_IF_ERROR(transfer.refused);
      return ToStatus(code, error.data(), request);
    }
    if (!exchange.told && !exchange.Tell()) {
      return exchange.status;
    }
    return std::move(exchange.response);
  }
};

std::string Part(CURLU* url, CURLUPart part, unsigned flags) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, flags) != CURLUE_OK) {
    return "";
  }
  std::string copy(text);
  curl_free(text);
  return copy;
}

}  // namespace

std::string HttpClientResponse::Header(const std::string& name) const {
  const auto found = headers.find(name);
  return found == headers.end() ? "" : found->second;
}

std::unique_ptr<HttpClient> CreateHttpClient() { return std::make_unique<CurlClient>(); }

StatusOr<std::string> ResolveUrl(const std::string& base, const std::string& location) {
  const Url url(curl_url());
  if (curl_url_set(url.get(), CURLUPART_URL, base.c_str(), 0) == CURLUE_OK &&
      curl_url_set(url.get(), CURLUPART_URL, location.c_str(), 0) == CURLUE_OK) {
    const std::string scheme = ToLowerAscii(Part(url.get(), CURLUPART_SCHEME, 0));
    if (scheme == "http" || scheme == "https") {
      return Part(url.get(), CURLUPART_URL, 0);
    }
  }
  return absl::InvalidArgumentError(fmt::format("'{}' is not an http or https URL", location));
}

std::string OriginOf(const std::string& url) {
  const Url parsed(curl_url());
  if (curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), 0) != CURLUE_OK) {
    return "";
  }
  return ToLowerAscii(fmt::format("{}://{}:{}", Part(parsed.get(), CURLUPART_SCHEME, 0),
                                  Part(parsed.get(), CURLUPART_HOST, 0),
                                  Part(parsed.get(), CURLUPART_PORT, CURLU_DEFAULT_PORT)));
}

std::string EscapePath(std::string_view text) {
  constexpr std::string_view kPlain = "-._~/";
  std::string escaped;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte < 0x80 && std::isalnum(byte) != 0) || kPlain.find(c) != std::string_view::npos) {
      escaped += c;
    } else {
      escaped += fmt::format("%{:02X}", byte);
    }
  }
  return escaped;
}

}  // namespace calotype
