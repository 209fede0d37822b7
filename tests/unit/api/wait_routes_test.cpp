#include "tests/unit/api/engine.hpp"

#include "storage/loop_journal.hpp"
#include "workflows/iteration.hpp"

#include <catch2/catch.hpp>

using namespace ratchet;
using namespace std::chrono_literals;
using ratchet::test::code_of;
using ratchet::test::engine;
using verb = actors::operator_verb;

namespace {

time_point at(int minute) {
  return from_ms(1'780'000'000'000 + minute * 60'000);
}

/// train, then an approval, then a signal.
workflows::loop_definition waiting_loop() {
  auto plan = test::digits_loop();
  plan.cleanup.clear();
  auto& stages = plan.stages;
  stages.resize(1);
  workflows::stage_definition ask;
  ask.name = "sign-off";
  ask.kind = workflows::stage_kind::approval;
  ask.wait = {"", 24h, workflows::wait_outcome::reject};
  auto labels = ask;
  labels.name = "labels";
  labels.kind = workflows::stage_kind::wait_signal;
  labels.wait = {"labels-ready", 24h, workflows::wait_outcome::skip};
  stages.push_back(ask);
  stages.push_back(labels);
  return plan;
}

/// One running iteration of "digits", a loop whose stage has begun to run
/// another.
void add_nested(test::fake_node& node) {
  const auto loop = node.number("digits");
  auto plan = waiting_loop();
  plan.stages.resize(1);
  plan.stages[0].kind = workflows::stage_kind::run_loop;
  plan.stages[0].timeout = 2h;
  plan.stages[0].nested = {
    "small", workflows::child_policy::go_on, workflows::child_policy::fail,
    workflows::child_policy::fail};
  workflows::iteration_started start;
  start.number = iteration_number{1};
  start.fingerprint = workflows::fingerprint(plan);
  storage::write_batch batch;
  storage::put_definition(batch, loop, start.fingerprint, plan);
  storage::record(batch, loop, start.number, 0, start);
  storage::record(
    batch, loop, start.number, 1,
    workflows::attempt_started{plan.stages[0].name, 1, at(1), at(61)});
  workflows::loop_state state;
  state.running.insert(start.number);
  storage::put_state(batch, loop, state);
  node.commit(batch);
}

/// Iterations 1 to `count` of `loop`, all of which wait for both; the odd ones
/// also for the next try of "train".
void add_waiting(
  test::fake_node& node, const std::string& name, std::uint64_t count) {
  const auto loop = node.number(name);
  auto plan = waiting_loop();
  plan.name = name;
  const auto print = workflows::fingerprint(plan);
  storage::write_batch batch;
  storage::put_definition(batch, loop, print, plan);
  workflows::loop_state state;
  for (iteration_number n{1}; n.value <= count; n = n.next()) {
    state.running.insert(n);
    state.last_iteration = n;
    std::uint32_t index = 0;
    const auto note = [&](const workflows::iteration_event& event) {
      storage::record(batch, loop, n, index++, event);
    };
    workflows::iteration_started start;
    start.loop = name;
    start.number = n;
    start.fingerprint = print;
    start.at = at(0);
    note(start);
    note(workflows::attempt_started{"train", 1, at(1), at(61)});
    if (n.value % 2 == 1)
      note(workflows::attempt_failed{
        "train", 1, at(2), {errc::io_error, "boom", 1}, at(9)});
    note(workflows::wait_started{"sign-off", at(3), at(63)});
    note(workflows::wait_started{"labels", at(4), at(64)});
    note(workflows::signal_received{
      "labels-ready", "x", "ann", "too early", at(4)});
  }
  storage::put_state(batch, loop, state);
  node.commit(batch);
}

} // namespace

TEST_CASE("answers reach the node as they were meant", "[api][waits]") {
  engine it;
  it.node.answer = {iteration_number{4}, {}, true};
  const auto post = [&](const std::string& what, const json& body) {
    return it.post("/v1/loops/digits/iterations/4/" + what, body.dump());
  };
  CHECK(post("approve", {{"who", "ada"}}).status == 200);
  CHECK(
    post("reject", {{"who", "ada"}, {"reason", "r"}, {"stage", "train"}})
      .status == 200);
  CHECK(
    post(
      "signal",
      {{"signal", "go"}, {"who", "ada"}, {"id", "1"}, {"payload", "text"}})
      .status == 200);
  CHECK(
    post("signal", {{"signal", "go"}, {"payload", {{"b", 1}, {"a", {2}}}}})
      .status == 200);
  CHECK(post("signal", {{"signal", "go"}}).status == 200);
  const auto& seen = it.node.requests;
  REQUIRE(seen.size() == 5);
  CHECK(seen[0].verb == verb::approve);
  CHECK(seen[0].who == "ada");
  CHECK(seen[0].iteration.value == 4);
  CHECK(seen[1].verb == verb::reject);
  CHECK(seen[1].stage == "train");
  CHECK(seen[1].reason == "r");
  CHECK(seen[2].verb == verb::signal);
  CHECK(seen[2].signal.name == "go");
  CHECK(seen[2].signal.id == "1");
  CHECK(seen[2].signal.payload == "text");
  CHECK(seen[3].signal.payload == R"({"a":[2],"b":1})");
  CHECK(seen[4].signal.payload.empty());
}

TEST_CASE("an answer that says too little is refused", "[api][waits]") {
  engine it;
  const auto status = [&](const std::string& what, const char* body) {
    const auto answer = it.post("/v1/loops/digits/iterations/4/" + what, body);
    CHECK(code_of(answer) == "invalid_argument");
    return answer.status;
  };
  CHECK(status("approve", "{}") == 400);              // Who?
  CHECK(status("reject", R"({"who":"ada"})") == 400); // Why?
  CHECK(status("approve", R"({"who":"ada","stage":"nope"})") == 400);
  CHECK(status("signal", "{}") == 400);
  CHECK(status("signal", R"({"signal":"go","reason":"r"})") == 400);
  CHECK(it.node.requests.empty());
}

TEST_CASE("a payload may be as large as a signal may carry", "[api][waits]") {
  engine it;
  // Each byte takes six in JSON.
  const std::string payload(64 * 1024, '\x01');
  const auto answer = it.post(
    "/v1/loops/digits/iterations/4/signal",
    json({{"signal", "go"}, {"payload", payload}}).dump());
  CHECK(answer.status == 200);
  CHECK(it.node.requests.at(0).signal.payload == payload);
}

TEST_CASE("what iterations wait for is listed", "[api][waits]") {
  engine it;
  CHECK(
    it.get_json("/v1/waits") ==
    json({{"waits", json::array()}, {"next_cursor", nullptr}}));
  add_waiting(it.node, "digits", 1);
  const auto answer = it.get_json("/v1/waits");
  CHECK(answer["next_cursor"].is_null());
  REQUIRE(answer["waits"].size() == 3);
  CHECK(
    answer["waits"][0] ==
    json(
      {{"loop", "digits"},
       {"iteration", 1},
       {"stage", "train"},
       {"kind", "back_off"},
       {"attempt", 1},
       {"since", to_iso8601(at(2))},
       {"until", to_iso8601(at(9))},
       {"then", "attempt 2 starts"},
       {"detail", "boom"}}));
  CHECK(
    answer["waits"][1] ==
    json(
      {{"loop", "digits"},
       {"iteration", 1},
       {"stage", "sign-off"},
       {"kind", "approval"},
       {"attempt", nullptr},
       {"since", to_iso8601(at(3))},
       {"until", to_iso8601(at(63))},
       {"then", "it counts as rejected"}}));
  CHECK(answer["waits"][2]["kind"] == "signal");
  CHECK(answer["waits"][2]["signal"] == "labels-ready");
  CHECK(answer["waits"][2]["then"] == "the stage is skipped");
}

TEST_CASE("a stage that runs a loop waits for its child", "[api][waits]") {
  engine it;
  add_nested(it.node);
  CHECK(
    it.get_json("/v1/waits")["waits"] ==
    json::array(
      {{{"loop", "digits"},
        {"iteration", 1},
        {"stage", "train"},
        {"kind", "child"},
        {"attempt", 1},
        {"runs", "small"},
        {"since", to_iso8601(at(1))},
        {"until", to_iso8601(at(1) + 2h)},
        {"then", "the child is canceled and the stage goes on"}}}));
}

TEST_CASE("an iteration shows what it waits for", "[api][waits]") {
  engine it;
  add_waiting(it.node, "digits", 2);
  const auto view = it.get_json("/v1/loops/digits/iterations/2");
  const auto& stages = view["stages"];
  REQUIRE(stages.size() == 3);
  CHECK(stages[0]["wait"].is_null());
  CHECK(stages[1]["status"] == "waiting");
  CHECK(stages[1]["due"] == to_iso8601(at(63)));
  CHECK(
    stages[1]["wait"] ==
    json({{"kind", "approval"}, {"then", "it counts as rejected"}}));
  CHECK(stages[2]["wait"]["signal"] == "labels-ready");
  REQUIRE(view["signals"].size() == 1);
  CHECK(
    view["signals"][0] ==
    json(
      {{"signal", "labels-ready"},
       {"id", "x"},
       {"who", "ann"},
       {"at", to_iso8601(at(4))},
       {"taken_by", nullptr}}));
  const auto events =
    it.get_json("/v1/loops/digits/iterations/2/events")["events"];
  CHECK(events[2]["type"] == "wait_started");
  CHECK(events[2]["until"] == to_iso8601(at(63)));
  CHECK(events[4]["type"] == "signal_received");
  CHECK(events[4]["payload"] == "too early");
}

TEST_CASE("pages of waits add up to all of them", "[api][waits]") {
  engine it;
  add_waiting(it.node, "digits", 5);
  add_waiting(it.node, "other", 4);
  const auto loop = GENERATE("", "digits", "other");
  const std::string filter =
    loop == std::string{} ? "" : std::string{"&loop="} + loop;
  std::size_t listed = 0;
  std::string cursor;
  for (int pages = 0; pages < 20; ++pages) {
    const auto page = it.get_json(
      "/v1/waits?limit=4" + filter +
      (cursor.empty() ? "" : "&cursor=" + cursor));
    for (const auto& wait : page["waits"]) {
      CHECK((*loop == '\0' || wait["loop"] == loop));
      ++listed;
    }
    // Whole iterations: one more than fits, at most.
    CHECK(page["waits"].size() < 4 + 3);
    if (page["next_cursor"].is_null())
      break;
    cursor = page["next_cursor"];
  }
  const std::size_t digits = 5 * 2 + 3;
  const std::size_t other = 4 * 2 + 2;
  CHECK(
    listed ==
    (*loop == '\0'    ? digits + other
       : *loop == 'd' ? digits
                      : other));
}

TEST_CASE("a page of waits reads a bounded number", "[api][waits]") {
  engine it;
  add_waiting(it.node, "digits", 600);
  const auto page = it.get_json("/v1/waits?limit=1000");
  CHECK(page["waits"].size() >= 1000);
  CHECK(page["waits"].size() <= 500 * 3);
  CHECK(page["next_cursor"].is_string());
}

TEST_CASE("a query for waits that makes no sense is refused", "[api][waits]") {
  engine it;
  CHECK(it.get("/v1/waits?loop=nowhere").status == 404);
  CHECK(it.get("/v1/waits?cursor=digits").status == 400);
  CHECK(it.get("/v1/waits?cursor=digits:x").status == 400);
  CHECK(it.get("/v1/waits?limit=0").status == 400);
  CHECK(it.get("/v1/waits?loops=digits").status == 400);
}

TEST_CASE("a payload nests only so deep", "[api][waits]") {
  engine it;
  const auto status = [&it](std::size_t depth) {
    return it
      .post(
        "/v1/loops/digits/iterations/4/signal",
        R"({"signal":"go","payload":)" + std::string(depth, '[') +
          std::string(depth, ']') + "}")
      .status;
  };
  CHECK(status(deepest_json - 1) == 200);
  CHECK(status(deepest_json) == 400);
  CHECK(status(100'000) == 400);
}
