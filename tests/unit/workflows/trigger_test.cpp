#include "workflows/trigger.hpp"

#include <catch2/catch.hpp>

using namespace ratchet;
using namespace ratchet::workflows;
using namespace std::chrono_literals;

namespace {

constexpr time_point never{};
constexpr auto t0 = from_ms(1'000'000);

trigger_condition count(std::string channel, std::uint64_t n) {
  return {condition_kind::feedback_count, std::move(channel), n, {}, {}};
}
trigger_condition each(duration interval) {
  return {condition_kind::every, {}, 0, interval, {}};
}
trigger_condition
tree(condition_kind kind, std::vector<trigger_condition> children) {
  return {kind, {}, 0, {}, std::move(children)};
}
trigger_condition any(std::vector<trigger_condition> children) {
  return tree(condition_kind::any_of, std::move(children));
}
trigger_condition all(std::vector<trigger_condition> children) {
  return tree(condition_kind::all_of, std::move(children));
}

/// Hosted since t0; 10 thumbs and 5 texts at the last start, if any.
trigger_state fresh() {
  trigger_state state;
  state.first_seen = t0;
  return state;
}
trigger_state started() {
  auto state = fresh();
  state.baseline = {sequence{15}, {{"thumb", 10}, {"text", 5}}};
  state.last_start = t0 + 1h;
  return state;
}
trigger_inputs joined(std::uint64_t thumbs, std::uint64_t texts = 0) {
  return {sequence{thumbs + texts}, {{"thumb", thumbs}, {"text", texts}}};
}

trigger_policy policy(trigger_condition condition) {
  trigger_policy p;
  p.condition = std::move(condition);
  return p;
}

} // namespace

TEST_CASE("without a condition a loop starts by hand only", "[trigger]") {
  const auto verdict = evaluate({}, fresh(), joined(1000), t0 + 24h);
  CHECK(verdict.outcome == trigger_outcome::not_met);
  CHECK(verdict.look_again == never);
}

TEST_CASE("a count fires when its channel gained as many", "[trigger]") {
  struct row {
    std::uint64_t thumbs;
    trigger_outcome outcome;
    const char* sentence;
  };
  const auto r = GENERATE(
    row{10, trigger_outcome::not_met, "thumb gained 0 of 3"},
    row{12, trigger_outcome::not_met, "thumb gained 2 of 3"},
    row{13, trigger_outcome::fire, "thumb gained 3 of 3"},
    row{99, trigger_outcome::fire, "thumb gained 89 of 3"},
    // Inputs older than the baseline: nothing, not a wrapped number.
    row{4, trigger_outcome::not_met, "thumb gained 0 of 3"});
  const auto verdict = evaluate(
    policy(count("thumb", 3)), started(), joined(r.thumbs, 1000), t0 + 2h);
  CHECK(verdict.outcome == r.outcome);
  CHECK(verdict.sentence == r.sentence);
  CHECK(verdict.look_again == never);
}

TEST_CASE("an interval counts from the last start", "[trigger]") {
  const auto p = policy(each(2h));
  const auto early = evaluate(p, started(), {}, t0 + 3h - 1ms);
  CHECK(early.outcome == trigger_outcome::not_met);
  CHECK(early.look_again == t0 + 3h);
  CHECK(evaluate(p, started(), {}, t0 + 3h).outcome == trigger_outcome::fire);
}

TEST_CASE(
  "before the first start an interval counts from first sight", "[trigger]") {
  const auto p = policy(each(2h));
  CHECK(evaluate(p, fresh(), {}, t0 + 2h - 1ms).look_again == t0 + 2h);
  CHECK(evaluate(p, fresh(), {}, t0 + 2h).outcome == trigger_outcome::fire);
  // Never hosted: 1970 must not count as long ago.
  CHECK(evaluate(p, {}, {}, t0 + 2h).outcome == trigger_outcome::not_met);
}

TEST_CASE("any_of fires with one, all_of with every condition", "[trigger]") {
  const auto a = GENERATE(10ULL, 13ULL);
  const auto b = GENERATE(5ULL, 9ULL);
  const bool a_met = a == 13;
  const bool b_met = b == 9;
  CAPTURE(a, b);
  const std::vector<trigger_condition> both{
    count("thumb", 3), count("text", 4)};
  CHECK(
    (evaluate(policy(any(both)), started(), joined(a, b), t0 + 2h).outcome ==
     trigger_outcome::fire) == (a_met || b_met));
  CHECK(
    (evaluate(policy(all(both)), started(), joined(a, b), t0 + 2h).outcome ==
     trigger_outcome::fire) == (a_met && b_met));
}

TEST_CASE("a tree without leaves never fires", "[trigger]") {
  for (const auto& empty : {any({}), all({}), all({any({})})})
    CHECK(
      evaluate(policy(empty), fresh(), joined(99), t0 + 24h).outcome ==
      trigger_outcome::not_met);
}

TEST_CASE("a verdict says when time alone may change it", "[trigger]") {
  struct row {
    trigger_condition condition;
    time_point look_again;
  };
  const auto r = GENERATE(
    row{any({each(5h), each(3h)}), t0 + 4h},
    row{any({count("thumb", 3), each(3h)}), t0 + 4h},
    row{all({each(5h), each(3h)}), t0 + 6h},
    // The count cannot be met by waiting.
    row{all({count("thumb", 3), each(3h)}), never},
    row{all({count("thumb", 0), each(3h)}), t0 + 4h});
  const auto verdict =
    evaluate(policy(r.condition), started(), joined(10, 5), t0 + 2h);
  CHECK(verdict.outcome == trigger_outcome::not_met);
  CHECK(verdict.look_again == r.look_again);
}

