#include "storage/monitor_store.hpp"
#include "tests/unit/api/engine.hpp"
#include "tests/unit/api/recorded.hpp"
#include "workflows/loop_state.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using namespace ratchet;
using namespace std::chrono_literals;
using ratchet::test::code_of;
using ratchet::test::engine;
using ratchet::test::happened;

namespace {

const workflows::drop_rule rule{0.9, false, 30, 0, 0};
const std::string condition = workflows::drop_text("accuracy", rule);

workflows::drop_reading
reading(workflows::drop_level level, std::uint64_t record) {
  return {
    level,
    version_number{3},
    record,
    31.5,
    30,
    1'204,
    0.88,
    312,
    0.71,
    from_ms(1'789'999'000'000),
    from_ms(1'789'999'900'000)};
}

workflows::drop_raised
raised(workflows::drop_level level, std::uint64_t record, time_point at) {
  const auto r = reading(level, record);
  return {
    condition,
    "accuracy",
    rule,
    r,
    workflows::drop_sentence("accuracy", rule, &r),
    sequence{9},
    at};
}

/// The monitor's watch of the champion, begun with `record`, after an alarm.
void watch(engine& it, std::uint64_t record) {
  storage::monitor_state monitor;
  auto& one = monitor.drops.all[condition];
  one = analysis::begin_watch(
    "accuracy", {0, 1, 0.9, false, 30, 3, 0}, {record, version_number{3}});
  for (int i = 0; i < 200; ++i)
    analysis::observe(one, 0, from_ms(1'789'000'000'000 + i * 60'000));
  monitor.drops.changed.insert(condition);
  storage::write_batch batch;
  storage::put_monitor(batch, it.node.number("digits"), monitor);
  it.node.commit(batch);
}

} // namespace

TEST_CASE("what is watched is shown before anything is seen", "[api][alarms]") {
  engine it;
  CHECK(it.get_json("/v1/loops/digits/alarms")["watched"].empty());
  it.node.definition("digits").metrics[0].alarm = rule;
  const auto all = it.get_json("/v1/loops/digits/alarms");
  REQUIRE(all["watched"].size() == 1);
  const auto& one = all["watched"][0];
  CHECK(one["condition"] == condition);
  CHECK(one["level"] == "calm");
  CHECK(one["state"] == "no_data");
  CHECK(one["reading"].is_null());
  CHECK(
    one["rule"] ==
    json(
      {{"below", 0.9},
       {"mean_days_between_false_alarms", 30.0},
       {"mean_days_between_false_warnings", 3.0}}));
  CHECK(all["alarms"].empty());
  CHECK(it.get("/v1/loops/digits/alarms?x=1").status == 400);
  CHECK(it.get("/v1/loops/nowhere/alarms").status == 404);
}

TEST_CASE("alarms come with what raised and what ended them", "[api][alarms]") {
  engine it;
  it.node.definition("digits").metrics[0].alarm = rule;
  const auto now = it.clock.now();
  using workflows::drop_level;
  happened(
    it.node,
    {workflows::loop_adopted{now - 9h}, raised(drop_level::alarm, 0, now - 8h),
     workflows::alarm_acknowledged{1, condition, "ann", "a client", now - 7h},
     raised(drop_level::alarm, 3, now - 6h),
     workflows::champion_moved{
       workflows::move_kind::promotion,
       {},
       version_number{3},
       iteration_number{1},
       "iteration 1",
       "better",
       now - 5h},
     raised(drop_level::warning, 5, now - 1h)});
  watch(it, 5);
  const auto all = it.get_json("/v1/loops/digits/alarms");
  REQUIRE(all["alarms"].size() == 3);
  // Of these, none that is open is an alarm; the warning is told apart.
  CHECK(it.get_json("/v1/loops/digits")["open_alarms"] == 0);
  const auto gauges = it.get("/metrics").body;
  CHECK(
    gauges.find(
      "ratchet_loop_open_alarms{loop=\"digits\",level=\"warning\"} 1") !=
    std::string::npos);
  const auto& open = all["alarms"][0];
  CHECK(open["alarm"] == 5);
  CHECK(open["level"] == "warning");
  CHECK(open["state"] == "open");
  CHECK(open["raised"] == to_iso8601(now - 1h));
  CHECK(open["sentence"].get<std::string>().find("may have fallen") < 40);
  const auto& superseded = all["alarms"][1];
  CHECK(superseded["state"] == "superseded");
  CHECK(superseded["who"] == "iteration 1");
  CHECK(superseded["ended"] == to_iso8601(now - 5h));
  const auto& seen = all["alarms"][2];
  CHECK(seen["state"] == "acknowledged");
  CHECK(seen["reason"] == "a client");
  CHECK(seen["reading"]["evidence_days"] == 31.5);
  CHECK(seen["reading"]["threshold_days"] == 30);
  CHECK(seen["reading"]["since_onset"]["observations"] == 312);
  CHECK(seen["reading"]["since_onset"]["mean"] == 0.71);
  const auto& watched = all["watched"][0];
  CHECK(watched["level"] == "alarm");
  CHECK(watched["state"] == "data");
  CHECK(watched["evidence_now_days"] > 30);
  CHECK(watched["unusable"] == 0);
  // In the journal with all that it was decided on.
  const auto decisions = it.get_json("/v1/loops/digits/decisions");
  CHECK(decisions["decisions"][1]["type"] == "drop_raised");
  CHECK(decisions["decisions"][1]["reading"] == seen["reading"]);
  CHECK(decisions["decisions"][2]["type"] == "alarm_acknowledged");
  CHECK(decisions["decisions"][2]["alarm"] == 1);
  // The word on a watch that is over is none on this one.
  happened(
    it.node, {workflows::alarm_acknowledged{5, condition, "ann", "seen", now}});
  const auto anew = it.get_json("/v1/loops/digits/alarms")["watched"][0];
  CHECK(anew["state"] == "no_data");
  CHECK(anew["level"] == "calm");
}

TEST_CASE("an alarm is acknowledged with a reason", "[api][alarms]") {
  engine it;
  const auto path = "/v1/loops/digits/alarms/12/acknowledge";
  const auto answer = it.post(path, R"({"who":"ann","reason":"a client"})");
  CHECK(answer.status == 200);
  REQUIRE(it.node.requests.size() == 1);
  const auto& wish = it.node.requests[0];
  CHECK(wish.verb == actors::operator_verb::acknowledge);
  CHECK(wish.loop == "digits");
  CHECK(wish.alarm == 12);
  CHECK(wish.who == "ann");
  CHECK(wish.reason == "a client");
  CHECK(it.post(path, R"({"who":"ann"})").status == 400);
  CHECK(
    it.post("/v1/loops/digits/alarms/0/acknowledge", R"({"reason":"x"})")
      .status == 400);
  CHECK(
    it.post("/v1/loops/nowhere/alarms/1/acknowledge", R"({"reason":"x"})")
      .status == 404);
  CHECK(it.node.requests.size() == 1);
}
