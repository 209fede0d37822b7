#include "workflows/backtest.hpp"

#include "live_loop.hpp"

using namespace ratchet;
using namespace ratchet::workflows;
using namespace ratchet::workflows::testing;
using namespace std::chrono_literals;

namespace {

constexpr auto t0 = from_ms(1'000'000);

loop_definition every_ten(duration cooldown = duration{0}) {
  auto definition = loop_under_test{}.definition;
  definition.trigger.cooldown = cooldown;
  return definition;
}

backtest adopted(const loop_definition& definition, duration takes) {
  backtest test{definition, takes};
  test.follow(loop_adopted{t0});
  return test;
}

std::vector<duration> times_of(const backtest& test) {
  std::vector<duration> times;
  for (const auto& start : test.starts())
    times.push_back(start.at - t0);
  return times;
}

using times = std::vector<duration>;

} // namespace

TEST_CASE("another trigger starts when it would have", "[backtest]") {
  auto test = adopted(every_ten(), 0s);
  for (int i = 1; i <= 35; ++i)
    test.look(joined(static_cast<std::uint64_t>(i)), t0 + i * 1min);
  CHECK(times_of(test) == times{10min, 20min, 30min});
  CHECK(test.starts()[0].who == by_trigger);
  CHECK(test.starts()[0].reason == "thumb gained 10 of 10");
  CHECK(test.state().running.empty());
}

TEST_CASE("an iteration takes its time", "[backtest]") {
  auto test = adopted(every_ten(), 15min);
  for (int i = 1; i <= 24; ++i)
    test.look(joined(static_cast<std::uint64_t>(i)), t0 + i * 1min);
  // The second waits for the first, which ends at 25min.
  CHECK(times_of(test) == times{10min});
  CHECK(test.next_look() == t0 + 25min);
  test.look(joined(24), test.next_look());
  CHECK(times_of(test) == times{10min, 25min});
  CHECK(test.starts()[1].reason == "thumb gained 14 of 10");
}

TEST_CASE("a firing that is skipped is told", "[backtest]") {
  auto definition = every_ten();
  definition.trigger.busy = when_busy::skip;
  auto test = adopted(definition, 1h);
  for (int i = 1; i <= 20; ++i)
    test.look(joined(static_cast<std::uint64_t>(i)), t0 + i * 1min);
  REQUIRE(times_of(test) == times{10min, 20min});
  CHECK_FALSE(test.starts()[0].skipped);
  CHECK(test.starts()[1].skipped);
}

TEST_CASE("time alone starts what it is to start", "[backtest]") {
  auto definition = every_ten();
  definition.trigger.condition =
    trigger_condition{condition_kind::every, {}, 0, 6h, {}};
  auto test = adopted(definition, 30min);
  test.look({}, t0);
  times looked;
  while (test.starts().size() < 2) {
    REQUIRE(test.next_look() != time_point{});
    looked.push_back(test.next_look() - t0);
    test.look({}, test.next_look());
  }
  CHECK(times_of(test) == times{6h, 12h});
  CHECK(looked == times{6h, 6h + 30min, 12h});
}

TEST_CASE("what happened to the loop is taken over", "[backtest]") {
  auto test = adopted(every_ten(), 5min);
  SECTION("its pauses") {
    test.follow(loop_paused{"ada", "", t0 + 1min});
    test.look(joined(12), t0 + 2min);
    CHECK(test.starts().empty());
    test.follow(loop_resumed{"ada", "", t0 + 3min});
    test.look(joined(12), t0 + 3min);
    CHECK(times_of(test) == times{3min});
  }
  SECTION("what operators started") {
    test.look(joined(4), t0 + 1min);
    iteration_requested by_hand;
    by_hand.who = "ada";
    by_hand.reason = "now";
    by_hand.at = t0 + 2min;
    test.follow(by_hand);
    // It begins the counting anew, and another has no room beside it.
    by_hand.at = t0 + 3min;
    test.follow(by_hand);
    test.look(joined(13), t0 + 10min);
    CHECK(times_of(test) == times{2min});
    CHECK(test.starts()[0].who == "ada");
    test.look(joined(14), t0 + 11min);
    CHECK(times_of(test) == times{2min, 11min});
  }
  SECTION("but not what its own trigger decided") {
    iteration_requested own;
    own.who = by_trigger;
    own.at = t0 + 1min;
    test.follow(own);
    CHECK(test.starts().empty());
    CHECK(test.state().running.empty());
  }
}

TEST_CASE("an iteration usually takes the median", "[backtest]") {
  std::vector<loop_event> events;
  CHECK(usual_time(events) == 0s);
  std::uint64_t n = 0;
  for (const auto took : {9min, 1min, 4min}) {
    iteration_requested start;
    start.number = iteration_number{++n};
    start.at = t0;
    start.who = by_trigger;
    events.emplace_back(start);
    iteration_closed end;
    end.number = start.number;
    end.at = t0 + took;
    events.emplace_back(end);
  }
  CHECK(usual_time(events) == 4min);
  CHECK(starts_of(events).size() == 3);
}
