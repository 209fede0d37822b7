#include "live_loop.hpp"

/// What a loop keeps of its trigger besides starts: a queued firing, calls of
/// webhooks, promotions of other loops, and what was spent.

using namespace ratchet;
using namespace ratchet::workflows;
using namespace ratchet::workflows::testing;
using namespace std::chrono_literals;

namespace {

constexpr iteration_number it(std::uint64_t n) {
  return iteration_number{n};
}

/// Keeps one firing while it is busy.
struct live_loop : loop_under_test {
  live_loop() : loop_under_test(when_busy::queue_one) {}

  template <class Event>
  Event must_be(const loop_command& command) {
    const auto events = must(command);
    REQUIRE(events.size() == 1);
    REQUIRE(std::holds_alternative<Event>(events[0]));
    return std::get<Event>(events[0]);
  }
  void close(std::uint64_t n, duration ran = 0s) {
    must(close_iteration{it(n), iteration_outcome::completed, ran});
  }
};

trigger_condition webhook_condition() {
  trigger_condition condition;
  condition.kind = condition_kind::webhook;
  condition.source = "data";
  return condition;
}

} // namespace

TEST_CASE("a queued firing keeps its inputs and its data", "[loop]") {
  live_loop live;
  live.must_be<iteration_requested>(consider_start{joined(10)});
  CHECK(live.must(consider_start{joined(19)}).empty());
  live.now += 1h;
  const auto queued = live.must_be<start_queued>(consider_start{joined(20)});
  CHECK(queued.reason == "thumb gained 10 of 10");
  CHECK(queued.inputs == joined(20));
  CHECK(queued.data_to == sequence{40});
  CHECK(queued.at == live.now);
  CHECK(live.state.queued == queued);

  // One is kept: what fires besides waits, whatever it is.
  CHECK(live.must(consider_start{joined(99)}).empty());
  live.close(1);
  live.now += 1h;
  const auto started =
    live.must_be<iteration_requested>(consider_start{joined(99)});
  CHECK(started.inputs == joined(20));
  CHECK(started.data_from == sequence{20});
  CHECK(started.data_to == sequence{40});
  CHECK(started.reason == queued.reason);
  CHECK(started.who == "trigger");
  CHECK(started.queued == queued.at);
  CHECK(started.at == live.now);
  CHECK_FALSE(live.state.queued);

  // What waited is the next to be kept: 79 more than when that one fired.
  const auto next = live.must_be<start_queued>(consider_start{joined(99)});
  CHECK(next.reason == "thumb gained 79 of 10");
  CHECK(live.must(consider_start{joined(99)}).empty());
}

TEST_CASE("a queued firing waits for a pause and for limits", "[loop]") {
  live_loop live;
  live.must_be<iteration_requested>(consider_start{joined(10)});
  live.must_be<start_queued>(consider_start{joined(20)});
  SECTION("pause") {
    live.must(pause_loop{"ada", ""});
    live.close(1);
    CHECK(live.must(consider_start{joined(20)}).empty());
    live.must(resume_loop{"ada", ""});
  }
  SECTION("cooldown") {
    live.definition.trigger.cooldown = 1h;
    live.close(1);
    CHECK(live.must(consider_start{joined(20)}).empty());
    CHECK(
      next_look(live.definition, live.state, joined(20), live.now) ==
      live.now + 1h);
    live.now += 1h;
  }
  SECTION("budget") {
    live.definition.trigger.budget = {1, 24h};
    live.close(1);
    CHECK(live.must(consider_start{joined(20)}).empty());
    live.now += 24h;
  }
  SECTION("an operator's iteration") {
    live.close(1);
    live.must_be<iteration_requested>(start_iteration{"ada", "", joined(30)});
    CHECK(live.must(consider_start{joined(30)}).empty());
    CHECK(live.state.queued);
    live.close(2);
    const auto late =
      live.must_be<iteration_requested>(consider_start{joined(30)});
    // Its data was given to the operator's.
    CHECK(late.data_from == sequence{60});
    CHECK(late.data_to == sequence{60});
    return;
  }
  live.must_be<iteration_requested>(consider_start{joined(20)});
}

TEST_CASE("a queued firing starts once, also after a crash", "[loop]") {
  live_loop live;
  live.must_be<iteration_requested>(consider_start{joined(10)});
  live.must_be<start_queued>(consider_start{joined(20)});
  live.close(1);
  live.must_be<iteration_requested>(consider_start{joined(20)});
  live.close(2);
  CHECK(live.must(consider_start{joined(20)}).empty());
  CHECK(live.state.last_iteration == it(2));
}

TEST_CASE("a webhook's call fires once it is recorded", "[loop][webhook]") {
  live_loop live;
  live.definition.trigger.condition = webhook_condition();
  live.must(pause_loop{"ada", ""});
  const auto call =
    live.must_be<webhook_received>(receive_webhook{"data", "k1", "{}"});
  CHECK(call == webhook_received{"data", "k1", "{}", live.now});
  CHECK(live.must(consider_start{joined(0)}).empty());
  live.must(resume_loop{"ada", ""});
  const auto start =
    live.must_be<iteration_requested>(consider_start{joined(0)});
  CHECK(start.reason == "webhook data was called once");
  CHECK(start.inputs.webhooks.at("data").calls == 1);
  // The record of the call: after the adoption and the pause.
  CHECK(start.inputs.webhooks.at("data").last_event == 2);
  live.close(1);
  CHECK(live.must(consider_start{joined(0)}).empty());
}

