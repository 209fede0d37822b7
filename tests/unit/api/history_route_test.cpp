#include "tests/unit/api/engine.hpp"
#include "tests/unit/api/raw_socket.hpp"

#include <catch2/catch.hpp>

#include <future>

using namespace ratchet;
using ratchet::test::engine;

namespace {

/// Interactions i-0 to i-9 of two users, each with a verdict and, if even, a
/// correction: 25 events.
void fill(engine& it) {
  std::string body;
  const auto add = [&](const json& event) { body += event.dump() + "\n"; };
  for (int i = 0; i < 10; ++i) {
    const auto n = std::to_string(i);
    const auto user = i < 5 ? "ann" : "bob";
    add({{"kind", "interaction"}, {"id", "i-" + n}, {"subject", user}});
    add(
      {{"kind", "feedback"},
       {"id", "v-" + n},
       {"interaction_id", "i-" + n},
       {"channel", "verdict"},
       {"value", i % 2 == 0}});
    if (i % 2 == 0)
      add(
        {{"kind", "feedback"},
         {"id", "c-" + n},
         {"interaction_id", "i-" + n},
         {"channel", "correction"},
         {"value", 2}});
  }
  const auto answer = it.post("/v1/events?loop=digits", body);
  INFO(answer.body);
  REQUIRE(json::parse(answer.body)["accepted"] == 25);
}

std::vector<std::string> ids(const json& page) {
  std::vector<std::string> out;
  for (const auto& event : page["events"])
    out.push_back(event["id"]);
  return out;
}

const std::string path = "/v1/loops/digits/events";

} // namespace

TEST_CASE("the history is read in order, page by page", "[api]") {
  engine it;
  fill(it);
  std::vector<std::string> all;
  std::string next = "?limit=7";
  for (int pages = 0; !next.empty(); ++pages) {
    REQUIRE(pages < 5);
    const auto page = it.get_json(path + next);
    for (const auto& event : page["events"]) {
      CHECK(event["sequence"] == all.size() + 1);
      all.push_back(event["id"]);
    }
    next = page["next_page_token"].is_null()
      ? ""
      : "?limit=7&page_token=" + page["next_page_token"].get<std::string>();
  }
  CHECK(all.size() == 25);
  CHECK(all.front() == "i-0");
  CHECK(all.back() == "v-9");
  const auto loop = it.get_json("/v1/loops/digits");
  CHECK(loop["events"] == 25);
  CHECK(loop["first_event"] == 1);
  CHECK(
    loop["stored_bytes"] ==
    it.node.history().stored_bytes(it.node.number("digits")).value());
}

TEST_CASE("filters keep what was asked for", "[api]") {
  engine it;
  fill(it);
  using list = std::vector<std::string>;
  const std::vector<std::pair<std::string, list>> queries{
    {"kind=feedback&channel=correction", {"c-0", "c-2", "c-4", "c-6", "c-8"}},
    {"channel=correction&limit=2", {"c-0", "c-2"}},
    {"interaction_id=i-4", {"i-4", "v-4", "c-4"}},
    {"interaction_id=i-4&kind=feedback&limit=1", {"v-4"}},
    {"interaction_id=i-4&after=12", {"c-4"}},
    {"subject=bob", {"i-5", "i-6", "i-7", "i-8", "i-9"}},
    {"subject=bob&after=20", {"i-8", "i-9"}},
    {"subject=bob&kind=feedback", {}},
    {"kind=interaction&after=22", {"i-9"}},
    {"channel=nothing", {}},
    {"after=25", {}},
    {"after=99", {}},
  };
  for (const auto& [query, expected] : queries) {
    INFO(query);
    CHECK(ids(it.get_json(path + "?" + query)) == expected);
  }
}

TEST_CASE("a page that is short of its limit says where to go on", "[api]") {
  engine it;
  fill(it);
  const auto some = it.get_json(path + "?channel=correction&limit=2");
  CHECK(some["next_page_token"] == "8");
  const auto rest = it.get_json(path + "?channel=correction&page_token=8");
  CHECK(rest["next_page_token"].is_null());
  CHECK(rest["next_after"] == 25);
  const auto one = it.get_json(path + "?interaction_id=i-4&limit=1");
  CHECK(one["next_page_token"] == "11");
}

TEST_CASE("what cannot be meant is refused", "[api]") {
  engine it;
  for (const auto* query :
       {"kind=thumbs", "limit=0", "limit=10001", "after=1&page_token=2",
        "after=x", "wait=31", "sequence=1"}) {
    INFO(query);
    CHECK(it.get(path + "?" + query).status == 400);
  }
  CHECK(it.get("/v1/loops/nowhere/events").status == 404);
}

TEST_CASE("a reader that waits gets the next events when they come", "[api]") {
  engine it;
  fill(it);
  auto waiting = std::async(std::launch::async, [&] {
    api::http_client client{it.endpoint->url()};
    return client.get(path + "?after=25&wait=30")->body;
  });
  // Whether this comes before, while or after it looks, it is found.
  const auto posted =
    it.post("/v1/events?loop=digits", R"({"kind":"interaction","id":"new"})");
  CHECK(json::parse(posted.body)["accepted"] == 1);
  CHECK(ids(json::parse(waiting.get())) == std::vector<std::string>{"new"});
}

TEST_CASE(
  "a reader that waits is answered when its time is up or the engine "
  "stops",
  "[api]") {
  engine it;
  const auto began = std::chrono::steady_clock::now();
  CHECK(it.get_json(path + "?wait=1")["events"].empty());
  CHECK(std::chrono::steady_clock::now() - began >= std::chrono::seconds{1});
  test::raw_socket socket{it.endpoint->port()};
  socket.send("GET " + path + "?wait=30 HTTP/1.1\r\nHost: localhost\r\n\r\n");
  while (it.endpoint->transport().connections_open < 2)
    std::this_thread::yield();
  it.endpoint->stop();
  const auto answer = socket.read_to_end();
  CHECK((answer.empty() || test::status_of(answer) == "200"));
  CHECK(std::chrono::steady_clock::now() - began < std::chrono::seconds{20});
}