TEST_CASE("the minimum asks for new feedback over all channels", "[trigger]") {
  auto p = policy(each(1h));
  p.minimum = 6;
  const auto few = evaluate(p, started(), joined(12, 8), t0 + 3h);
  CHECK(few.outcome == trigger_outcome::too_few);
  CHECK(few.look_again == never);
  CHECK_THAT(few.sentence, Catch::Contains("5 of at least 6"));
  CHECK(
    evaluate(p, started(), joined(13, 8), t0 + 3h).outcome ==
    trigger_outcome::fire);
}

TEST_CASE("the cooldown counts from the last end", "[trigger]") {
  auto p = policy(count("thumb", 1));
  p.cooldown = 30min;
  auto state = started();
  // None ended yet: nothing to cool down from.
  CHECK(
    evaluate(p, state, joined(50), t0 + 1h).outcome == trigger_outcome::fire);
  state.last_end = t0 + 2h;
  const auto early = evaluate(p, state, joined(50), t0 + 2h + 30min - 1ms);
  CHECK(early.outcome == trigger_outcome::cooling_down);
  CHECK(early.look_again == t0 + 2h + 30min);
  CHECK(
    evaluate(p, state, joined(50), t0 + 2h + 30min).outcome ==
    trigger_outcome::fire);
}

TEST_CASE(
  "condition, minimum and cooldown are asked in this order", "[trigger]") {
  auto p = policy(count("thumb", 3));
  p.minimum = 100;
  p.cooldown = 24h;
  auto state = started();
  state.last_end = t0 + 2h;
  const auto outcome = [&](std::uint64_t thumbs) {
    return evaluate(p, state, joined(thumbs, 5), t0 + 2h).outcome;
  };
  CHECK(outcome(12) == trigger_outcome::not_met);
  CHECK(outcome(13) == trigger_outcome::too_few);
  CHECK(outcome(110) == trigger_outcome::cooling_down);
}

TEST_CASE("a schedule is due once after each start", "[trigger]") {
  trigger_condition daily;
  daily.kind = condition_kind::cron;
  daily.schedule = "30 2 * * *";
  daily.zone = "UTC";
  auto state = fresh();
  state.first_seen = from_ms(1);
  const auto p = policy(daily);
  const auto due = from_ms(0) + 2h + 30min; // On 1970-01-01.
  const auto early = evaluate(p, state, {}, due - 1ms);
  CHECK(early.outcome == trigger_outcome::not_met);
  CHECK(early.look_again == due);
  // Also long after, when the engine was down: once.
  const auto late = evaluate(p, state, {}, due + 72h);
  CHECK(late.outcome == trigger_outcome::fire);
  CHECK(
    late.sentence ==
    "schedule \"30 2 * * *\" in UTC was due at 1970-01-01T02:30:00.000Z");
  state.last_start = due + 72h;
  CHECK(evaluate(p, state, {}, due + 72h).look_again == due + 96h);
}

TEST_CASE("a champion grows old; none does not", "[trigger]") {
  trigger_condition old;
  old.kind = condition_kind::champion_age;
  old.interval = 24h;
  auto state = started();
  CHECK(evaluate(policy(old), state, {}, t0 + 999h).look_again == never);
  state.champion_since = t0;
  const auto young = evaluate(policy(old), state, {}, t0 + 23h);
  CHECK(young.outcome == trigger_outcome::not_met);
  CHECK(young.look_again == t0 + 24h);
  CHECK(
    evaluate(policy(old), state, {}, t0 + 24h).outcome ==
    trigger_outcome::fire);
}

TEST_CASE("so many of the conditions must hold", "[trigger]") {
  const auto some = [](std::uint64_t wanted) {
    auto tree_of = tree(
      condition_kind::at_least_of,
      {count("thumb", 3), count("text", 2), each(2h), each(4h)});
    tree_of.count = wanted;
    return policy(tree_of);
  };
  // Since the start at t0 + 1h: 3 thumbs, no text.
  const auto at = [&](std::uint64_t wanted, duration since) {
    return evaluate(some(wanted), started(), joined(13, 5), t0 + 1h + since);
  };
  CHECK(at(1, 0h).outcome == trigger_outcome::fire);
  CHECK(at(2, 1h).outcome == trigger_outcome::not_met);
  CHECK(at(2, 1h).look_again == t0 + 3h); // The first of the two intervals.
  CHECK(at(3, 1h).look_again == t0 + 5h); // Both.
  CHECK(at(4, 1h).look_again == never);   // A text as well: not by time.
  CHECK(at(2, 2h).outcome == trigger_outcome::fire);
  CHECK(
    at(2, 2h).sentence ==
    "2 of 4 hold, 2 must: thumb gained 3 of 3; 2h since the last start, of 2h");
}

TEST_CASE("a budget bounds the starts in any window", "[trigger]") {
  auto p = policy(count("thumb", 1));
  p.budget = {2, 24h};
  auto state = started();
  state.starts = {t0 - 30h, t0 - 20h, t0};
  const auto over = evaluate(p, state, joined(99), t0 + 3h);
  CHECK(over.outcome == trigger_outcome::over_budget);
  CHECK(over.look_again == t0 + 4h);
  CHECK_THAT(over.sentence, Catch::Contains("2 starts within 1d"));
  CHECK(
    evaluate(p, state, joined(99), t0 + 4h).outcome == trigger_outcome::fire);
  state.starts = {t0};
  CHECK(
    evaluate(p, state, joined(99), t0 + 1h).outcome == trigger_outcome::fire);
}