TEST_CASE("a call with a known key is the same call", "[loop][webhook]") {
  live_loop live;
  live.definition.trigger.condition = webhook_condition();
  live.must_be<webhook_received>(receive_webhook{"data", "k1", "{}"});
  CHECK(live.must(receive_webhook{"data", "k1", "{}"}).empty());
  CHECK(live.refused(receive_webhook{"data", "k1", "[1]"}) == errc::conflict);
  live.must_be<webhook_received>(receive_webhook{"data", "k2", "{}"});
  // Without a key each call is one of its own.
  live.must_be<webhook_received>(receive_webhook{"data", "", "{}"});
  live.must_be<webhook_received>(receive_webhook{"data", "", "{}"});
  CHECK(live.state.trigger.webhooks.at("data").calls == 4);
  CHECK(live.refused(receive_webhook{"date", "k", ""}) == errc::not_found);
  live.definition.trigger.condition.reset();
  CHECK(live.refused(receive_webhook{"data", "k", ""}) == errc::not_found);
}

TEST_CASE("what is remembered of keys is bounded", "[loop][webhook]") {
  live_loop live;
  live.definition.trigger.condition = webhook_condition();
  for (std::size_t i = 0; i <= kept_webhook_keys; ++i)
    live.must(receive_webhook{"data", "k" + std::to_string(i), ""});
  CHECK(live.state.webhook_keys.size() == kept_webhook_keys);
  CHECK(find_webhook_key(live.state, "data", "k0") == nullptr);
  REQUIRE(find_webhook_key(live.state, "data", "k1") != nullptr);
  CHECK(find_webhook_key(live.state, "data", "k1")->event == 2);
  CHECK(find_webhook_key(live.state, "other", "k1") == nullptr);
}

TEST_CASE("another loop's promotion starts one iteration", "[loop]") {
  live_loop live;
  live.definition.trigger.busy = when_busy::coalesce;
  trigger_condition after;
  after.kind = condition_kind::promoted;
  after.source = "base";
  live.definition.trigger.condition = after;
  const auto promoted = [](std::uint64_t count) {
    auto inputs = joined(0);
    inputs.promotions["base"] = count;
    return consider_start{inputs};
  };
  CHECK(live.must(consider_start{joined(0)}).empty());
  const auto noted = live.must_be<trigger_noted>(promoted(3));
  CHECK(noted.primed.at("base") == 3);
  CHECK(live.must(promoted(3)).empty());
  live.must_be<iteration_requested>(promoted(4));
  live.close(1);
  // Heard again, or not at all, as after a restart.
  CHECK(live.must(promoted(4)).empty());
  CHECK(live.must(consider_start{joined(0)}).empty());
  live.must_be<iteration_requested>(promoted(5));
  // By hand, when nothing was heard yet: the baseline stays.
  live.close(2);
  live.must_be<iteration_requested>(start_iteration{"ada", "", joined(0)});
  live.close(3);
  CHECK(live.must(promoted(5)).empty());
  live.must_be<iteration_requested>(promoted(6));
}

TEST_CASE("promotions count moves forward", "[loop]") {
  live_loop live;
  live.must(register_version{"a", {}, {}});
  live.must(register_version{"b", {}, {}});
  live.must(set_champion{version_number{1}, "ada", ""});
  live.must(set_champion{version_number{2}, "ada", ""});
  CHECK(live.state.promotions == 2);
  live.must(roll_back{"ada", ""});
  CHECK(live.state.promotions == 2);
}

TEST_CASE("a firing disarms, and a new champion arms again", "[loop]") {
  live_loop live;
  trigger_condition old;
  old.kind = condition_kind::champion_age;
  old.interval = 24h;
  old.hysteresis = true;
  live.definition.trigger.condition = old;
  live.must(register_version{"a", {}, {}});
  live.must(register_version{"b", {}, {}});
  live.must(set_champion{version_number{1}, "ada", ""});
  live.now += 24h;
  const auto start =
    live.must_be<iteration_requested>(consider_start{joined(0)});
  CHECK(start.fired == std::set<std::string>{"champion_older_than(1d)"});
  CHECK(live.state.trigger.disarmed == start.fired);
  live.close(1);
  live.now += 24h;
  CHECK(live.must(consider_start{joined(0)}).empty());
  live.must(set_champion{version_number{2}, "ada", ""});
  const auto noted = live.must_be<trigger_noted>(consider_start{joined(0)});
  CHECK(noted.rearmed == start.fired);
  CHECK(live.must(consider_start{joined(0)}).empty());
  live.now += 24h;
  live.must_be<iteration_requested>(consider_start{joined(0)});
}

TEST_CASE("what attempts ran is accounted once", "[loop]") {
  live_loop live;
  live.definition.trigger.compute = {1h, 24h};
  live.must(start_iteration{"ada", "", joined(0)});
  live.close(1, 20min);
  CHECK(
    live.state.trigger.spent == std::vector{spent_compute{live.now, 20min}});
  live.now += 6h;
  live.must(reopen_iteration{it(1), "ada", "", 20min});
  CHECK(live.state.accounted.at(it(1)) == 20min);
  live.close(1, 50min);
  CHECK(live.state.accounted.empty());
  REQUIRE(live.state.trigger.spent.size() == 2);
  CHECK(live.state.trigger.spent[1] == spent_compute{live.now, 30min});
  CHECK(live.must(consider_start{joined(10)}).size() == 1);
  live.close(2, 10min);
  const auto later = live.now + 1ms;
  CHECK(decide(live.definition, live.state, consider_start{joined(99)}, later)
          ->empty());
  // Without a budget nothing is kept.
  live.definition.trigger.compute = {};
  live.must(start_iteration{"ada", "", joined(0)});
  live.close(3, 10min);
  CHECK(live.state.trigger.spent.empty());
}
