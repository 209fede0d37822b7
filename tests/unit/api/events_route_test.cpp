#include "tests/unit/api/engine.hpp"
#include "tests/unit/api/raw_socket.hpp"

#include "formats/gzip.hpp"

#include <catch2/catch.hpp>

#include <future>

using namespace ratchet;
using ratchet::test::code_of;
using ratchet::test::engine;

namespace {

std::string interaction(const std::string& id, const std::string& loop = "") {
  json event{{"kind", "interaction"}, {"id", id}};
  if (!loop.empty())
    event["loop"] = loop;
  return event.dump() + "\n";
}

std::string
verdict(const std::string& id, bool value, const std::string& loop = "") {
  json event{
    {"kind", "feedback"},
    {"id", id},
    {"interaction_id", "i-1"},
    {"channel", "verdict"},
    {"value", value}};
  if (!loop.empty())
    event["loop"] = loop;
  return event.dump() + "\n";
}

json answer_of(const api::http_response& answer) {
  INFO(answer.body);
  REQUIRE(answer.status == 200);
  return json::parse(answer.body);
}

} // namespace

TEST_CASE(
  "a body's events are accepted, counted once, and told apart", "[api]") {
  engine it;
  const auto path = "/v1/events?loop=digits";
  CHECK(
    answer_of(it.post(path, interaction("i-1") + verdict("f-1", true))) ==
    json({{"accepted", 2}, {"duplicates", 0}, {"rejected", json::array()}}));
  const auto again = answer_of(it.post(
    path,
    verdict("f-2", true) + "{\"kind\":\n" + verdict("f-1", false) +
      interaction("i-1") + verdict("f-3", true, "nowhere") +
      verdict("f-2", false)));
  CHECK(again["accepted"] == 1);
  CHECK(again["duplicates"] == 1);
  // Conflicts, which the journal finds, stand in order with the others.
  const auto& rejected = again["rejected"];
  REQUIRE(rejected.size() == 4);
  CHECK(rejected[0]["index"] == 1);
  CHECK(rejected[0]["code"] == "malformed_json");
  CHECK(
    rejected[1] ==
    json(
      {{"index", 2},
       {"id", "f-1"},
       {"code", "conflict"},
       {"message", rejected[1]["message"]}}));
  CHECK(rejected[2]["index"] == 4);
  CHECK(rejected[2]["code"] == "unknown_loop");
  CHECK(rejected[3]["index"] == 5);
  CHECK(rejected[3]["code"] == "conflict");
}

TEST_CASE("a body may hold events of several loops", "[api]") {
  engine it;
  const auto answer = answer_of(it.post(
    "/v1/events",
    verdict("a", true, "digits") + verdict("a", false, "other") +
      interaction("b", "digits")));
  CHECK(answer["accepted"] == 3);
  CHECK(answer["rejected"].empty());
}

TEST_CASE("the answer waits until the events are durable", "[api]") {
  engine it;
  it.node.hold = true;
  api::http_client one{it.endpoint->url()};
  api::http_client two{it.endpoint->url()};
  const auto post = [](api::http_client& client, const std::string& body) {
    return std::async(std::launch::async, [&client, body] {
      return client.post("/v1/events", body)->body;
    });
  };
  auto first =
    post(one, verdict("1", true, "digits") + verdict("2", true, "other"));
  auto second = post(two, verdict("3", true, "digits"));
  it.node.release(3); // Both loops of the first, in reverse order.
  CHECK(json::parse(first.get())["accepted"] == 2);
  CHECK(json::parse(second.get())["accepted"] == 1);
}

TEST_CASE("a body that cannot be stored is refused as a whole", "[api]") {
  engine it;
  it.node.failure = error{errc::unavailable, "too much waits; try again"};
  const auto busy = it.post("/v1/events?loop=digits", verdict("1", true));
  CHECK(busy.status == 503);
  CHECK(busy.header("retry-after") == "1");
  CHECK(code_of(busy) == "unavailable");
  it.node.failure = error{errc::io_error, "fsync failed"};
  CHECK(it.post("/v1/events?loop=digits", verdict("1", true)).status == 500);
  it.node.failure.reset();
  CHECK(
    answer_of(
      it.post("/v1/events?loop=digits", verdict("1", true)))["accepted"] == 1);
}

TEST_CASE("a body that is no JSON is refused with the place", "[api]") {
  engine it;
  const auto broken = it.post("/v1/events?loop=digits", "[{\"kind\": ]");
  CHECK(broken.status == 400);
  CHECK(code_of(broken) == "invalid_argument");
  CHECK(broken.body.find("byte") != std::string::npos);
  CHECK(it.post("/v1/events", "").status == 400);
  CHECK(it.post("/v1/events?lop=digits", verdict("1", true)).status == 400);
}

TEST_CASE("bodies may be packed, and bombs do not go off", "[api]") {
  engine it;
  const auto send = [&](const std::string& body, const std::string& coding) {
    return *it.client->post(
      "/v1/events?loop=digits", body, {{"Content-Encoding", coding}});
  };
  const auto text = interaction("i-1") + verdict("f-1", true);
  CHECK(answer_of(send(formats::gzip(text), "gzip"))["accepted"] == 2);
  CHECK(answer_of(send(text, "identity"))["duplicates"] == 2);
  CHECK(send(text, "br").status == 415);
  CHECK(send(text, "gzip").status == 400);
  // 65 MiB of blanks pack to some 64 KiB.
  const auto bomb = formats::gzip(std::string(65U << 20U, ' '));
  REQUIRE(bomb.size() < 100'000);
  const auto refused = send(bomb, "gzip");
  CHECK(refused.status == 413);
  CHECK(code_of(refused) == "resource_limit");
}

TEST_CASE("a body of a million bytes is one batch", "[api]") {
  engine it;
  std::string body;
  int events = 0;
  for (; body.size() < 1'000'000; ++events)
    body += verdict("f-" + std::to_string(events), true);
  const auto answer = answer_of(it.post("/v1/events?loop=digits", body));
  CHECK(answer["accepted"] == events);
  CHECK(
    answer_of(it.post("/v1/events?loop=digits", body))["duplicates"] == events);
}

TEST_CASE("an answer that comes after the end is dropped", "[api]") {
  api::endpoint_options options;
  options.server.limits.drain_timeout = std::chrono::milliseconds{50};
  engine it{options};
  it.node.hold = true;
  test::raw_socket socket{it.endpoint->port()};
  const auto body = verdict("f", true, "digits");
  socket.send(
    "POST /v1/events HTTP/1.1\r\nHost: localhost\r\nContent-Length: " +
    std::to_string(body.size()) + "\r\n\r\n" + body);
  // Only once it is held: else the stop might come first.
  while (it.node.held() == 0)
    std::this_thread::yield();
  it.endpoint.reset();
  it.node.release(1);
  CHECK(socket.read_to_end().empty());
}
