#include "workflows/trigger.hpp"

#include <catch2/catch.hpp>

/// Conditions that look beyond the feedback (webhooks, other loops, the
/// champion's age with hysteresis), and the budget of compute.

using namespace ratchet;
using namespace ratchet::workflows;
using namespace std::chrono_literals;

namespace {

constexpr time_point never{};
constexpr auto t0 = from_ms(1'000'000);

trigger_condition of_kind(condition_kind kind, std::string source = {}) {
  trigger_condition condition;
  condition.kind = kind;
  condition.source = std::move(source);
  return condition;
}
trigger_condition old_champion(duration age, bool hysteresis) {
  auto condition = of_kind(condition_kind::champion_age);
  condition.interval = age;
  condition.hysteresis = hysteresis;
  return condition;
}
trigger_condition any(std::vector<trigger_condition> children) {
  auto condition = of_kind(condition_kind::any_of);
  condition.children = std::move(children);
  return condition;
}
trigger_policy policy(trigger_condition condition) {
  trigger_policy p;
  p.condition = std::move(condition);
  return p;
}

trigger_inputs called(const std::string& name, std::uint64_t times) {
  trigger_inputs inputs;
  inputs.webhooks[name] = {times, 40 + times};
  return inputs;
}
trigger_inputs others(const std::string& loop, std::uint64_t promotions) {
  trigger_inputs inputs;
  inputs.promotions[loop] = promotions;
  return inputs;
}

} // namespace

TEST_CASE("a webhook fires for calls since the last start", "[trigger]") {
  struct row {
    std::uint64_t before;
    std::uint64_t now;
    trigger_outcome outcome;
    const char* sentence;
  };
  const auto r = GENERATE(
    row{0, 0, trigger_outcome::not_met, "webhook data was called 0 times"},
    row{0, 1, trigger_outcome::fire, "webhook data was called once"},
    row{2, 2, trigger_outcome::not_met, "webhook data was called 0 times"},
    row{2, 5, trigger_outcome::fire, "webhook data was called 3 times"},
    row{5, 2, trigger_outcome::not_met, "webhook data was called 0 times"});
  trigger_state state;
  state.first_seen = t0;
  state.baseline = called("data", r.before);
  const auto p = policy(of_kind(condition_kind::webhook, "data"));
  const auto verdict = evaluate(p, state, called("data", r.now), t0);
  CHECK(verdict.outcome == r.outcome);
  CHECK(verdict.sentence == r.sentence);
  CHECK(verdict.look_again == never);
  // Calls of another name are none of this one.
  CHECK(
    evaluate(p, state, called("other", 99), t0).outcome ==
    trigger_outcome::not_met);
}

TEST_CASE("another loop's promotions fire from a baseline on", "[trigger]") {
  const auto p = policy(of_kind(condition_kind::promoted, "base"));
  trigger_state state;
  state.first_seen = t0;
  const auto outcome = [&](const trigger_inputs& inputs) {
    return evaluate(p, state, inputs, t0).outcome;
  };
  // Without a baseline what it promoted may be of years ago.
  CHECK(outcome(others("base", 7)) == trigger_outcome::not_met);
  const auto notes = take_notes(p, state, others("base", 7), t0);
  CHECK(notes.primed == std::map<std::string, std::uint64_t>{{"base", 7}});
  state.baseline.promotions = notes.primed;
  CHECK(take_notes(p, state, others("base", 8), t0).primed.empty());
  CHECK(outcome(others("base", 7)) == trigger_outcome::not_met);
  CHECK(outcome(others("base", 8)) == trigger_outcome::fire);
  // Nothing heard of it, as after a restart.
  CHECK(outcome({}) == trigger_outcome::not_met);
  CHECK(outcome(others("else", 99)) == trigger_outcome::not_met);
}

