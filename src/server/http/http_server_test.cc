#include "server/http/http_server.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <atomic>
#include <thread>

#include "catalog/test_data.h"

namespace calotype {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

// Answers with what it got.
class EchoHandler final : public HttpHandler {
 public:
  Admission Admit(HttpRequest& head) override {
    Admission admission{
        .refusal = std::nullopt, .max_body = 1000, .max_body_setting = "server.upload_mb", .lane = Lane::kQuick};
    if (head.path == "/refused") {
      admission.refusal = Refuse(head.id, 401, "no");
    }
    if (head.path == "/inline") {
      admission.lane = Lane::kInline;
    }
    return admission;
  }
  HttpResponse Handle(const HttpRequest& request) override {
    if (request.path == "/throws") {
      throw std::runtime_error("a bug");
    }
    if (request.path == "/slow") {
      started = true;
      std::this_thread::sleep_for(std::chrono::milliseconds(300));
    }
    if (request.path == "/events") {
      HttpResponse response{.content_type = "text/event-stream"};
      response.events = [count = 0]() mutable -> std::optional<std::string> {
        return ++count > 2 ? std::nullopt : std::optional("data: " + std::to_string(count) + "\n\n");
      };
      return response;
    }
    return {.content_type = "text/plain", .body = request.method + " " + request.path + " " + request.body};
  }
  HttpResponse Refuse(const std::string& /*request_id*/, int status, const std::string& detail) override {
    return {.status = status, .content_type = "text/plain", .body = detail};
  }
  void Finished(const HttpRequest&, int, uint64_t, std::chrono::microseconds) override { ++finished; }

