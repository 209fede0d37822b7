#include "workflows/probation.hpp"

#include "live_loop.hpp"
#include "ratchet/loop.hpp"
#include "workflows/check.hpp"

#include <catch2/catch.hpp>

/// A champion on probation: what takes it back, and what does not.

using namespace ratchet;
using namespace ratchet::workflows;
using namespace ratchet::workflows::testing;
using namespace std::chrono_literals;

namespace {

const char* const low_accuracy =
  "drop_of(\"accuracy\", {.below = 0.9, .mean_days_between_false_alarms = "
  "30})";
const char* const high_latency =
  "drop_of(\"latency\", {.above = 500, .mean_days_between_false_alarms = 7})";

ratchet::loop watched() {
  return ratchet::loop("digits")
    .channel(boolean("verdict"))
    .channel(number_between("latency", 0, 2'000))
    .metric("accuracy")
    .from("verdict")
    .metric("latency")
    .from("latency")
    .lower_is_better()
    .alarm({.above = 500, .mean_days_between_false_alarms = 7})
    .retrain_when(drop_of("accuracy", {.below = 0.9}));
}

/// A loop with version 1 as champion; each promotion is of a new iteration.
struct live_probation : loop_under_test {
  live_probation() {
    definition = watched().definition();
    definition.stages = {step("train")};
    definition.max_in_flight = 9;
    must(register_version{"first", {}, {}});
    must(set_champion{state.last_version, "ann", "to begin with"});
  }

  champion_moved promote(duration probation = 24h) {
    must(start_iteration{"ann", "", {}});
    const auto iteration = state.last_iteration;
    must(
      register_version{"v" + std::to_string(iteration.value), iteration, {}});
    const auto events = must(promote_version{
      iteration, state.last_version, state.champion, "better", probation});
    REQUIRE(events.size() == 1);
    return std::get<champion_moved>(events[0]);
  }
  /// What the monitor found of the champion, `after` its promotion.
  [[nodiscard]] drop_reading found(
    duration after, drop_level level = drop_level::alarm,
    const std::string& condition = low_accuracy) const {
    drop_reading r;
    r.level = level;
    r.version = state.champion;
    r.record = watch_record_of(state.trigger, condition);
    r.evidence = 31.25;
    r.threshold = 30;
    r.observations = 1'204;
    r.mean = 0.8871;
    r.recent = 312;
    r.recent_mean = 0.71234;
    r.low = 0.8549;
    r.high = 0.9134;
    r.at = state.trigger.champion_since + after;
    return r;
  }
  std::vector<loop_event>
  hear(const drop_reading& reading, const char* condition = low_accuracy) {
    trigger_inputs inputs;
    inputs.cursor = sequence{77};
    inputs.drops[condition] = reading;
    return must(consider_start{inputs});
  }
  /// The alarm is raised, and that is all.
  void is_only_raised(const std::vector<loop_event>& events) {
    REQUIRE_FALSE(events.empty());
    CHECK(std::holds_alternative<drop_raised>(events[0]));
    for (const auto& event : events)
      CHECK_FALSE(std::holds_alternative<champion_moved>(event));
  }
};

constexpr version_number v(std::uint64_t n) {
  return {n};
}

} // namespace

TEST_CASE("a promotion begins a probation", "[probation]") {
  live_probation live;
  CHECK_FALSE(probation_of(live.state));
  const auto moved = live.promote(24h);
  CHECK(moved.probation == 24h);
  auto guarded = probation_of(live.state);
  REQUIRE(guarded);
  CHECK(guarded->version == v(2));
  CHECK(guarded->previous == v(1));
  CHECK(guarded->since == live.now);
  CHECK(guarded->until == live.now + 24h);
  // The next one begins its own, and would go back one step.
  live.now += 1h;
  live.promote(2h);
  guarded = probation_of(live.state);
  CHECK(guarded->version == v(3));
  CHECK(guarded->previous == v(2));
  CHECK(guarded->until == live.now + 2h);
  // One without it leaves the champion unguarded.
  live.promote(0h);
  CHECK_FALSE(probation_of(live.state));
}

TEST_CASE("the first champion has none to take it back", "[probation]") {
  loop_under_test live;
  live.must(start_iteration{"ann", "", {}});
  live.must(register_version{"a", iteration_number{1}, {}});
  const auto events =
    live.must(promote_version{iteration_number{1}, v(1), {}, "first", 24h});
  CHECK(std::get<champion_moved>(events[0]).probation == 0h);
  CHECK_FALSE(probation_of(live.state));
}

TEST_CASE("an alarm takes the champion back, in one decision", "[probation]") {
  live_probation live;
  live.promote(24h);
  const auto since = live.now;
  live.now += 6h;
  const auto reading = live.found(5h);
  const auto events = live.hear(reading);
  REQUIRE(events.size() == 2);
  CHECK(std::get<drop_raised>(events[0]).reading == reading);
  const auto& moved = std::get<champion_moved>(events[1]);
  CHECK(moved.kind == move_kind::rollback);
  CHECK(moved.from == v(2));
  CHECK(moved.to == v(1));
  CHECK(moved.iteration.value == 0);
  CHECK(moved.who == "probation");
  CHECK(moved.at == live.now);
  CHECK(
    moved.alarm ==
    probation_alarm{
      low_accuracy,
      "accuracy",
      {0.9, false, 30, 0, 0},
      reading,
      sequence{77},
      since,
      since + 24h});
  CHECK(
    moved.reason ==
    "version 2 was taken back after 5h of its probation of 1d, and version 1 "
    "serves again: accuracy of version 2 fell below 0.9: 0.7123 on average "
    "over the last 312 of 1204 observations; evidence of 31.25 days, of 30 (by "
    "chance it comes so far once in 30 days); on average 0.8871 over all 1204, "
    "which is 0.8549 to 0.9134 with 95 % confidence at all times");
  CHECK(live.state.champion == v(1));
  CHECK_FALSE(probation_of(live.state));
  REQUIRE(live.state.alarms.size() == 1);
  CHECK(live.state.alarms[0].closed == live.state.event_count - 1);

  // Once: what was said of version 2 says nothing of version 1.
  CHECK(live.hear(reading).empty());
  CHECK(live.refused(roll_back{"ann", "again"}) == errc::conflict);
  // And an alarm of version 1, which is on no probation, is only raised.
  live.is_only_raised(live.hear(live.found(1h)));
  CHECK(live.state.champion == v(1));
}

TEST_CASE("what is no alarm within the probation only says so", "[probation]") {
  live_probation live;
  live.promote(24h);
  SECTION("a warning") {
    live.is_only_raised(live.hear(live.found(1h, drop_level::warning)));
  }
  SECTION("an alarm made of what came at its end, or later") {
    live.is_only_raised(live.hear(live.found(24h)));
  }
  SECTION("of the champion before") {
    auto reading = live.found(1h);
    reading.record -= 3; // Another watch.
    CHECK(live.hear(reading).empty());
  }
  SECTION("of another version in the same watch") {
    auto reading = live.found(1h);
    reading.version = v(1);
    live.is_only_raised(live.hear(reading));
  }
  SECTION("of a metric that nobody watches any more") {
    live.definition.trigger.condition.reset();
    CHECK(live.hear(live.found(1h)).empty());
  }
  CHECK(live.state.champion == v(2));
  CHECK(probation_of(live.state));
}

TEST_CASE("an alarm counts by when its evidence was had", "[probation]") {
  live_probation live;
  live.promote(24h);
  live.now += 240h; // No engine ran.
  const auto events = live.hear(live.found(24h - 1ms));
  REQUIRE(events.size() == 2);
  CHECK(live.state.champion == v(1));
}

TEST_CASE("of several alarms the first takes it back", "[probation]") {
  live_probation live;
  live.promote(24h);
  trigger_inputs inputs;
  inputs.drops[low_accuracy] = live.found(7h);
  inputs.drops[high_latency] = live.found(6h, drop_level::alarm, high_latency);
  const auto events = live.must(consider_start{inputs});
  REQUIRE(events.size() == 3);
  CHECK(std::get<champion_moved>(events[2]).alarm->metric == "latency");
}

TEST_CASE("moving the champion by hand ends its probation", "[probation]") {
  live_probation live;
  live.promote(24h);
  const auto before = live.found(1h);
  SECTION("to a version") {
    live.must(register_version{"other", {}, {}});
    live.must(set_champion{v(3), "ann", "better still"});
  }
  SECTION("back") {
    live.must(roll_back{"ann", "slow"});
  }
  CHECK_FALSE(probation_of(live.state));
  const auto champion = live.state.champion;
  CHECK(live.hear(before).empty());
  live.is_only_raised(live.hear(live.found(1h)));
  CHECK(live.state.champion == champion);
}

TEST_CASE("neither an acknowledgement nor a pause ends it", "[probation]") {
  live_probation live;
  live.promote(24h);
  live.must(pause_loop{"ann", "holiday"});
  const auto warning = live.state.event_count;
  live.hear(live.found(1h, drop_level::warning));
  live.must(acknowledge_alarm{warning, "ann", "a broken client"});
  CHECK(probation_of(live.state));
  live.hear(live.found(2h));
  CHECK(live.state.champion == v(1));
}

TEST_CASE("a rollback cancels the experiment that runs", "[probation]") {
  live_probation live;
  live.promote(24h);
  live.must(start_iteration{"ann", "", {}});
  const auto iteration = live.state.last_iteration;
  live.must(register_version{"next", iteration, {}});
  live.must(want_experiment{{iteration, "experiment", 1, "f", {v(3)}}});
  REQUIRE(live.state.experiment);
  const auto events = live.hear(live.found(1h));
  REQUIRE(events.size() == 3);
  const auto& ended = std::get<experiment_ended>(events[2]);
  CHECK(ended.verdict.outcome == experiment_outcome::canceled);
  CHECK_THAT(
    ended.verdict.sentence,
    Catch::Contains("probation moved the champion to version 1"));
  CHECK_FALSE(live.state.experiment);
}

TEST_CASE("the trigger is asked on the champion that is back", "[probation]") {
  live_probation live;
  live.promote(24h);
  const auto reading = live.found(1h);
  // The drop would start an iteration, if it were not for the rollback.
  CHECK(live.hear(reading).size() == 2);
  CHECK(live.hear(reading).empty());
  // What counts feedback goes on counting.
  live.definition.trigger.condition =
    trigger_condition{condition_kind::feedback_count, "verdict", 10, {}, {}};
  trigger_inputs inputs;
  inputs.joined["verdict"] = 10;
  const auto events = live.must(consider_start{inputs});
  REQUIRE(events.size() == 1);
  CHECK(std::get<iteration_requested>(events[0]).champion == v(1));
}

TEST_CASE("a rollback starts what waits for one", "[probation]") {
  live_probation live;
  live.definition.trigger.condition->kind = condition_kind::any_of;
  auto& children = live.definition.trigger.condition->children;
  children.push_back(*drop_of("accuracy", {.below = 0.9}).policy().condition);
  children.push_back(*rolled_back().policy().condition);
  CHECK(to_text(children[1]) == "rolled_back()");
  live.promote(24h);
  const auto reading = live.found(1h);
  CHECK(live.hear(reading).size() == 2); // The alarm, and the rollback.
  auto events = live.hear(reading);
  REQUIRE(events.size() == 1);
  auto start = std::get<iteration_requested>(events[0]);
  CHECK(start.reason == "a version was rolled back");
  CHECK(start.inputs.rollbacks == 1);
  CHECK(start.champion == v(1));
  CHECK(live.hear(reading).empty()); // It began anew with the start.
  // By hand, too.
  live.promote(0h);
  live.must(roll_back{"ann", "slow"});
  live.promote(0h);
  live.must(roll_back{"ann", "slow as well"});
  events = live.hear(reading);
  start = std::get<iteration_requested>(events.at(0));
  CHECK(start.reason == "a version was rolled back");
}

TEST_CASE("breaches of a probation are named", "[check][probation]") {
  const auto breach = [](ratchet::loop made, duration probation) {
    made.stage("train", command("true")).promote({.probation = probation});
    const auto checked = check(made);
    return checked ? std::string{} : checked.err().message;
  };
  const std::string at = "loop \"digits\": stage \"promote\": ";
  CHECK(breach(watched(), 24h).empty());
  CHECK(
    breach(watched(), -1h) ==
    at + "probation is -1h; give a positive one, such as 24h");
  CHECK(
    breach(watched(), 7 * 24h) ==
    at + "a probation of 7d, in which " + high_latency +
      " may well raise a false alarm; give one far below the days between "
      "those");
  CHECK(
    breach(ratchet::loop("digits").channel(boolean("verdict")), 24h) ==
    at +
      "a probation of 1d, but no metric is watched that could end it; give "
      "one an alarm(...), or drop_of(...) in retrain_when");
}

TEST_CASE("a probation is part of what a loop is", "[probation]") {
  const auto plan = [](duration probation) {
    return watched()
      .stage("train", command("true"))
      .promote({.probation = probation})
      .definition();
  };
  CHECK(fingerprint(plan(24h)) != fingerprint(plan(0h)));
  CHECK(fingerprint(plan(24h)) != fingerprint(plan(25h)));
}
