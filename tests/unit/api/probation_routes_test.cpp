#include "tests/unit/api/engine.hpp"
#include "tests/unit/api/recorded.hpp"
#include "workflows/loop_state.hpp"

#include <catch2/catch.hpp>

using namespace ratchet;
using namespace std::chrono_literals;
using ratchet::test::engine;
using ratchet::test::happened;
using ratchet::test::recorded_iteration;

namespace {

const workflows::drop_rule rule{0.9, false, 30, 0, 0};

/// Version 2 is champion since an hour, on probation for a day.
workflows::champion_moved promotion(time_point now) {
  workflows::champion_moved moved{
    workflows::move_kind::promotion,
    version_number{1},
    version_number{2},
    iteration_number{1},
    "iteration 1",
    "better",
    now - 1h};
  moved.probation = 24h;
  return moved;
}

/// What took it back half an hour ago.
workflows::champion_moved rollback(time_point now) {
  workflows::probation_alarm alarm;
  alarm.condition = workflows::drop_text("accuracy", rule);
  alarm.metric = "accuracy";
  alarm.rule = rule;
  alarm.reading = {
    workflows::drop_level::alarm,
    version_number{2},
    3,
    31.5,
    30,
    1'204,
    0.88,
    312,
    0.71,
    now - 50min,
    now - 31min,
    0.85,
    0.91};
  alarm.cursor = sequence{9};
  alarm.since = now - 1h;
  alarm.until = now + 23h;
  workflows::champion_moved moved{
    workflows::move_kind::rollback,
    version_number{2},
    version_number{1},
    {},
    "probation",
    workflows::rollback_sentence(alarm, version_number{2}, version_number{1}),
    now - 30min};
  moved.alarm = alarm;
  return moved;
}

/// With the registry's part of it, as the supervisor writes it.
void add_versions(test::fake_node& node) {
  storage::write_batch batch;
  for (std::uint64_t n = 1; n <= 2; ++n) {
    storage::version_record version;
    version.number = version_number{n};
    version.loop = "digits";
    version.source = "digits." + std::to_string(n) + ".train.1";
    version.artifact = {"model.joblib", std::string(64, 'a'), 10};
    REQUIRE(node.registry().add_version(batch, node.number("digits"), version));
  }
  node.commit(batch);
}

void move_alias(
  test::fake_node& node, const workflows::champion_moved& moved,
  version_number expected) {
  storage::write_batch batch;
  REQUIRE(node.registry().move_alias(
    batch, node.number("digits"),
    {"champion", expected, moved.to, moved.at, moved.who, moved.reason}));
  node.commit(batch);
}

} // namespace

TEST_CASE("a loop shows its champion's probation", "[api][probation]") {
  engine it;
  const auto now = it.clock.now();
  CHECK(it.get_json("/v1/loops/digits")["probation"].is_null());
  CHECK(it.get_json("/v1/loops/digits")["champion_moved"].is_null());
  add_versions(it.node);
  move_alias(it.node, promotion(now), {});
  happened(it.node, {workflows::loop_adopted{now - 2h}, promotion(now)});
  const auto loop = it.get_json("/v1/loops/digits");
  CHECK(
    loop["probation"] ==
    json(
      {{"version", 2},
       {"previous", 1},
       {"from", to_iso8601(now - 1h)},
       {"until", to_iso8601(now + 23h)},
       {"over", false}}));
  CHECK(
    loop["champion_moved"] ==
    json(
      {{"at", to_iso8601(now - 1h)},
       {"from", nullptr},
       {"who", "iteration 1"},
       {"reason", "better"}}));
  it.clock.advance(23h);
  CHECK(it.get_json("/v1/loops/digits")["probation"]["over"] == true);
  const auto decision =
    it.get_json("/v1/loops/digits/decisions")["decisions"][1];
  CHECK(decision["probation_ms"] == 86'400'000);
  CHECK_FALSE(decision.contains("alarm"));
}

TEST_CASE("a rollback is shown wherever the version is", "[api][probation]") {
  engine it;
  const auto now = it.clock.now();
  const auto moved = rollback(now);
  add_versions(it.node);
  move_alias(it.node, moved, {});
  workflows::drop_raised raised{
    moved.alarm->condition, "accuracy",  rule,       moved.alarm->reading,
    "accuracy fell",        sequence{9}, now - 30min};
  happened(
    it.node,
    {workflows::loop_adopted{now - 2h}, promotion(now), raised, moved});
  storage::write_batch batch;
  it.node.registry().add_rollback(
    batch, it.node.number("digits"),
    {moved.from, moved.to, moved.at, moved.who, moved.reason, 3});
  it.node.commit(batch);

  const auto mark = json(
    {{"at", to_iso8601(now - 30min)},
     {"to", 1},
     {"who", "probation"},
     {"reason", moved.reason},
     {"decision", 3}});
  const auto loop = it.get_json("/v1/loops/digits");
  CHECK(loop["probation"].is_null());
  CHECK(loop["champion"] == 1);
  CHECK(loop["champion_moved"]["who"] == "probation");
  CHECK(loop["champion_moved"]["reason"] == moved.reason);
  const auto versions = it.get_json("/v1/loops/digits/versions")["versions"];
  REQUIRE(versions.size() == 2);
  CHECK(versions[0]["version"] == 2);
  CHECK(versions[0]["rolled_back"] == mark);
  CHECK(versions[1]["rolled_back"].is_null());
  const auto alarm = it.get_json("/v1/loops/digits/alarms")["alarms"][0];
  CHECK(alarm["state"] == "rolled_back");
  CHECK(alarm["who"] == "probation");
  CHECK(alarm["reason"] == moved.reason);
  const auto decision =
    it.get_json("/v1/loops/digits/decisions")["decisions"][3];
  CHECK(decision["type"] == "champion_moved");
  CHECK(decision["kind"] == "rollback");
  CHECK(decision["alarm"]["metric"] == "accuracy");
  CHECK(decision["alarm"]["rule"]["below"] == 0.9);
  CHECK(decision["alarm"]["reading"]["mean"] == 0.88);
  CHECK(decision["alarm"]["reading"]["interval"] == json({0.85, 0.91}));
  CHECK(decision["alarm"]["reading"]["threshold_days"] == 30);
  CHECK(decision["alarm"]["probation_until"] == to_iso8601(now + 23h));
  // The export has it, too.
  const auto exported = it.get("/v1/loops/digits/export").body;
  CHECK(exported.find("\"rolled_back\":{\"at\":") != std::string::npos);
}

TEST_CASE("an iteration says that its version was", "[api][probation]") {
  engine it;
  recorded_iteration made{it.node, 1};
  workflows::stage_result model;
  model.version = version_number{2};
  made.after(1).send(workflows::finish_attempt{"train", 1, model, false});
  const std::string path = "/v1/loops/digits/iterations/1";
  CHECK(it.get_json(path)["rolled_back"].is_null());
  CHECK(it.get_json(path + "/timeline")["rolled_back"].is_null());
  storage::write_batch batch;
  it.node.registry().add_rollback(
    batch, it.node.number("digits"),
    {version_number{2}, version_number{1}, it.clock.now(), "ann", "slow", 7});
  it.node.commit(batch);
  CHECK(it.get_json(path)["rolled_back"]["reason"] == "slow");
  CHECK(it.get_json(path + "/timeline")["rolled_back"]["to"] == 1);
  CHECK(
    it.get_json("/v1/loops/digits")["running"][0]["rolled_back"]["who"] ==
    "ann");
}
