#include "tests/unit/api/engine.hpp"

#include "storage/loop_journal.hpp"
#include "workflows/iteration.hpp"

#include <catch2/catch.hpp>

using namespace ratchet;
using namespace std::chrono_literals;
using ratchet::test::code_of;
using ratchet::test::engine;

namespace {

time_point at(int minute) {
  return from_ms(1'780'000'000'000 + minute * 60'000);
}

const std::string attempt_2 = "/v1/attempts/digits.1.train.2";

/// "train" of iteration 1 of "digits": its first try failed, its second runs,
/// and both have recorded steps.
void start_attempts(test::fake_node& node) {
  const auto loop = node.number("digits");
  const auto plan = test::digits_loop();
  workflows::iteration iteration;
  storage::write_batch batch;
  const auto note = [&](const workflows::iteration_event& event) {
    storage::record(
      batch, loop, iteration_number{1}, iteration.event_count, event);
    workflows::apply(plan, iteration, event);
  };
  workflows::iteration_started start;
  start.loop = "digits";
  start.number = iteration_number{1};
  start.fingerprint = workflows::fingerprint(plan);
  start.at = at(0);
  note(start);
  note(workflows::attempt_started{"train", 1, at(1), at(61)});
  note(
    workflows::step_recorded{"train", 1, "epoch 1", R"({"loss":0.5})", at(2)});
  note(workflows::attempt_failed{
    "train", 1, at(3), {errc::io_error, "killed", 137}, at(4)});
  note(workflows::attempt_started{"train", 2, at(4), at(64)});
  note(workflows::step_recorded{"train", 2, "done", "true", at(5)});
  storage::put_summary(batch, loop, workflows::summarize(iteration));
  node.commit(batch);
}

api::http_client with_token(engine& of, std::string token) {
  api::http_client client{of.endpoint->url()};
  client.use_token(std::move(token));
  return client;
}

/// Requests with a token.
struct trainer {
  explicit trainer(engine& of, const std::string& id = "digits.1.train.2")
      : client(with_token(of, "token of " + id)) {}

  api::http_response get(const std::string& path) { return *client.get(path); }
  api::http_response put(const std::string& path, const std::string& body) {
    return *client.put(path, body);
  }
  api::http_response post(const std::string& path, const std::string& body) {
    return *client.post(path, body);
  }

  api::http_client client;
};

} // namespace

TEST_CASE("an attempt records steps", "[api][attempts]") {
  engine it;
  trainer train{it};
  it.node.answer.changed = true;
  CHECK(
    train.put(attempt_2 + "/steps/epoch%202", " {\"b\": 1,\n \"a\": [2]} ")
      .status == 201);
  it.node.answer.changed = false;
  CHECK(train.put(attempt_2 + "/steps/x", "null").status == 200);
  REQUIRE(it.node.requests.size() == 2);
  const auto& wish = it.node.requests[0];
  CHECK(wish.verb == actors::operator_verb::record_step);
  CHECK(wish.loop == "digits");
  CHECK(wish.iteration.value == 1);
  CHECK(wish.stage == "train");
  CHECK(wish.step.attempt == 2);
  CHECK(wish.step.name == "epoch 2");
  CHECK(wish.step.value == R"({"a":[2],"b":1})");
  CHECK(train.put(attempt_2 + "/steps/x", "{").status == 400);
  CHECK(train.put(attempt_2 + "/steps/x", "").status == 400);
  it.node.failure = error{errc::conflict, "another value"};
  CHECK(train.put(attempt_2 + "/steps/x", "1").status == 409);
}

TEST_CASE("an attempt reads the steps of its stage", "[api][attempts]") {
  engine it;
  start_attempts(it.node);
  trainer train{it};
  CHECK(
    json::parse(train.get(attempt_2 + "/steps/epoch%201").body) ==
    json({{"loss", 0.5}}));
  CHECK(train.get(attempt_2 + "/steps/epoch%209").status == 404);
  CHECK(
    json::parse(train.get(attempt_2 + "/steps").body) ==
    json(
      {{"steps",
        {{{"name", "epoch 1"}, {"value", {{"loss", 0.5}}}},
         {{"name", "done"}, {"value", true}}}},
       {"next_after", nullptr}}));
  CHECK(
    json::parse(train.get(attempt_2 + "/steps?after=2").body)["steps"].size() ==
    1);
}

TEST_CASE("only the attempt itself may write", "[api][attempts]") {
  engine it;
  start_attempts(it.node);
  for (const auto* token :
       {"", "token of digits.1.train.1", "token of digits.1.train.2x"}) {
    auto other = with_token(it, token);
    const auto answer = *other.put(attempt_2 + "/steps/x", "1");
    CHECK(answer.status == 401);
    CHECK(code_of(answer) == "unauthorized");
    CHECK(other.post(attempt_2 + "/heartbeat", "")->status == 401);
    // An engine that asks nobody for a token shows what it has.
    CHECK(other.get(attempt_2 + "/steps")->status == 200);
  }
  CHECK(it.node.requests.empty());
}

TEST_CASE(
  "an engine with a token asks attempts for theirs", "[api][attempts]") {
  api::endpoint_options options;
  options.service.token = "engine";
  engine it{options};
  start_attempts(it.node);
  const auto read = [&it](const std::string& token) {
    auto client = with_token(it, token);
    return client.get(attempt_2 + "/steps")->status;
  };
  CHECK(read("") == 401);
  CHECK(read("token of digits.1.train.1") == 401);
  CHECK(read("token of digits.1.train.2") == 200);
  CHECK(read("engine") == 200);
  // Its own is good for nothing else.
  auto attempt = with_token(it, "token of digits.1.train.2");
  CHECK(attempt.get("/v1/loops")->status == 401);
}

TEST_CASE("an attempt that was superseded is told", "[api][attempts]") {
  engine it;
  start_attempts(it.node);
  trainer old{it, "digits.1.train.1"};
  const std::string path = "/v1/attempts/digits.1.train.1";
  CHECK(old.get(path + "/steps").status == 409);
  CHECK(old.get(path + "/steps/done").status == 409);
  const auto beat = old.post(path + "/heartbeat", "");
  CHECK(beat.status == 409);
  CHECK(beat.body.find("was superseded by attempt 2") != std::string::npos);
}

TEST_CASE("attempts show that they live", "[api][attempts]") {
  engine it;
  start_attempts(it.node);
  trainer train{it};
  // Recorded as running, but not taken up by this engine yet.
  CHECK(train.post(attempt_2 + "/heartbeat", "").status == 503);
  it.node.alive.insert("digits.1.train.2");
  CHECK(train.post(attempt_2 + "/heartbeat", "").status == 200);
  CHECK(train.put(attempt_2 + "/heartbeat", "{}").status == 200);
  CHECK(
    train.put(attempt_2 + "/progress", R"({"done":0.4,"note":"epoch 2"})")
      .status == 200);
  CHECK(it.node.running.at("digits.1.train.2").done == 0.4);
  CHECK(it.node.running.at("digits.1.train.2").note == "epoch 2");
  CHECK(train.post(attempt_2 + "/progress", R"({"done":7})").status == 200);
  CHECK(it.node.running.at("digits.1.train.2").done == 1);
  CHECK(train.post(attempt_2 + "/progress", "{}").status == 400);
  CHECK(train.post(attempt_2 + "/progress", R"({"done":"x"})").status == 400);
}

TEST_CASE("what is no attempt is not found", "[api][attempts]") {
  engine it;
  start_attempts(it.node);
  for (const std::string id :
       {"digits", "nowhere.1.train.1", "digits.1.train.3", "digits.9.train.1",
        "digits.1.nope.1"}) {
    trainer train{it, id};
    CHECK(train.get("/v1/attempts/" + id + "/steps").status == 404);
  }
}
