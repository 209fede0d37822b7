#include "tests/unit/api/engine.hpp"
#include "tests/unit/api/recorded.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace ratchet;
using ratchet::test::code_of;
using ratchet::test::engine;
using ratchet::test::happened;
using verb = actors::operator_verb;

namespace {} // namespace

TEST_CASE("a call of a webhook reaches the node with its key", "[api]") {
  engine it;
  it.node.answer.event = 41;
  const auto answer = it.client->post(
    "/v1/loops/digits/webhooks/new%20data", R"({"rows":7})",
    {{"Idempotency-Key", "k-1"}});
  REQUIRE(answer);
  CHECK(answer->status == 202);
  CHECK(
    json::parse(answer->body) == json({{"event", 41}, {"duplicate", false}}));
  REQUIRE(it.node.requests.size() == 1);
  const auto& request = it.node.requests.front();
  CHECK(request.verb == verb::webhook);
  CHECK(request.loop == "digits");
  CHECK(request.hook.name == "new data");
  CHECK(request.hook.key == "k-1");
  CHECK(request.hook.payload == R"({"rows":7})");

  it.node.answer.changed = false;
  const auto repeated = it.post("/v1/loops/digits/webhooks/data", "");
  CHECK(repeated.status == 202);
  CHECK(json::parse(repeated.body)["duplicate"] == true);
  CHECK(it.node.requests.back().hook.key.empty());
}

TEST_CASE("a call that cannot be meant is refused", "[api]") {
  engine it;
  CHECK(it.post("/v1/loops/nowhere/webhooks/data", "").status == 404);
  CHECK(it.post("/v1/loops/digits/webhooks/data?x=1", "").status == 400);
  CHECK(it.post("/v1/loops/digits/webhooks/data", "\xff").status == 400);
  CHECK(it.get("/v1/loops/digits/webhooks/data").status == 405);
  const auto with_key = [&](const std::string& key) {
    return it.client
      ->post("/v1/loops/digits/webhooks/data", "", {{"Idempotency-Key", key}})
      ->status;
  };
  CHECK(with_key("two words") == 400);
  CHECK(with_key(std::string(129, 'k')) == 400);
  CHECK(it.node.requests.empty());
  CHECK(with_key(std::string(128, 'k')) == 202);
  const std::string most(64 << 10, 'x');
  CHECK(it.post("/v1/loops/digits/webhooks/data", most).status == 202);
  const auto larger = it.post("/v1/loops/digits/webhooks/data", most + "x");
  CHECK(larger.status == 413);
  CHECK(code_of(larger) == "resource_limit");
}

TEST_CASE("a trigger says what each condition waits for", "[api]") {
  engine it;
  auto& digits = it.node.definition("digits");
  workflows::trigger_condition any;
  any.children.push_back(*digits.trigger.condition);
  any.children.emplace_back();
  any.children[1].kind = workflows::condition_kind::every;
  any.children[1].interval = std::chrono::hours{2};
  any.children.emplace_back();
  any.children[2].kind = workflows::condition_kind::promoted;
  any.children[2].source = "other";
  digits.trigger.condition = any;
  digits.trigger.budget = {4, std::chrono::hours{24}};
  digits.trigger.compute = {std::chrono::hours{1}, std::chrono::hours{24}};
  digits.trigger.busy = workflows::when_busy::queue_one;
  const auto now = it.clock.now();
  workflows::trigger_inputs inputs;
  inputs.promotions["other"] = 0;
  workflows::iteration_requested start;
  start.number = iteration_number{1};
  start.who = workflows::by_trigger;
  start.inputs = inputs;
  start.at = now - std::chrono::hours{1};
  happened(
    it.node,
    {workflows::loop_adopted{now - std::chrono::hours{2}}, start,
     workflows::iteration_closed{
       start.number, workflows::iteration_outcome::completed, now,
       std::chrono::minutes{7}, std::chrono::hours{24}},
     workflows::start_queued{
       "f", "it was time", inputs, sequence{9}, {}, now}});

  const auto view = it.get_json("/v1/loops/digits/triggers");
  CHECK(view["loop"] == "digits");
  CHECK(view["outcome"] == "not_met");
  CHECK(view["busy"] == "queue_one");
  CHECK(
    view["budget"] ==
    json({{"starts", 4}, {"window_ms", 86'400'000}, {"used", 1}}));
  CHECK(view["compute_budget"]["used_ms"] == 420'000);
  CHECK(view["queued"]["reason"] == "it was time");
  CHECK(view["queued"]["data_to"] == 9);
  const auto& condition = view["condition"];
  CHECK(condition["kind"] == "any_of");
  CHECK(condition["holds"] == false);
  REQUIRE(condition["of"].size() == 3);
  CHECK(
    condition["of"][0]["condition"] == "feedback_count(\"correction\", 300)");
  CHECK(condition["of"][0]["sentence"] == "correction gained 0 of 300");
  CHECK(condition["of"][0]["due"].is_null());
  // What was queued counts as a start: two hours from now.
  CHECK(condition["of"][1]["due"] == to_iso8601(now + std::chrono::hours{2}));
  CHECK(condition["of"][2]["sentence"] == "loop other promoted 0 times");
  CHECK(it.get("/v1/loops/digits/triggers?x=1").status == 400);
  CHECK(it.get("/v1/loops/nowhere/triggers").status == 404);

  const auto decisions = it.get_json("/v1/loops/digits/decisions");
  CHECK(decisions["decisions"][3]["type"] == "start_queued");
  CHECK(decisions["decisions"][2]["ran_ms"] == 420'000);
}