TEST_CASE("a baseline keeps what the inputs do not know", "[trigger]") {
  trigger_state state;
  state.baseline = others("base", 7);
  state.baseline.webhooks["data"] = {3, 9};
  trigger_inputs inputs{sequence{5}, {{"ok", 2}}};
  inputs.in_flight = 5s;
  set_baseline(state, inputs);
  CHECK(state.baseline.cursor == sequence{5});
  CHECK(state.baseline.joined.at("ok") == 2);
  CHECK(state.baseline.promotions.at("base") == 7);
  CHECK(state.baseline.webhooks.at("data").calls == 3);
  CHECK(state.baseline.in_flight == 0s);
  set_baseline(state, others("base", 8));
  CHECK(state.baseline.promotions.at("base") == 8);
}

TEST_CASE("a level with hysteresis fires once while it holds", "[trigger]") {
  const auto p = policy(old_champion(24h, true));
  trigger_state state;
  state.first_seen = t0;
  state.champion_since = t0;
  const auto outcome = [&](duration age) {
    return evaluate(p, state, {}, t0 + age).outcome;
  };
  CHECK(outcome(23h) == trigger_outcome::not_met);
  CHECK(fired_conditions(p, state, {}, t0 + 23h).empty());
  CHECK(outcome(24h) == trigger_outcome::fire);
  state.disarmed = fired_conditions(p, state, {}, t0 + 24h);
  CHECK(state.disarmed == std::set<std::string>{"champion_older_than(1d)"});

  // It holds on: refused, and nothing arms it again.
  const auto held = evaluate(p, state, {}, t0 + 25h);
  CHECK(held.outcome == trigger_outcome::not_met);
  CHECK_THAT(held.sentence, Catch::EndsWith(", as at the last firing"));
  CHECK(held.look_again == never);
  CHECK(fired_conditions(p, state, {}, t0 + 25h).empty());
  CHECK(take_notes(p, state, {}, t0 + 25h).rearmed.empty());

  // A new champion is young: it is armed, and fires when that one is old.
  state.champion_since = t0 + 26h;
  CHECK(take_notes(p, state, {}, t0 + 26h).rearmed == state.disarmed);
  state.disarmed.clear();
  CHECK(outcome(49h) == trigger_outcome::not_met);
  CHECK(evaluate(p, state, {}, t0 + 49h).look_again == t0 + 50h);
  CHECK(outcome(50h) == trigger_outcome::fire);
}

TEST_CASE("without hysteresis a level fires on", "[trigger]") {
  const auto p = policy(old_champion(24h, false));
  trigger_state state;
  state.champion_since = t0;
  state.disarmed = {"champion_older_than(1d)"};
  CHECK(evaluate(p, state, {}, t0 + 25h).outcome == trigger_outcome::fire);
  CHECK(fired_conditions(p, state, {}, t0 + 25h).empty());
  // What no condition asks about any more is forgotten.
  CHECK(take_notes(p, state, {}, t0 + 25h).rearmed == state.disarmed);
}

TEST_CASE("a disarmed condition does not hold the others back", "[trigger]") {
  auto p = policy(
    any({old_champion(24h, true), of_kind(condition_kind::webhook, "data")}));
  trigger_state state;
  state.champion_since = t0;
  state.disarmed = {"champion_older_than(1d)"};
  const auto later = t0 + 25h;
  CHECK(evaluate(p, state, {}, later).outcome == trigger_outcome::not_met);
  CHECK(
    evaluate(p, state, called("data", 1), later).outcome ==
    trigger_outcome::fire);
  // Only what counted is disarmed by a firing.
  CHECK(fired_conditions(p, state, called("data", 1), later).empty());
  const auto report = examine(*p.condition, state, called("data", 1), later);
  REQUIRE(report.children.size() == 2);
  CHECK(report.holds);
  CHECK(report.children[0].holds);
  CHECK_FALSE(report.children[0].armed);
  CHECK_FALSE(report.children[0].met());
  CHECK(report.children[1].met());
}

TEST_CASE("hysteresis of a combination is about the whole", "[trigger]") {
  auto both = any({old_champion(24h, false), old_champion(48h, false)});
  both.kind = condition_kind::at_least_of;
  both.count = 2;
  both.hysteresis = true;
  const auto p = policy(both);
  trigger_state state;
  state.champion_since = t0;
  CHECK(evaluate(p, state, {}, t0 + 47h).outcome == trigger_outcome::not_met);
  CHECK(evaluate(p, state, {}, t0 + 48h).outcome == trigger_outcome::fire);
  state.disarmed = fired_conditions(p, state, {}, t0 + 48h);
  CHECK(
    state.disarmed ==
    std::set<std::string>{
      "at_least_of(2, champion_older_than(1d), champion_older_than(2d))"});
  CHECK(evaluate(p, state, {}, t0 + 49h).outcome == trigger_outcome::not_met);
}

