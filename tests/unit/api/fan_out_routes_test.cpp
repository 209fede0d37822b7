#include "tests/unit/api/engine.hpp"

#include "workflows/fan_out.hpp"
#include "workflows/iteration.hpp"
#include "workflows/loop_state.hpp"

#include <catch2/catch.hpp>

using namespace ratchet;
using namespace ratchet::workflows;
using ratchet::test::code_of;
using ratchet::test::digits_loop;
using ratchet::test::engine;

namespace {

const std::string iteration_path = "/v1/loops/digits/iterations/1";
const std::string items_path = iteration_path + "/stages/train/items";

time_point at(int minute) {
  return from_ms(1'780'000'000'000 + minute * 60'000);
}

/// The first iteration of a loop whose "train" runs for three languages: one is
/// done, one failed, one runs.
void write_iteration(test::fake_node& node) {
  const auto loop = node.number("digits");
  auto plan = digits_loop();
  auto& options = plan.stages[0].for_each.emplace();
  options.items = {"de", "fr", "it"};
  options.policy = item_policy::skip;
  iteration_requested request;
  request.number = iteration_number{1};
  request.fingerprint = fingerprint(plan);
  request.at = at(1);

  storage::write_batch batch;
  storage::put_definition(batch, loop, request.fingerprint, plan);
  loop_state state;
  storage::record(batch, loop, state.event_count, request);
  apply(state, request);
  storage::put_state(batch, loop, state);
  iteration it;
  const auto note = [&](const iteration_event& event) {
    storage::record(batch, loop, iteration_number{1}, it.event_count, event);
    apply(plan, it, event);
  };
  note(first_event("digits", request));
  note(items_fixed{"train", 1, at(2), options.items});
  for (std::uint32_t i = 0; i < 3; ++i)
    note(attempt_started{unit_name("train", i), 1, at(2), at(62)});
  note(stage_succeeded{
    "train[0]", 1, at(3), {{{"loss", "0.2"}}, {}, version_number{4}, {}}});
  note(attempt_failed{
    "train[1]", 1, at(4), {errc::io_error, "exited with 1", 1}, {}});
  storage::put_summary(batch, loop, summarize(it));
  node.commit(batch);
}

} // namespace

TEST_CASE("a stage that runs for each item says how they are", "[api]") {
  engine it;
  write_iteration(it.node);
  const auto stage = it.get_json(iteration_path)["stages"][0];
  CHECK(stage["status"] == "fanned_out");
  const auto& items = stage["items"];
  CHECK(items["total"] == 3);
  CHECK(items["succeeded"] == 1);
  CHECK(items["failed"] == 1);
  CHECK(items["running"] == 1);
  CHECK(items["pending"] == 0);
  REQUIRE(items["shown"].size() == 2);
  CHECK(items["shown"][0]["name"] == "train[1]");
  CHECK(items["shown"][0]["failure"] == "exited with 1");
  CHECK(items["shown"][1]["name"] == "train[2]");
  CHECK(it.get_json(iteration_path)["stages"][1]["items"].is_null());
}

TEST_CASE("items are listed page by page", "[api]") {
  engine it;
  write_iteration(it.node);
  const auto first = it.get_json(items_path + "?limit=2");
  CHECK(first["total"] == 3);
  CHECK(first["next"] == 2);
  REQUIRE(first["items"].size() == 2);
  CHECK(first["items"][0]["item"] == "de");
  CHECK(first["items"][0]["values"]["loss"] == "0.2");
  CHECK(first["items"][0]["version"] == 4);
  CHECK(first["items"][0]["attempts"][0]["id"] == "digits.1.train@0.1");
  CHECK(first["items"][0]["attempts"][0]["outcome"] == "succeeded");
  const auto rest = it.get_json(items_path + "?from=2");
  REQUIRE(rest["items"].size() == 1);
  CHECK(rest["items"][0]["status"] == "running");
  CHECK(rest["next"].is_null());
  CHECK(it.get_json(items_path + "?from=3")["items"].empty());
}

TEST_CASE("only stages that run for each have items", "[api]") {
  engine it;
  write_iteration(it.node);
  const auto* stage = GENERATE("gate", "nowhere");
  const auto answer =
    it.get(iteration_path + "/stages/" + std::string{stage} + "/items");
  CHECK(answer.status == 404);
  CHECK(code_of(answer) == "not_found");
}

TEST_CASE("each item has a log of its own", "[api]") {
  engine it;
  write_iteration(it.node);
  std::ofstream{it.node.attempt_log("digits.1.train@1.1")} << "out of memory";
  const auto answer = it.get(iteration_path + "/stages/train%5B1%5D/log");
  CHECK(answer.status == 200);
  CHECK(answer.body == "out of memory");
  CHECK(answer.header("Ratchet-Final") == "true");
  const auto whole = it.get(iteration_path + "/stages/train/log");
  CHECK(whole.status == 400);
  CHECK(whole.body.find("such as train[0]") != std::string::npos);
  CHECK(it.get(iteration_path + "/stages/train%5B9%5D/log").status == 404);
}

TEST_CASE("an item may stand where a stage does", "[api]") {
  engine it;
  write_iteration(it.node);
  const auto skipped = it.post(
    iteration_path + "/skip", R"({"stage":"train[1]","reason":"no data"})");
  CHECK(skipped.status == 200);
  const auto unknown = it.post(
    iteration_path + "/skip", R"({"stage":"nowhere[1]","reason":"no data"})");
  CHECK(unknown.status == 400);
}
