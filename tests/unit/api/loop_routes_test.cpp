#include "tests/unit/api/engine.hpp"

#include "storage/monitor_store.hpp"
#include "workflows/iteration.hpp"
#include "workflows/loop_state.hpp"

#include <catch2/catch.hpp>

using namespace ratchet;
using namespace std::chrono_literals;
using ratchet::test::code_of;
using ratchet::test::digits_loop;
using ratchet::test::engine;

namespace {

const std::string digest(64, 'a');

time_point at(int minute) {
  return from_ms(1'780'000'000'000 + minute * 60'000);
}

/// Writes the journal of a loop that has started its first iteration, whose
/// "train" failed once and runs again.
void start_iteration(test::fake_node& node) {
  const auto loop = node.number("digits");
  const auto plan = digits_loop();
  workflows::loop_state state;
  storage::write_batch batch;
  const auto record = [&](const workflows::loop_event& event) {
    storage::record(batch, loop, state.event_count, event);
    workflows::apply(state, event);
  };
  record(workflows::loop_adopted{at(0)});
  record(workflows::loop_paused{"ann", "holidays", at(1)});
  record(workflows::loop_resumed{"ann", "back", at(2)});
  workflows::iteration_requested request;
  request.number = iteration_number{1};
  request.fingerprint = workflows::fingerprint(plan);
  request.reason = "correction gained 312 of 300";
  request.who = "trigger";
  request.inputs = {sequence{700}, {{"correction", 312}}};
  request.data_to = sequence{700};
  request.at = at(3);
  record(request);
  storage::put_state(batch, loop, state);

  workflows::iteration iteration;
  const auto note = [&](const workflows::iteration_event& event) {
    storage::record(
      batch, loop, iteration_number{1}, iteration.event_count, event);
    workflows::apply(plan, iteration, event);
  };
  note(workflows::first_event("digits", request));
  note(workflows::attempt_started{"train", 1, at(4), at(64)});
  workflows::attempt_failure failure;
  failure.message = "exited with 1";
  failure.exit_code = 1;
  note(workflows::attempt_failed{"train", 1, at(5), failure, at(6)});
  note(workflows::attempt_started{"train", 2, at(6), at(66)});
  storage::put_summary(batch, loop, workflows::summarize(iteration));
  node.commit(batch);
}

void write_log(const test::fake_node& node, int attempt, const char* text) {
  const auto id = make_attempt_id(
    "digits", iteration_number{1}, "train",
    static_cast<std::uint32_t>(attempt));
  std::ofstream{node.attempt_log(id)} << text;
}

void add_version(test::fake_node& node, std::uint64_t number) {
  storage::version_record version;
  version.number = version_number{number};
  version.loop = "digits";
  version.source = "digits.1.train.1";
  version.artifact = {"model.joblib", digest, 10};
  version.created = at(9);
  version.who = "iteration";
  storage::write_batch batch;
  REQUIRE(node.registry().add_version(batch, node.number("digits"), version));
  node.commit(batch);
}

} // namespace

TEST_CASE("the assignment names the version that serves", "[api]") {
  engine it;
  const auto path = "/v1/loops/digits/assignment?unit=u%2F1";
  const auto none = it.get(path);
  CHECK(none.status == 404);
  CHECK(code_of(none) == "not_found");
  CHECK(none.body.find("has no champion yet") != std::string::npos);
  it.node.serve("digits", {version_number{3}, digest, "model.joblib"});
  CHECK(
    it.get_json(path) ==
    json(
      {{"loop", "digits"},
       {"unit", "u/1"},
       {"version", 3},
       {"arm", "champion"},
       {"propensity", 1.0},
       {"artifact",
        {{"uri", it.endpoint->url() + "/v1/artifacts/" + digest},
         {"digest", digest},
         {"name", "model.joblib"}}}}));
  CHECK(it.get("/v1/loops/nowhere/assignment").status == 404);
}

TEST_CASE("a new loop is described before anything has happened", "[api]") {
  engine it;
  const auto loop = it.get_json("/v1/loops/digits");
  CHECK(loop["name"] == "digits");
  CHECK(loop["paused"] == false);
  CHECK(loop["champion"].is_null());
  CHECK(loop["running"].empty());
  CHECK(loop["trigger"]["channels"][1]["needed"] == 300);
  CHECK(loop["definition"]["stages"][1]["after"] == json({"train"}));
  CHECK(loop["definition"]["keep"] == json({{"age_ms", 172'800'000}}));
  CHECK(loop["stored_bytes"] == 0);
  CHECK(it.get("/v1/loops/digits").body.find("hush") == std::string::npos);
  const auto all = it.get_json("/v1/loops")["loops"];
  REQUIRE(all.size() == 2);
  CHECK(all[0]["name"] == "digits");
  CHECK(all[1]["name"] == "other");
}

TEST_CASE("a queued stage says what it waits for", "[api]") {
  engine it;
  start_iteration(it.node);
  it.node.pools = {{"", 16, 3, 0}};
  const auto n = it.node.number("digits");
  const auto plan = digits_loop();
  const auto state =
    it.node.journal().load_iteration(n, iteration_number{1}, plan);
  REQUIRE(state);
  const auto started = state->stages.at("train").started;
  storage::write_batch batch;
  storage::record(
    batch, n, iteration_number{1}, state->event_count,
    workflows::attempt_queued{"train", 2, started + 1s, started + 10min});
  it.node.commit(batch);
  const auto read = [&] {
    const auto stages = it.get_json("/v1/loops/digits/iterations/1")["stages"];
    return stages[0];
  };
  const auto train = read();
  CHECK(train["status"] == "queued");
  CHECK(train["started"] == to_iso8601(started));
  CHECK(train["due"] == to_iso8601(started + 10min));
  CHECK(
    train["slot"] ==
    json({{"label", ""}, {"slots", 16}, {"held", 3}, {"waiting", 0}}));
  CHECK(train["attempts"].back()["outcome"] == "queued");
  CHECK(train["attempts"].back()["queued"] == to_iso8601(started));
  CHECK(train["attempts"].back()["started"].is_null());

  storage::write_batch next;
  const auto note = [&](std::uint32_t after, workflows::iteration_event event) {
    storage::record(
      next, n, iteration_number{1}, state->event_count + after,
      std::move(event));
  };
  note(
    1, workflows::attempt_dispatched{"train", 2, started + 2s, started + 62s});
  workflows::attempt_failure failure;
  failure.message = "row 7";
  failure.name = "bad_data";
  note(2, workflows::attempt_failed{"train", 2, started + 3s, failure, {}});
  it.node.commit(next);
  const auto failed = read();
  CHECK(failed["status"] == "failed");
  CHECK(failed["slot"].is_null());
  CHECK(failed["failure_name"] == "bad_data");
  CHECK(failed["attempts"].back()["name"] == "bad_data");
  CHECK(failed["attempts"].back()["started"] == to_iso8601(started + 2s));
}

TEST_CASE(
  "a running loop shows its stages, their progress and its trigger", "[api]") {
  engine it;
  start_iteration(it.node);
  it.node.running["train"] = {0.4, "epoch 2/5"};
  storage::monitor_state monitor;
  monitor.cursor = sequence{900};
  monitor.joined = {{"correction", 322}};
  for (const double value : {1.0, 1.0, 0.0, 1.0})
    REQUIRE(monitor.metrics.add(
      {"accuracy", version_number{1}, value, {{"device", "pen"}}}));
  storage::write_batch batch;
  storage::put_monitor(batch, it.node.number("digits"), monitor);
  it.node.commit(batch);

  const auto loop = it.get_json("/v1/loops/digits");
  CHECK(loop["last_iteration"] == 1);
  const auto& train = loop["running"][0]["stages"][0];
  CHECK(train["status"] == "running");
  CHECK(train["attempt"] == 2);
  CHECK(train["progress"] == json({{"done", 0.4}, {"note", "epoch 2/5"}}));
  CHECK(loop["running"][0]["stages"][1]["status"] == "pending");
  const auto& correction = loop["trigger"]["channels"][1];
  CHECK(correction["joined"] == 322);
  CHECK(correction["since_last_start"] == 10);
  REQUIRE(loop["metrics"].size() == 1);
  CHECK(loop["metrics"][0]["mean"] == 0.75);
  CHECK(loop["metrics"][0]["interval"].size() == 2);
  CHECK(loop["iterations"][0]["number"] == 1);

  const auto metrics = it.get_json("/v1/loops/digits/metrics")["metrics"];
  REQUIRE(metrics.size() == 2);
  CHECK(metrics[1]["attribute"] == "device");
  CHECK(metrics[1]["value"] == "pen");
  CHECK(metrics[1]["count"] == 4);
}

TEST_CASE("an iteration tells its attempts and its events", "[api]") {
  engine it;
  start_iteration(it.node);
  const auto iteration = it.get_json("/v1/loops/digits/iterations/1");
  CHECK(iteration["outcome"] == "running");
  CHECK(iteration["reason"] == "correction gained 312 of 300");
  const auto& attempts = iteration["stages"][0]["attempts"];
  REQUIRE(attempts.size() == 2);
  CHECK(attempts[0]["outcome"] == "failed");
  CHECK(attempts[0]["message"] == "exited with 1");
  CHECK(attempts[0]["exit_code"] == 1);
  CHECK(attempts[1]["outcome"] == "running");
  CHECK(attempts[1]["id"] == "digits.1.train.2");

  const auto events =
    it.get_json("/v1/loops/digits/iterations/1/events")["events"];
  REQUIRE(events.size() == 4);
  CHECK(events[0]["type"] == "iteration_started");
  CHECK(events[2]["type"] == "attempt_failed");
  CHECK(events[2]["index"] == 2);

  CHECK(it.get("/v1/loops/digits/iterations/2").status == 404);
  CHECK(it.get("/v1/loops/digits/iterations/0").status == 400);
  CHECK(it.get("/v1/loops/digits/iterations/x").status == 400);
  CHECK(it.get("/v1/loops/nowhere/iterations/1").status == 404);
}

TEST_CASE("a skip and a cleanup are told with their reasons", "[api]") {
  engine it;
  start_iteration(it.node);
  const auto loop = it.node.number("digits");
  const auto plan = digits_loop();
  const auto number = iteration_number{1};
  auto iteration = *it.node.journal().load_iteration(loop, number, plan);
  storage::write_batch batch;
  const auto note = [&](const workflows::iteration_event& event) {
    storage::record(batch, loop, number, iteration.event_count, event);
    workflows::apply(plan, iteration, event);
  };
  note(workflows::stage_skipped{"gate", "ann", "flaky scores", at(7)});
  workflows::attempt_failure failure;
  failure.message = "exited with 1";
  note(workflows::attempt_failed{"train", 2, at(8), failure, {}});
  note(workflows::cleanup_started{
    workflows::iteration_outcome::failed, "train failed", at(8)});
  note(workflows::attempt_started{"notify", 1, at(8), at(68)});
  storage::put_summary(batch, loop, workflows::summarize(iteration));
  it.node.commit(batch);

  const auto shown = it.get_json("/v1/loops/digits/iterations/1");
  CHECK(shown["outcome"] == "running");
  CHECK(shown["ending"] == "failed");
  const auto& stages = shown["stages"];
  REQUIRE(stages.size() == 3);
  CHECK(stages[0]["cleanup"].is_null());
  CHECK(stages[0]["skipped_by"] == "");
  CHECK(stages[1]["status"] == "skipped");
  CHECK(stages[1]["skipped_by"] == "ann");
  CHECK(stages[1]["skip_reason"] == "flaky scores");
  CHECK(stages[2]["name"] == "notify");
  CHECK(stages[2]["cleanup"] == "on_failure");
  CHECK(stages[2]["status"] == "running");
  CHECK(stages[2]["attempts"][0]["id"] == "digits.1.notify.1");

  const auto events =
    it.get_json("/v1/loops/digits/iterations/1/events")["events"];
  CHECK(events[4]["type"] == "stage_skipped");
  CHECK(events[4]["who"] == "ann");
  CHECK(events[4]["stage"] == "gate");
  CHECK(events[6]["type"] == "cleanup_started");
  CHECK(events[6]["outcome"] == "failed");
  CHECK(events[6]["reason"] == "train failed");

  const auto definition = it.get_json("/v1/loops/digits")["definition"];
  CHECK(definition["stages"][1]["when"] == "train accuracy >= 0.9");
  CHECK(definition["cleanup"][0]["cleanup"] == "on_failure");
  CHECK(definition["cleanup"][0]["name"] == "notify");
}

TEST_CASE("iterations come in pages, the newest first", "[api]") {
  engine it;
  storage::write_batch batch;
  for (std::uint64_t n = 1; n <= 5; ++n) {
    workflows::iteration_summary summary;
    summary.start.number = iteration_number{n};
    storage::put_summary(batch, it.node.number("digits"), summary);
  }
  it.node.commit(batch);
  const auto first = it.get_json("/v1/loops/digits/iterations?limit=2");
  CHECK(first["iterations"][0]["number"] == 5);
  CHECK(first["iterations"].size() == 2);
  CHECK(first["next_before"] == 4);
  const auto last = it.get_json("/v1/loops/digits/iterations?before=3&limit=2");
  CHECK(last["iterations"][1]["number"] == 1);
  CHECK(last["next_before"].is_null());
  CHECK(it.get("/v1/loops/digits/iterations?limit=9999").status == 400);
  CHECK(it.get("/v1/loops/digits/iterations?limt=9").status == 400);
}

TEST_CASE("a log is read piece by piece until it is final", "[api]") {
  engine it;
  start_iteration(it.node);
  const std::string path = "/v1/loops/digits/iterations/1/stages/train/log";
  const auto before = it.get(path);
  CHECK(before.status == 200); // The attempt has written nothing yet.
  CHECK(before.body.empty());
  CHECK(before.header("ratchet-final") == "false");
  write_log(it.node, 2, "epoch 1\nepoch 2\n");
  const auto piece = it.get(path + "?limit=8");
  CHECK(piece.body == "epoch 1\n");
  CHECK(piece.header("content-type") == "text/plain; charset=utf-8");
  CHECK(piece.header("ratchet-next-offset") == "8");
  CHECK(piece.header("ratchet-attempt") == "2");
  const auto rest = it.get(path + "?offset=8");
  CHECK(rest.body == "epoch 2\n");
  CHECK(rest.header("ratchet-next-offset") == "16");
  CHECK(rest.header("ratchet-final") == "false"); // It still runs.
  write_log(it.node, 1, "Traceback\n");
  const auto ended = it.get(path + "?attempt=1");
  CHECK(ended.body == "Traceback\n");
  CHECK(ended.header("ratchet-final") == "true");
  CHECK(it.get(path + "?attempt=1&limit=3").header("ratchet-final") == "false");
  CHECK(it.get(path + "?attempt=3").status == 404);
  CHECK(it.get("/v1/loops/digits/iterations/1/stages/gate/log").status == 404);
  CHECK(
    it.get("/v1/loops/digits/iterations/1/stages/..%2Ftrain/log").status ==
    404);
}

TEST_CASE("decisions are the loop's journal in order", "[api]") {
  engine it;
  start_iteration(it.node);
  const auto page = it.get_json("/v1/loops/digits/decisions?from=1&limit=2");
  REQUIRE(page["decisions"].size() == 2);
  CHECK(page["decisions"][0]["type"] == "loop_paused");
  CHECK(page["decisions"][0]["who"] == "ann");
  CHECK(page["decisions"][0]["index"] == 1);
  CHECK(page["total"] == 4);
  CHECK(page["next"] == 3);
  const auto last = it.get_json("/v1/loops/digits/decisions?from=3");
  CHECK(last["decisions"][0]["inputs"]["joined"]["correction"] == 312);
  CHECK(last["next"].is_null());
}

TEST_CASE("versions are listed with their artifacts", "[api]") {
  engine it;
  add_version(it.node, 1);
  add_version(it.node, 2);
  const auto page = it.get_json("/v1/loops/digits/versions?limit=1");
  CHECK(page["versions"][0]["version"] == 2);
  CHECK(page["versions"][0]["champion"] == false);
  CHECK(page["versions"][0]["artifact"]["name"] == "model.joblib");
  CHECK(page["next_before"] == 2);
  CHECK(
    it.get_json(
      "/v1/loops/digits/versions?before=2")["versions"][0]["version"] == 1);
}
