#include "workflows/drops.hpp"

#include "live_loop.hpp"
#include "ratchet/loop.hpp"
#include "workflows/check.hpp"

#include <catch2/catch.hpp>

/// From what the monitor says of a metric to an alarm, to a start, and to the
/// end of the alarm.

using namespace ratchet;
using namespace ratchet::workflows;
using namespace ratchet::workflows::testing;
using namespace std::chrono_literals;

namespace {

const char* const low_accuracy =
  "drop_of(\"accuracy\", {.below = 0.9, .mean_days_between_false_alarms = "
  "30})";

loop_definition watching(const ratchet::loop& made) {
  auto definition = made.definition();
  definition.stages = {step("train")};
  return definition;
}

loop_definition triggered() {
  return watching(ratchet::loop("digits")
                    .channel(boolean("verdict"))
                    .metric("accuracy")
                    .from("verdict")
                    .retrain_when(drop_of("accuracy", {.below = 0.9})));
}

/// What the monitor says of the champion of `record`.
drop_reading reading(drop_level level, std::uint64_t record = 0) {
  drop_reading r;
  r.level = level;
  r.version = version_number{3};
  r.record = record;
  r.evidence = level == drop_level::alarm ? 31.25 : 4;
  r.threshold = level == drop_level::alarm ? 30 : 3;
  r.observations = 1'204;
  r.mean = 0.8871;
  r.recent = 312;
  r.recent_mean = 0.71234;
  r.since = from_ms(900'000);
  r.at = from_ms(990'000);
  return r;
}

trigger_inputs says(const drop_reading& r) {
  trigger_inputs inputs;
  inputs.cursor = sequence{77};
  inputs.drops[low_accuracy] = r;
  return inputs;
}

struct live_drop : loop_under_test {
  live_drop() { definition = triggered(); }

  void promote() {
    must(
      register_version{"digest-" + std::to_string(state.event_count), {}, {}});
    must(set_champion{state.last_version, "ann", "good"});
  }
  [[nodiscard]] std::uint64_t record() const {
    return watch_record_of(state.trigger, low_accuracy);
  }
  std::vector<loop_event> hear(drop_level level) {
    return must(consider_start{says(reading(level, record()))});
  }
};

} // namespace

TEST_CASE("a drop is found among the conditions and the metrics") {
  auto definition =
    watching(ratchet::loop("digits")
               .channel(boolean("verdict"))
               .channel(number_between("latency", 0, 2'000))
               .metric("accuracy")
               .from("verdict")
               .alarm({.below = 0.9})
               .metric("latency")
               .from("latency")
               .lower_is_better()
               .alarm(
                 {.above = 500,
                  .mean_days_between_false_alarms = 7,
                  .observations_between_false_alarms = 1'000,
                  .mean_days_between_false_warnings = 1})
               .retrain_when(all_of(
                 every(1h), any_of(drop_of("accuracy", {.below = 0.9})))));
  const auto all = watched_drops(definition);
  REQUIRE(all.size() == 2); // Said twice, watched once.
  CHECK(
    all.at(low_accuracy) == watched_drop{"accuracy", {0.9, false, 30, 0, 0}});
  CHECK(
    all.at("drop_of(\"latency\", {.above = 500, "
           ".mean_days_between_false_alarms = 7, "
           ".observations_between_false_alarms = 1000, "
           ".mean_days_between_false_warnings = 1})") ==
    watched_drop{"latency", {500, true, 7, 1, 1'000}, 0, 2'000});
  CHECK(warn_days_of({0.9, false, 30, 0, 0}) == 3);
  CHECK(warn_days_of({0.9, false, 30, 7, 0}) == 7);
  CHECK(check(definition).ok());
}

TEST_CASE("a drop says itself in one sentence with numbers") {
  const drop_rule rule{0.9, false, 30, 0, 0};
  CHECK(
    drop_sentence("accuracy", rule, nullptr) ==
    "nothing has been seen of accuracy since its watch began");
  auto r = reading(drop_level::calm);
  CHECK(
    drop_sentence("accuracy", rule, &r) ==
    "accuracy of version 3 is 0.8871 on average over 1204 observations; the "
    "evidence that it fell below 0.9 is 4 of 30 days");
  r = reading(drop_level::warning);
  CHECK(
    drop_sentence("accuracy", rule, &r) ==
    "accuracy of version 3 may have fallen below 0.9: 0.7123 on average over "
    "the last 312 of 1204 observations; evidence of 4 days, of 3 (by chance it "
    "comes so far once in 3 days)");
  r = reading(drop_level::alarm);
  r.recent = r.observations;
  r.version = {};
  CHECK(
    drop_sentence("error", {0.1, true, 30, 0, 0}, &r) ==
    "error of what serves without a version rose above 0.1: 0.8871 on average "
    "over 1204 observations; evidence of 31.25 days, of 30 (by chance it comes "
    "so far once in 30 days)");
}

TEST_CASE("an alarm is raised once, and starts an iteration", "[loop]") {
  live_drop live;
  live.promote();
  CHECK(live.hear(drop_level::calm).empty());
  auto events = live.hear(drop_level::warning);
  REQUIRE(events.size() == 1);
  const auto warning = std::get<drop_raised>(events[0]);
  CHECK(warning.reading.level == drop_level::warning);
  CHECK(live.hear(drop_level::warning).empty());

  const auto number = live.state.event_count;
  events = live.hear(drop_level::alarm);
  REQUIRE(events.size() == 2);
  const auto& alarm = std::get<drop_raised>(events[0]);
  CHECK(alarm.condition == low_accuracy);
  CHECK(alarm.metric == "accuracy");
  CHECK(alarm.rule == drop_rule{0.9, false, 30, 0, 0});
  CHECK(alarm.reading == reading(drop_level::alarm, live.record()));
  CHECK(alarm.cursor == sequence{77});
  CHECK(alarm.at == live.now);
  CHECK(
    alarm.sentence == drop_sentence("accuracy", alarm.rule, &alarm.reading));
  const auto& start = std::get<iteration_requested>(events[1]);
  CHECK(start.reason == alarm.sentence);
  CHECK(start.inputs.drops.at(low_accuracy) == alarm.reading);
  REQUIRE(live.state.alarms.size() == 2);
  CHECK(live.state.alarms[1].event == number);
  CHECK_FALSE(live.state.alarms[1].closed);
  // Inputs are not what the next start is compared with.
  CHECK(live.state.trigger.baseline.drops.empty());
  CHECK(live.hear(drop_level::alarm).empty());
}

TEST_CASE("a paused loop raises its alarms", "[loop]") {
  live_drop live;
  live.must(pause_loop{"ann", "holiday"});
  const auto events = live.hear(drop_level::alarm);
  REQUIRE(events.size() == 1);
  CHECK(std::holds_alternative<drop_raised>(events[0]));
}

TEST_CASE("a promotion ends alarms, and what was said before it", "[loop]") {
  live_drop live;
  live.must(pause_loop{"ann", "to see alarms alone"});
  const auto before = says(reading(drop_level::alarm, live.record()));
  live.must(consider_start{before});
  live.promote();
  REQUIRE(live.state.alarms.size() == 1);
  CHECK(live.state.alarms[0].closed == live.state.event_count - 1);
  CHECK(live.record() == live.state.event_count);
  // The monitor has not heard of the promotion yet.
  CHECK(live.must(consider_start{before}).empty());
  CHECK(current_reading(live.state.trigger, before, low_accuracy) == nullptr);
  CHECK(live.hear(drop_level::alarm).size() == 1);
  CHECK(live.state.alarms.size() == 2);
}

TEST_CASE("an acknowledgement ends an alarm and begins anew", "[loop]") {
  live_drop live;
  live.must(pause_loop{"ann", "to see alarms alone"});
  live.hear(drop_level::warning);
  const auto number = live.state.event_count;
  live.hear(drop_level::alarm);
  CHECK(
    live.refused(acknowledge_alarm{number + 7, "ann", ""}) == errc::not_found);
  const auto events =
    live.must(acknowledge_alarm{number, "ann", "a broken client"});
  REQUIRE(events.size() == 1);
  CHECK(
    std::get<alarm_acknowledged>(events[0]) ==
    alarm_acknowledged{
      number, low_accuracy, "ann", "a broken client", live.now});
  // With its warning; and it is over.
  CHECK(live.state.alarms[0].closed == live.state.event_count - 1);
  CHECK(live.state.alarms[1].closed == live.state.event_count - 1);
  CHECK(live.must(acknowledge_alarm{number, "bob", "too"}).empty());
  CHECK(live.record() == live.state.event_count);
  live.must(resume_loop{"ann", ""});
  CHECK(live.must(consider_start{says(reading(drop_level::alarm, 0))}).empty());
  CHECK(live.hear(drop_level::alarm).size() == 2);
}

TEST_CASE("old alarms are forgotten, open ones are not", "[loop]") {
  live_drop live;
  live.definition.metrics[0].alarm = drop_rule{0.5, false, 30, 0, 0};
  live.must(pause_loop{"ann", "to see alarms alone"});
  const auto other = drop_text("accuracy", *live.definition.metrics[0].alarm);
  trigger_inputs inputs;
  inputs.drops[other] = reading(drop_level::alarm);
  live.must(consider_start{inputs});
  for (std::size_t i = 0; i < kept_alarms + 5; ++i) {
    live.hear(drop_level::alarm);
    live.must(acknowledge_alarm{live.state.event_count - 1, "ann", ""});
  }
  const auto& alarms = live.state.alarms;
  REQUIRE(alarms.size() == kept_alarms + 1);
  CHECK(alarms[0].condition == other);
  CHECK_FALSE(alarms[0].closed);
}

TEST_CASE("with hysteresis an alarm starts one iteration", "[loop]") {
  live_drop live;
  live.definition.trigger.condition->hysteresis = true;
  CHECK(live.hear(drop_level::alarm).size() == 2);
  live.must(close_iteration{iteration_number{1}, iteration_outcome::completed});
  CHECK(live.hear(drop_level::alarm).empty()); // It holds still.
  live.must(acknowledge_alarm{live.state.alarms[0].event, "ann", "seen"});
  CHECK(live.hear(drop_level::calm).size() == 1); // Armed again.
  CHECK(live.hear(drop_level::alarm).size() == 2);
}

TEST_CASE("breaches of drops and windows are named", "[check]") {
  using make = std::function<void(ratchet::loop&)>;
  const auto breach = [](const make& change) {
    ratchet::loop made("digits");
    made.channel(boolean("verdict"))
      .channel(any_number("tokens"))
      .channel(number_between("latency", 0, 2e9))
      .metric("tokens")
      .from("tokens")
      .metric("latency")
      .from("latency")
      .lower_is_better()
      .metric("accuracy")
      .from("verdict");
    change(made);
    const auto checked = check(watching(made));
    return checked ? std::string{} : checked.err().message;
  };
  const auto trigger_on = [&](const std::string& metric, drop_limits limits) {
    return breach(
      [&](auto& made) { made.retrain_when(drop_of(metric, limits)); });
  };
  const std::string at = "loop \"digits\": trigger: ";
  CHECK(trigger_on("accuracy", {.below = 0.9}).empty());
  CHECK(
    trigger_on("acc", {.below = 0.9}) ==
    at + "metric \"acc\" is not declared; add metric(\"acc\").from(...)");
  const auto both = at +
    "the drop of metric \"accuracy\" needs one limit; give either .below or "
    ".above";
  CHECK(trigger_on("accuracy", {}) == both);
  CHECK(trigger_on("accuracy", {.below = 0.5, .above = 0.5}) == both);
  CHECK(
    trigger_on("accuracy", {.above = 0.9}) ==
    at +
      "metric \"accuracy\" is the better the higher, so it drops below a "
      "limit; give .below, or declare it lower_is_better()");
  CHECK(
    trigger_on("latency", {.below = 0.9}) ==
    at +
      "metric \"latency\" is the better the lower, so it gets worse above a "
      "limit; give .above, or declare it higher_is_better()");
  CHECK(
    trigger_on("tokens", {.below = 9}) ==
    at +
      "metric \"tokens\" is made from channel \"tokens\", which has no bounds, "
      "and a drop is watched for inside of some; declare it with "
      "number_between(...)");
  CHECK(
    trigger_on("accuracy", {.below = 1}) ==
    at + "a limit of 1 for metric \"accuracy\" is not between 0 and 1");
  CHECK(
    trigger_on("latency", {.above = 5}) ==
    at +
      "metric \"latency\" is watched for a drop, so its channel's bounds may "
      "be 1e9 at most");
  CHECK(
    trigger_on(
      "accuracy", {.below = 0.9, .mean_days_between_false_alarms = 0}) ==
    at + "false alarms 0 days apart; give more than 0 and at most 36500");
  CHECK(
    trigger_on(
      "accuracy", {.below = 0.9, .mean_days_between_false_warnings = 31}) ==
    at +
      "false warnings 31 days apart; give at most the 30 days of alarms, or 0 "
      "for a tenth of them");
  CHECK(
    breach([](auto& made) { made.alarm({}); }) ==
    "loop \"digits\": metric \"accuracy\": the drop of metric \"accuracy\" "
    "needs one limit; give either .below or .above");
  CHECK(
    breach([](auto& made) {
      made.windows({1h, 2h, 24h});
    }) ==
    "loop \"digits\": windows of 1h every 2h, kept for 1d; give a slide of at "
    "most the size, and keep them for their size at least");
  CHECK(
    breach([](auto& made) {
      made.windows({1h, 1s, 240h});
    }) ==
    "loop \"digits\": windows of 1h every 1s, kept for 10d, are made of more "
    "than 5000 pieces; keep them for less, or let size and slide have a larger "
    "common divisor");
  CHECK(
    ratchet::loop("x").alarm({.below = 0.5}).mistake() ==
    "alarm comes before any metric; call it after metric(...)");
}