TEST_CASE("a compute budget bounds what attempts ran", "[trigger]") {
  auto p = policy(of_kind(condition_kind::webhook, "data"));
  p.compute = {60min, 24h};
  const auto inputs = [](duration in_flight) {
    auto all = called("data", 1);
    all.in_flight = in_flight;
    return all;
  };
  trigger_state state;
  state.spent = {{t0, 20min}, {t0 + 1h, 30min}};
  struct row {
    duration in_flight;
    duration now;
    trigger_outcome outcome;
    time_point again;
  };
  const auto r = GENERATE(
    row{0min, 2h, trigger_outcome::fire, never},
    row{9min, 2h, trigger_outcome::fire, never},
    // 60 of 60 are spent: when the first 20 have left, 40 are.
    row{10min, 2h, trigger_outcome::over_budget, t0 + 24h},
    row{10min, 24h, trigger_outcome::fire, never},
    // 55 in flight and 30: the 30 must leave as well.
    row{55min, 2h, trigger_outcome::over_budget, t0 + 25h},
    row{55min, 25h, trigger_outcome::fire, never},
    // What is in flight is too much by itself: time does not help.
    row{61min, 2h, trigger_outcome::over_budget, never},
    row{61min, 99h, trigger_outcome::over_budget, never});
  CAPTURE(r.in_flight.count(), r.now.count());
  const auto verdict = evaluate(p, state, inputs(r.in_flight), t0 + r.now);
  CHECK(verdict.outcome == r.outcome);
  CHECK(verdict.look_again == r.again);
}

TEST_CASE("what was spent is kept for its window", "[trigger]") {
  trigger_state state;
  add_spent(state, {t0, 5min}, 0h);
  CHECK(state.spent.empty()); // No budget asks for it.
  add_spent(state, {t0, 0min}, 24h);
  CHECK(state.spent.empty());
  add_spent(state, {t0, 5min}, 24h);
  add_spent(state, {t0 + 12h, 6min}, 24h);
  CHECK(state.spent.size() == 2);
  add_spent(state, {t0 + 24h - 1ms, 7min}, 24h);
  CHECK(state.spent.size() == 3);
  add_spent(state, {t0 + 24h, 8min}, 24h);
  CHECK(state.spent.front() == spent_compute{t0 + 12h, 6min});

  // Many ends take little room, and count from the last of theirs.
  for (int i = 1; i <= 5000; ++i)
    add_spent(state, {t0 + 48h + i * 10s, 1s}, 24h);
  CHECK(state.spent.size() <= 130);
  duration sum{0};
  for (const auto& one : state.spent)
    sum += one.ran;
  CHECK(sum == 5000s);
  CHECK(state.spent.back().at == t0 + 48h + 50'000s);
}

TEST_CASE("texts of conditions differ where they do", "[trigger]") {
  auto count = of_kind(condition_kind::feedback_count);
  count.channel = "ok";
  count.count = 3;
  auto cron = of_kind(condition_kind::cron);
  cron.schedule = "0 1 * * *";
  cron.zone = "UTC";
  auto each = of_kind(condition_kind::every);
  each.interval = 90min;
  auto all = any({count, old_champion(36h, true)});
  all.kind = condition_kind::all_of;
  CHECK(to_text(count) == "feedback_count(\"ok\", 3)");
  CHECK(to_text(cron) == "cron(\"0 1 * * *\", \"UTC\")");
  CHECK(to_text(each) == "every(90min)");
  each.interval = 1500ms;
  CHECK(to_text(each) == "every(1500ms)");
  CHECK(
    to_text(all) ==
    "all_of(feedback_count(\"ok\", 3), champion_older_than(36h).hysteresis())");
  CHECK(
    to_text(of_kind(condition_kind::promoted, "base")) == "promoted(\"base\")");
}
