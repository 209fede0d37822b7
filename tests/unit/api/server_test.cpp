#include "api/http_client.hpp"
#include "api/server.hpp"
#include "tests/unit/api/echo_server.hpp"
#include "tests/unit/api/raw_socket.hpp"

#include <catch2/catch.hpp>

#include <future>
#include <optional>
#include <thread>
#include <vector>

using namespace ratchet;
using namespace ratchet::api;
using namespace std::chrono_literals;
using ratchet::test::raw_socket;
using ratchet::test::running_server;
using ratchet::test::status_of;

namespace {

response text(const std::string& body) {
  response out;
  out.body = body;
  return out;
}

} // namespace

TEST_CASE("a connection serves one request after another", "[api]") {
  running_server it;
  http_client client{it.url()};
  for (const auto* body : {"first", "second", "third"}) {
    const auto answer = client.post("/a", body);
    REQUIRE(answer);
    CHECK(answer->status == 200);
    CHECK(answer->body == std::string{"/a|"} + body);
    CHECK(answer->header("content-type") == "text/plain");
  }
  CHECK(it.server->stats().connections_accepted == 1);
}

TEST_CASE("pipelined requests are answered in their order", "[api]") {
  running_server it;
  raw_socket socket{it.port()};
  std::string all;
  for (int i = 0; i < 50; ++i) {
    const auto body = std::to_string(i);
    all += "POST /p HTTP/1.1\r\nHost: x\r\nContent-Length: " +
      std::to_string(body.size()) + "\r\n\r\n" + body;
  }
  socket.send(all);
  for (int i = 0; i < 50; ++i) {
    const auto answer = socket.read_response();
    CHECK(
      answer.substr(answer.find("\r\n\r\n") + 4) == "/p|" + std::to_string(i));
  }
}

TEST_CASE("a request may arrive byte by byte", "[api]") {
  running_server it;
  raw_socket socket{it.port()};
  for (const char c : std::string{
         "\r\nPOST /slow?x=1 HTTP/1.1\r\nHost: x\r\n"
         "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;ext=1\r\nde\r\n"
         "0\r\nTrailer: t\r\n\r\n"})
    socket.send({&c, 1});
  const auto answer = socket.read_response();
  CHECK(status_of(answer) == "200");
  CHECK(answer.substr(answer.find("\r\n\r\n") + 4) == "/slow|abcde");
}

