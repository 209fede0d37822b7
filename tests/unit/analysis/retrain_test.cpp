#include "analysis/retrain.hpp"
#include "tests/unit/analysis/random_values.hpp"

#include <catch2/catch.hpp>

#include <map>
#include <string>
#include <vector>

using namespace ratchet;
using namespace ratchet::analysis;
using namespace std::chrono_literals;

namespace {

using v = retrain_verdict;

const time_point start = from_ms(1'800'000'000'000);

retrain_inputs labels(std::uint64_t n, time_point now = start) {
  return {.now = now, .new_labels = n};
}

/// A state whose last training ended `ago` before `start`.
retrain_state after(duration ago) {
  return {.last_end = start - ago};
}

v verdict(
  const retrain_state& state, const retrain_inputs& in,
  const retrain_policy& policy = {}) {
  return decide(policy, observe(policy, state, in), in).verdict;
}

/// Observes, decides and starts; the decision must start.
retrain_state start_now(retrain_state state, const retrain_inputs& in) {
  state = observe({}, state, in);
  const auto d = decide({}, state, in);
  REQUIRE(d.start);
  return started(state, d);
}

} // namespace

TEST_CASE("reasons and their precedence", "[retrain]") {
  auto in = labels(2'000);
  const auto old = after(31 * 24h);
  CHECK(verdict(after(48h), labels(1'999)) == v::nothing);
  CHECK(verdict(old, labels(1'999)) == v::stale);
  CHECK(verdict(old, in) == v::count);
  in.area_labels = 199;
  CHECK(verdict(old, in) == v::count);
  in.area_labels = 200;
  CHECK(verdict(old, in) == v::area);
  in.drop_alarm = true;
  CHECK(verdict(old, in) == v::drop);
  in.new_labels = 499;
  CHECK(verdict(old, in) == v::insufficient);
  auto cooling = after(23h);
  CHECK(verdict(cooling, in) == v::cooling_down);
  cooling.retry_at = start + 1ms;
  CHECK(verdict(cooling, in) == v::backing_off);
  cooling.broken = 4;
  CHECK(verdict(cooling, in) == v::needs_operator);
  cooling.in_flight = v::count;
  CHECK(verdict(cooling, in) == v::in_flight);
  // A model that was never trained is not stale.
  CHECK(verdict({}, labels(500)) == v::nothing);
}

TEST_CASE("borders are where the policy says", "[retrain]") {
  CHECK(verdict(after(24h), labels(2'000)) == v::count);
  CHECK(verdict(after(24h - 1ms), labels(2'000)) == v::cooling_down);
  CHECK(verdict(after(30 * 24h), labels(500)) == v::stale);
  CHECK(verdict(after(30 * 24h - 1ms), labels(500)) == v::nothing);
  auto state = after(48h);
  state.retry_at = start;
  CHECK(verdict(state, labels(2'000)) == v::count);
}

TEST_CASE("the drop trigger fires once until the metric is back") {
  const retrain_policy policy{.low = 0.8, .high = 0.85};
  auto in = labels(600);
  auto state = after(48h);
  in.metric = 0.8;
  CHECK(observe(policy, state, in).drop == drop_trigger::armed);
  in.metric = 0.79;
  state = observe(policy, state, in);
  CHECK(state.drop == drop_trigger::pending);
  // It stays pending though the metric is back, until a start.
  in.metric = 0.9;
  state = observe(policy, state, in);
  CHECK(state.drop == drop_trigger::pending);
  CHECK(decide(policy, state, in).verdict == v::drop);
  state = started(state, decide(policy, state, in));
  CHECK(state.drop == drop_trigger::disarmed);
  CHECK(state.in_flight == v::drop);
  state = ended(policy, state, retrain_outcome::passed, start);
  in.metric = 0.7;
  in.drop_alarm = true;
  CHECK(observe(policy, state, in).drop == drop_trigger::disarmed);
  in.metric = 0.849;
  CHECK(observe(policy, state, in).drop == drop_trigger::disarmed);
  in.metric.reset();
  CHECK(observe(policy, state, in).drop == drop_trigger::disarmed);
  in.metric = 0.85;
  in.drop_alarm = false;
  CHECK(observe(policy, state, in).drop == drop_trigger::armed);
  // Without a metric an alarm alone fires it.
  in.metric.reset();
  in.drop_alarm = true;
  CHECK(observe(policy, after(48h), in).drop == drop_trigger::pending);
}

TEST_CASE("failed gates double the cooldown up to a week", "[retrain]") {
  retrain_state state;
  std::vector<std::int64_t> hours;
  auto now = start;
  for (int i = 0; i < 5; ++i) {
    state = start_now(state, labels(2'000, now));
    state = ended({}, state, retrain_outcome::failed_gate, now);
    const auto d = decide({}, state, labels(2'000, now));
    REQUIRE(d.until);
    hours.push_back((*d.until - now) / 1h);
    now = *d.until;
  }
  CHECK(hours == std::vector<std::int64_t>{48, 96, 168, 168, 168});
  state = start_now(state, labels(2'000, now));
  state = ended({}, state, retrain_outcome::passed, now);
  CHECK(decide({}, state, labels(2'000, now)).until == now + 24h);
}

TEST_CASE("a broken training is tried again, then people are asked") {
  auto in = labels(2'000);
  in.drop_alarm = true;
  auto state = start_now({}, in);
  std::vector<std::int64_t> hours;
  for (int i = 0; i < 3; ++i) {
    state = ended({}, state, retrain_outcome::broke, in.now);
    CHECK(state.drop == drop_trigger::pending);
    in.drop_alarm = false;
    const auto d = decide({}, state, in);
    CHECK(d.verdict == v::backing_off);
    hours.push_back((*d.until - in.now) / 1h);
    in.now = *d.until;
    state = start_now(state, in);
    CHECK(state.in_flight == v::drop);
  }
  CHECK(hours == std::vector<std::int64_t>{1, 4, 24});
  state = ended({}, state, retrain_outcome::broke, in.now);
  in.now += 1'000h;
  CHECK(decide({}, state, in).verdict == v::needs_operator);
  state = acknowledged(state);
  CHECK(decide({}, state, in).verdict == v::drop);
  CHECK(state.starts == 4);
}

TEST_CASE("a start has one number, however often it is asked", "[retrain]") {
  const auto in = labels(2'000);
  retrain_state state;
  CHECK(decide({}, state, in).start == 1);
  CHECK(decide({}, state, in).start == 1);
  state = started(state, decide({}, state, in));
  CHECK_FALSE(decide({}, state, in).start);
  state = ended({}, state, retrain_outcome::passed, start - 48h);
  CHECK(decide({}, state, in).start == 2);
}

TEST_CASE("a training that does not pay waits, a drop does not") {
  // By hand: the error is 2 n^-.5, so from 10,000 to 12,500 labels it falls
  // from .02 by .02 (1 - sqrt(.8)) = .002111.
  retrain_economy e{
    .history = {{100, 0.2}, {400, 0.1}, {10'000, 0.02}},
    .labels = 10'000,
    .requests_per_day = 1'000,
    .days = 30,
    .value_per_error = 1,
    .cost = 42};
  auto in = labels(2'500);
  in.economy = e;
  auto d = decide({}, after(48h), in);
  CHECK(d.verdict == v::count);
  CHECK(*d.gain == Approx(0.00211146).epsilon(1e-5));
  CHECK(*d.net == Approx(63.3437 - 42).epsilon(1e-4));
  // 63.34 is 1.5 times 42.229: beyond it does not pay by half its cost.
  in.economy->cost = 42.3;
  d = decide({}, after(48h), in);
  CHECK(d.verdict == v::not_worth);
  CHECK_FALSE(d.start);
  in.drop_alarm = true;
  CHECK(verdict(after(48h), in) == v::drop);
  in.drop_alarm = false;
  // Nothing is known yet: it pays.
  in.economy->history.pop_back();
  CHECK(verdict(after(48h), in) == v::count);
}

TEST_CASE("drift asks for labels and starts nothing", "[retrain]") {
  auto in = labels(1'000);
  in.input_drift = true;
  const auto d = decide({}, after(48h), in);
  CHECK(d.verdict == v::nothing);
  CHECK(d.asks_for_labels);
  CHECK(
    d.sentence ==
    "1000 new labels, no drop, no area, not stale; the input has drifted: "
    "label more of what comes now");
}

TEST_CASE("each decision says why in one sentence", "[retrain]") {
  const auto say = [](const retrain_state& state, const retrain_inputs& in) {
    return decide({}, observe({}, state, in), in).sentence;
  };
  CHECK(
    say(after(48h), labels(1)) ==
    "1 new label of 500 without which nothing is trained");
  auto in = labels(2'000);
  CHECK(say(after(48h), in) == "training because there are 2000 new labels");
  in.area = "device is d3";
  in.area_labels = 321;
  CHECK(
    say(after(48h), in) ==
    "training because device is d3 is confirmed to be worse, with 321 labeled "
    "rows");
  in.drop_alarm = true;
  CHECK(
    say(after(48h), in) ==
    "training because the drop detector is in alarm, on 2000 new labels");
  auto state = after(2h);
  state.failed_gates = 1;
  CHECK(
    say(state, labels(600)) ==
    "the last training ended at " + to_iso8601(start - 2h) +
      " and failed its gate, number 1 in a row: cooling down until " +
      to_iso8601(start + 46h));
}

TEST_CASE("random histories keep the promises of the policy", "[retrain]") {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    CAPTURE(seed);
    testing::random_values random{seed};
    const retrain_policy policy{.low = 0.8, .high = 0.85};
    retrain_state state;
    auto now = start;
    std::uint64_t new_labels = 0;
    std::uint64_t last_start = 0;
    bool rearmed = true;
    for (int i = 0; i < 400; ++i) {
      now += duration{static_cast<std::int64_t>(random.below(20'000'000))};
      new_labels += random.below(120);
      retrain_inputs in{
        .now = now, .new_labels = new_labels, .drop_alarm = random.chance(0.1)};
      if (random.chance(0.9))
        in.metric = 0.7 + 0.2 * random.unit();
      const auto before = state;
      state = observe(policy, state, in);
      rearmed = rearmed || (in.metric && *in.metric >= policy.high);
      if (
        before.drop == drop_trigger::disarmed &&
        state.drop != drop_trigger::disarmed)
        REQUIRE(rearmed);
      const auto d = decide(policy, state, in);
      REQUIRE(d.start.has_value() == starts(d.verdict));
      REQUIRE_FALSE(d.sentence.empty());
      if (d.start) {
        // Single flight, in order, not in the cooldown, on enough labels.
        REQUIRE(*d.start == last_start + 1);
        REQUIRE_FALSE(state.in_flight);
        REQUIRE(new_labels >= policy.min_labels);
        if (state.last_end)
          REQUIRE(now - *state.last_end >= policy.cooldown);
        last_start = *d.start;
        state = started(state, d);
        if (state.in_flight == v::drop)
          rearmed = false;
      } else if (state.in_flight && random.chance(0.3)) {
        const auto outcome = random.chance(0.3) ? retrain_outcome::broke
          : random.chance(0.5)                  ? retrain_outcome::failed_gate
                                                : retrain_outcome::passed;
        if (outcome != retrain_outcome::broke)
          new_labels = 0;
        else
          rearmed = true;
        state = ended(policy, state, outcome, now);
      }
      if (d.verdict == v::needs_operator)
        state = acknowledged(state);
    }
    CHECK(last_start > 3);
  }
}

TEST_CASE("a policy that cannot work is refused", "[retrain]") {
  CHECK(check(retrain_policy{}).ok());
  CHECK_FALSE(check(retrain_policy{.cooldown = -1h}).ok());
  CHECK_FALSE(check(retrain_policy{.low = 0.9, .high = 0.8}).ok());
  CHECK_FALSE(check(retrain_policy{.back_off = {1h, -1h}}).ok());
}