  std::atomic<bool> started = false;
  std::atomic<int> finished = 0;
};

// A connection to the server that sends and receives plain text.
class Client {
 public:
  explicit Client(uint16_t port) : socket_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(connect(socket_.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
    const timeval timeout{.tv_sec = 20, .tv_usec = 0};
    setsockopt(socket_.get(), SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
  }
  void Send(std::string_view text) {
    EXPECT_EQ(send(socket_.get(), text.data(), text.size(), MSG_NOSIGNAL), ssize_t(text.size()));
  }
  // Everything until the server closes the connection.
  std::string ReadAll() {
    std::string all;
    std::array<char, 4096> piece{};
    ssize_t bytes = 0;
    while ((bytes = recv(socket_.get(), piece.data(), piece.size(), 0)) > 0) {
      all.append(piece.data(), static_cast<std::size_t>(bytes));
    }
    return all;
  }

 private:
  UniqueFd socket_;
};

class HttpServerTest : public testing::Test {
 protected:
  void Start(HttpLimits limits = {}) {
    server_ = std::make_unique<HttpServer>(limits);
    port_ = Value(server_->Listen({.host = "127.0.0.1", .port = 0}, std::nullopt, handler_));
    server_->Start();
  }
  // The answer to one request, after which the server closes the connection.
  std::string Ask(std::string_view text) const {
    Client client(port_);
    client.Send(text);
    return client.ReadAll();
  }

  EchoHandler handler_;
  std::unique_ptr<HttpServer> server_;
  uint16_t port_ = 0;
};

TEST_F(HttpServerTest, ARequestIsAnswered) {
  Start();
  const std::string answer = Ask("GET /a%20b?c HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(answer, HasSubstr("\r\n\r\nGET /a b "));
}

TEST_F(HttpServerTest, AConnectionServesSeveralRequests) {
  Start();
  const std::string answers =
      Ask("GET /1 HTTP/1.1\r\nHost: x\r\n\r\nPOST /2 HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi"
          "GET /inline HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(answers, HasSubstr("GET /1 "));
  EXPECT_THAT(answers, HasSubstr("POST /2 hi"));
  EXPECT_THAT(answers, HasSubstr("GET /inline "));
  EXPECT_EQ(handler_.finished, 3);
}

TEST_F(HttpServerTest, HeadHasTheLengthAndNoBody) {
  Start();
  const std::string answer = Ask("HEAD /1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(answer, HasSubstr("Content-Length: 8\r\n"));
  EXPECT_TRUE(answer.ends_with("\r\n\r\n"));
}

TEST_F(HttpServerTest, ABodyIsReadOnlyUpToItsLimit) {
  Start();
  EXPECT_THAT(Ask("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4000000000\r\n\r\n"),
              testing::AllOf(StartsWith("HTTP/1.1 413 "), HasSubstr("the limit is 1000 (server.upload_mb)")));
  std::string chunked = "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (int i = 0; i < 20; ++i) {
    chunked += "64\r\n" + std::string(100, 'a') + "\r\n";
  }
  EXPECT_THAT(Ask(chunked), StartsWith("HTTP/1.1 413 "));
}

// Closing a connection with bytes that nobody read makes the client's system throw the answer away.
TEST_F(HttpServerTest, AClientThatSendsItsBodyAnywayGetsTheAnswer) {
  Start();
  EXPECT_THAT(Ask("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 8000000\r\n\r\n" + std::string(8'000'000, 'a')),
              StartsWith("HTTP/1.1 413 "));
}

TEST_F(HttpServerTest, TheClientIsToldToContinueBeforeItSendsABody) {
  Start();
  Client client(port_);
  client.Send("POST /b HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n");
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  client.Send("hi");
  EXPECT_THAT(client.ReadAll(),
              testing::AllOf(StartsWith("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200"), HasSubstr("/b hi")));
}

TEST_F(HttpServerTest, ARefusedRequestEndsTheConnection) {
  Start();
  const std::string answer =
      Ask("POST /refused HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\nGET /1 HTTP/1.1\r\n\r\n");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 401 "));
  EXPECT_THAT(answer, testing::Not(HasSubstr("GET /1"))) << "the body is not taken for a request";
}

// Two servers that divide a stream of bytes differently into requests can be played against each other.
TEST_F(HttpServerTest, AmbiguousRequestsAreRefused) {
  Start();
  for (const std::string& head : {
           std::string("Content-Length: 5\r\nTransfer-Encoding: chunked"),
           std::string("Transfer-Encoding: chunked\r\nContent-Length: 5"),
           std::string("Content-Length: 5\r\nContent-Length: 6"),
           std::string("Content-Length: -1"),
           std::string("Content-Length: 0x5"),
           std::string("Content-Length : 5"),
           std::string("Folded: a\r\n\tb: c\r\nContent-Length: 1x"),
       }) {
    const std::string answer =
        Ask("POST / HTTP/1.1\r\nHost: x\r\n" + head + "\r\n\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\n\r\n");
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 400 ")) << head;
    EXPECT_THAT(answer, testing::Not(HasSubstr("/smuggled"))) << head;
  }
  EXPECT_THAT(Ask("GET /\r\n\r\n"), StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(Ask("GET /../etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n"), StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(Ask("\x16\x03\x01\x02 not http at all\r\n\r\n"), StartsWith("HTTP/1.1 400 "));
}

TEST_F(HttpServerTest, ALargeHeadIsRefused) {
  Start();
  EXPECT_THAT(Ask("GET / HTTP/1.1\r\nHost: x\r\nA: " + std::string(100'000, 'a')), StartsWith("HTTP/1.1 431 "));
}

TEST_F(HttpServerTest, SlowClientsAreClosedAndOthersServed) {
  Start({.header_timeout = std::chrono::seconds(1), .body_timeout = std::chrono::seconds(1)});
  Client slow_head(port_);
  slow_head.Send("GET / HTTP/1.1\r\nHo");
  Client slow_body(port_);
  slow_body.Send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nab");
  EXPECT_THAT(Ask("GET /1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"), HasSubstr("GET /1 "));
  slow_head.ReadAll();
  slow_body.ReadAll();
  for (int i = 0; i < 1000 && server_->connections() > 0; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  EXPECT_EQ(server_->connections(), 0);
}

TEST_F(HttpServerTest, WhenAllConnectionsAreTakenTheLongestIdleIsClosed) {
  Start({.connections = 3});
  std::vector<std::unique_ptr<Client>> idle;
  for (int i = 0; i < 10; ++i) {
    idle.push_back(std::make_unique<Client>(port_));
    idle.back()->Send("GET /1 HTTP/1.1\r\nHost: x\r\n\r\n");
    while (handler_.finished <= i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }
  EXPECT_THAT(Ask("GET /1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"), HasSubstr("GET /1 "));
  EXPECT_THAT(idle.front()->ReadAll(), HasSubstr("GET /1 "));
  EXPECT_LE(server_->connections(), 4);
}

TEST_F(HttpServerTest, AnExceptionIsAnAnswer) {
  Start();
  EXPECT_THAT(Ask("GET /throws HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"), StartsWith("HTTP/1.1 500 "));
}

TEST_F(HttpServerTest, EventsArriveInChunks) {
  Start();
  const std::string answer = Ask("GET /events HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(answer, HasSubstr("Transfer-Encoding: chunked\r\n"));
  EXPECT_THAT(answer, HasSubstr("9\r\ndata: 1\n\n\r\n"));
  EXPECT_TRUE(answer.ends_with("0\r\n\r\n"));
}

TEST_F(HttpServerTest, RequestsInProgressAreFinishedWhenItStops) {
  Start();
  Client idle(port_);
  std::string answer;
  std::jthread client([&] { answer = Ask("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n"); });
  while (!handler_.started) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  server_->Stop();
  client.join();
  EXPECT_THAT(answer, HasSubstr("GET /slow"));
  EXPECT_EQ(idle.ReadAll(), "");
}

TEST_F(HttpServerTest, AClientThatDisappearsChangesNothing) {
  Start();
  for (int i = 0; i < 20; ++i) {
    Client(port_).Send("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n");
  }
  EXPECT_THAT(Ask("GET /inline HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"), HasSubstr("GET /inline "));
}

TEST(EndpointTest, AddressesAreRead) {
  EXPECT_EQ(Value(ParseEndpoint("127.0.0.1:80")).host, "127.0.0.1");
  EXPECT_EQ(Value(ParseEndpoint("[::1]:80")).host, "::1");
  EXPECT_EQ(Value(ParseEndpoint(":8080")).port, 8080);
  for (const char* text : {"localhost", "::1:80", "a:b", "a:99999", "a:", ""}) {
    EXPECT_THAT(Message(ParseEndpoint(text).status()), HasSubstr("HOST:PORT")) << text;
  }
}

}  // namespace
}  // namespace calotype