TEST_CASE("HEAD is answered without a body but with its length", "[api]") {
  running_server it;
  raw_socket socket{it.port()};
  socket.send("HEAD /head HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  const auto answer = socket.read_to_end();
  CHECK(status_of(answer) == "200");
  CHECK(answer.find("Content-Length: 6\r\n") != std::string::npos);
  CHECK(answer.substr(answer.size() - 4) == "\r\n\r\n");
}

TEST_CASE("HTTP/1.0 ends the connection unless asked to keep it", "[api]") {
  running_server it;
  raw_socket once{it.port()};
  once.send("GET /one HTTP/1.0\r\n\r\n");
  CHECK(status_of(once.read_to_end()) == "200");
  raw_socket kept{it.port()};
  kept.send("GET /one HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  CHECK(
    kept.read_response().find("Connection: keep-alive") != std::string::npos);
  kept.send("GET /two HTTP/1.0\r\n\r\n");
  CHECK(status_of(kept.read_to_end()) == "200");
}

TEST_CASE("what is not HTTP is refused and changes nothing", "[api]") {
  running_server it;
  const std::string host = "Host: x\r\n";
  const auto [name, status, text] =
    GENERATE_COPY(
      table<std::string, std::string, std::string>({
        {"garbage", "400", "hello\r\n\r\n"},
        {"TLS", "400", std::string{"\x16\x03\x01\x02\x00\x01", 6}},
        {"no host", "400", "GET / HTTP/1.1\r\n\r\n"},
        {"two hosts", "400", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"},
        {"length and chunked", "400",
         "POST / HTTP/1.1\r\n" + host +
           "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n"},
        {"chunked and length", "400",
         "POST / HTTP/1.1\r\n" + host +
           "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n"},
        {"two lengths", "400",
         "POST / HTTP/1.1\r\n" + host +
           "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd"},
        {"negative length", "400",
         "POST / HTTP/1.1\r\n" + host + "Content-Length: -1\r\n\r\n"},
        {"length with sign", "400",
         "POST / HTTP/1.1\r\n" + host + "Content-Length: +3\r\n\r\nabc"},
        {"hexadecimal length", "400",
         "POST / HTTP/1.1\r\n" + host + "Content-Length: 0x3\r\n\r\nabc"},
        {"length beyond 64 bits", "400",
         "POST / HTTP/1.1\r\n" + host +
           "Content-Length: 99999999999999999999\r\n\r\n"},
        {"space before colon", "400",
         "POST / HTTP/1.1\r\n" + host + "Content-Length : 3\r\n\r\nabc"},
        {"folded field", "400",
         "GET / HTTP/1.1\r\n" + host + "X: a\r\n b\r\n\r\n"},
        {"bare line feed", "400", "GET / HTTP/1.1\r\nHost: x\nX: y\r\n\r\n"},
        {"chunked twice", "400",
         "POST / HTTP/1.1\r\n" + host +
           "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n"},
        {"chunked disguised", "501",
         "POST / HTTP/1.1\r\n" + host +
           "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"},
        {"chunked not last", "501",
         "POST / HTTP/1.1\r\n" + host +
           "Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n"},
        {"chunked in 1.0", "400",
         "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
        {"bad chunk size", "400",
         "POST / HTTP/1.1\r\n" + host +
           "Transfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n0\r\n\r\n"},
        {"chunk size beyond 64 bits", "400",
         "POST / HTTP/1.1\r\n" + host +
           "Transfer-Encoding: chunked\r\n\r\n1ffffffffffffffff\r\nabc"},
        {"chunk longer than said", "400",
         "POST / HTTP/1.1\r\n" + host +
           "Transfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n0\r\n\r\n"},
        {"endless chunk extension", "400",
         "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n3;" +
           std::string(20'000, 'e')},
        {"new version", "505", "GET / HTTP/2.0\r\n" + host + "\r\n"},
        {"other expectation", "417",
         "POST / HTTP/1.1\r\n" + host + "Expect: 200-ok\r\n\r\n"},
        {"no path", "400", "GET x HTTP/1.1\r\n" + host + "\r\n"},
        {"huge header", "431",
         "GET / HTTP/1.1\r\n" + host + "X: " + std::string(20'000, 'x')},
        {"many fields", "431",
         "GET / HTTP/1.1\r\n" + host +
           [] {
             std::string fields;
             for (int i = 0; i < 101; ++i)
               fields += "A: b\r\n";
             return fields;
           }() +
           "\r\n"},
      }));
  INFO(name);
  raw_socket socket{it.port()};
  socket.send(text);
  const auto answer = socket.read_to_end(); // It is the end of the connection.
  CHECK(status_of(answer) == status);
  CHECK(answer.find("{\"error\":{\"code\":\"") != std::string::npos);
  CHECK(it.app.handled == 0);
  CHECK(http_client{it.url()}.get("/still")->status == 200);
}

TEST_CASE("a body over the limit is refused, and the answer is read", "[api]") {
  running_server it;
  const std::string big(2'000'000, 'b');
  const auto sent = http_client{it.url()}.post("/big", big);
  REQUIRE(sent);
  CHECK(sent->status == 413);
  CHECK(sent->body.find("1000 bytes") != std::string::npos);
  CHECK(
    status_of(it.say(
      "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: "
      "chunked\r\n\r\n3e9\r\n" +
      std::string(1001, 'c') + "\r\n0\r\n\r\n")) == "413");
  CHECK(
    status_of(it.say(
      "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: "
      "chunked\r\n\r\n3e8\r\n" +
      std::string(1000, 'c') + "\r\n0\r\n\r\n")) == "200");
  CHECK(it.app.handled == 1);
}

TEST_CASE("a client that asks first is told to go on, or not to", "[api]") {
  running_server it;
  raw_socket asks{it.port()};
  asks.send("POST /ask HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n"
            "Expect: 100-continue\r\n\r\n");
  CHECK(asks.read_response() == "HTTP/1.1 100 Continue\r\n\r\n");
  asks.send("abc");
  CHECK(asks.read_response().find("/ask|abc") != std::string::npos);

  raw_socket refused{it.port()};
  refused.send("POST /refuse HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n"
               "Expect: 100-continue\r\n\r\n");
  CHECK(status_of(refused.read_to_end()) == "404");
}

TEST_CASE("a refused request with a small body keeps its connection", "[api]") {
  running_server it;
  http_client client{it.url()};
  CHECK(client.post("/refuse", "some body")->status == 404);
  CHECK(client.post("/a", "x")->status == 200);
  CHECK(it.server->stats().connections_accepted == 1);
}

TEST_CASE("a large body goes to its sink and not to memory", "[api]") {
  running_server it{{.header_bytes = 256}}; // A waiting chunk is no header.
  http_client client{it.url()};
  const std::string body(5'000'000, 's');
  CHECK(client.put("/sink", body)->body == "5000000 bytes");
  CHECK(client.put("/sink", "")->body == "0 bytes");
  std::string chunked =
    "PUT /sink HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (int i = 0; i < 600; ++i)
    chunked += "3e8\r\n" + std::string(1000, 'c') + "\r\n";
  CHECK_THAT(
    it.say(chunked + "0\r\n\r\n"), Catch::EndsWith("\r\n600000 bytes"));
  while (it.server->stats().body_bytes > 0)
    std::this_thread::yield(); // Given back just after the answer.
}

TEST_CASE("answers may come later, from other threads, in any order", "[api]") {
  running_server it{{}, 2};
  std::vector<std::unique_ptr<raw_socket>> sockets;
  for (int i = 0; i < 8; ++i) {
    sockets.push_back(std::make_unique<raw_socket>(it.port()));
    sockets.back()->send(
      "GET /hold?" + std::to_string(i) + " HTTP/1.1\r\nHost: x\r\n\r\n");
  }
  auto held = it.app.wait_for(8);
  REQUIRE(held.size() == 8);
  std::thread other([&] {
    for (auto at = held.rbegin(); at != held.rend(); ++at)
      at->second.later([query = at->first] { return text("for " + query); });
  });
  for (int i = 7; i >= 0; --i)
    CHECK(
      sockets[static_cast<std::size_t>(i)]->read_response().find(
        "for " + std::to_string(i)) != std::string::npos);
  other.join();
}

TEST_CASE("only the first answer to a request counts", "[api]") {
  running_server it;
  raw_socket socket{it.port()};
  socket.send("GET /hold HTTP/1.1\r\nHost: x\r\n\r\n");
  auto first = it.app.wait_for(1).front().second;
  first(text("first"));
  CHECK(socket.read_response().find("first") != std::string::npos);
  socket.send("GET /hold HTTP/1.1\r\nHost: x\r\n\r\n");
  auto second = it.app.wait_for(2).back().second;
  first(text("stale"));
  second(text("second"));
  CHECK(socket.read_response().find("second") != std::string::npos);
  socket.send("GET /twice HTTP/1.1\r\nHost: x\r\n\r\n");
  CHECK(socket.read_response().find("too late") == std::string::npos);
}

TEST_CASE("who is slow loses the connection and nothing else", "[api]") {
  server_limits limits;
  limits.header_timeout = limits.body_idle_timeout = limits.idle_timeout =
    limits.answer_timeout = 250ms;
  running_server it{limits};
  raw_socket silent{it.port()};
  raw_socket half_header{it.port()};
  half_header.send("POST /x HTTP/1.1\r\nHo");
  raw_socket half_body{it.port()};
  half_body.send("POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nab");
  raw_socket unanswered{it.port()};
  unanswered.send("GET /hold HTTP/1.1\r\nHost: x\r\n\r\n");
  CHECK(silent.read_to_end().empty());
  CHECK(status_of(half_header.read_to_end()) == "408");
  CHECK(status_of(half_body.read_to_end()) == "408");
  CHECK(status_of(unanswered.read_to_end()) == "504");
  it.app.wait_for(1).front().second(text("late")); // Harmless.
  CHECK(http_client{it.url()}.get("/still")->status == 200);
  CHECK(it.server->stats().timeouts == 3);
}

TEST_CASE("a trickle of a body is too slow however steady", "[api]") {
  server_limits limits;
  limits.body_timeout = 200ms;
  limits.body_rate = 1'000'000'000;
  running_server it{limits};
  raw_socket socket{it.port()};
  socket.send("PUT /sink HTTP/1.1\r\nHost: x\r\n"
              "Content-Length: 9000000\r\n\r\n");
  // Byte after byte never idles, and never gets there.
  while (it.server->stats().timeouts == 0)
    socket.send("x");
  CHECK(status_of(socket.read_to_end()) == "408");
  CHECK(it.app.handled == 0);
}

TEST_CASE("half-closed clients still get their answers", "[api]") {
  running_server it;
  raw_socket socket{it.port()};
  socket.send("POST /half HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nok");
  socket.end_sending();
  CHECK(socket.read_to_end().find("/half|ok") != std::string::npos);
  raw_socket cut{it.port()};
  cut.send("POST /cut HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nok");
  cut.end_sending();
  CHECK(cut.read_to_end().empty());
  CHECK(it.app.handled == 1);
}

TEST_CASE("connections over the bound are told so", "[api]") {
  server_limits limits;
  limits.max_connections = 1;
  running_server it{limits};
  raw_socket first{it.port()};
  first.send("GET /hold HTTP/1.1\r\nHost: x\r\n\r\n");
  it.app.wait_for(1);
  const auto answer = it.say("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  CHECK(status_of(answer) == "503");
  CHECK(answer.find("Retry-After: 1") != std::string::npos);
  it.app.wait_for(1).front().second(text("served"));
  CHECK(first.read_response().find("served") != std::string::npos);
}

TEST_CASE("bodies together may not take more memory than is set", "[api]") {
  server_limits limits;
  limits.body_memory = 500;
  running_server it{limits};
  raw_socket holds{it.port()};
  holds.send("POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 400\r\n\r\nxx");
  while (it.server->stats().body_bytes < 400)
    std::this_thread::yield();
  CHECK(
    status_of(
      it.say("POST /b HTTP/1.1\r\nHost: x\r\nContent-Length: 400\r\n\r\nxx")) ==
    "503");
  holds.send(std::string(398, 'x'));
  CHECK(status_of(holds.read_response()) == "200");
}

TEST_CASE("stop lets requests in flight finish and takes no others", "[api]") {
  running_server it{{}, 2};
  raw_socket busy{it.port()};
  busy.send("GET /hold HTTP/1.1\r\nHost: x\r\n\r\n");
  raw_socket idle{it.port()};
  auto held = it.app.wait_for(1);
  auto stopped = std::async(std::launch::async, [&] { it.server->stop(); });
  CHECK(idle.read_to_end().empty());
  held.front().second(text("in flight"));
  const auto answer = busy.read_to_end();
  CHECK(answer.find("in flight") != std::string::npos);
  CHECK(answer.find("Connection: close") != std::string::npos);
  stopped.get();
  CHECK_FALSE(raw_socket{it.port()}.connected());
}

TEST_CASE(
  "stop does not wait for ever, and late answers are dropped", "[api]") {
  server_limits limits;
  limits.drain_timeout = 50ms;
  running_server it{limits};
  raw_socket busy{it.port()};
  busy.send("GET /hold HTTP/1.1\r\nHost: x\r\n\r\n");
  auto held = it.app.wait_for(1);
  it.server->stop();
  CHECK(busy.read_to_end().empty());
  held.front().second(text("late"));
  it.server.reset();
  held.front().second(text("later still"));
}

TEST_CASE("a port in use is an error that names it", "[api]") {
  running_server it;
  server_options options;
  options.port = it.port();
  const auto second = http_server::start(options, it.app, it.pool);
  REQUIRE_FALSE(second);
  CHECK(second.err().code == errc::io_error);
  CHECK(second.err().message.find("in use") != std::string::npos);
  options.address = "nowhere";
  CHECK(
    http_server::start(options, it.app, it.pool).err().code ==
    errc::invalid_argument);
}

TEST_CASE("only addresses of this machine are loopback", "[api]") {
  CHECK(is_loopback("127.0.0.1"));
  CHECK(is_loopback("127.8.9.1"));
  CHECK(is_loopback("::1"));
  CHECK(is_loopback("localhost"));
  CHECK_FALSE(is_loopback("0.0.0.0"));
  CHECK_FALSE(is_loopback("::"));
  CHECK_FALSE(is_loopback("192.168.1.1"));
  CHECK_FALSE(is_loopback("example.com"));
}
