#include "storage/artifacts.hpp"
#include "storage/loop_journal.hpp"
#include "tests/unit/actors/node_events.hpp"
#include "tests/unit/actors/node_fixture.hpp"

#include <algorithm>
#include <atomic>
#include <thread>

using namespace ratchet;
using namespace ratchet::test;
using actors::operator_verb;

namespace {

struct fixture : node_fixture {
  /// Before what its stages and its clock use goes.
  ~fixture() { stop(); }

  result<actors::operator_answer>
  call(const std::string& key, const std::string& payload = "{}") {
    return ask(
      {.verb = operator_verb::webhook,
       .loop = "a",
       .hook = {"data", key, payload}});
  }
  void pause(const std::string& loop) {
    REQUIRE(ask({.verb = operator_verb::pause, .loop = loop, .who = "t"}));
  }
  void resume(const std::string& loop) {
    REQUIRE(ask({.verb = operator_verb::resume, .loop = loop, .who = "t"}));
  }
  void new_champion(const std::string& loop, const std::string& bytes) {
    const auto made = node->artifacts().put_bytes(bytes, "model.txt");
    REQUIRE(made);
    REQUIRE(ask(
      {.verb = operator_verb::add_version,
       .loop = loop,
       .artifact = *made,
       .champion = true,
       .who = "t"}));
  }
  [[nodiscard]] workflows::loop_state state(const std::string& loop) const {
    return node->journal().load_state(number_of(loop)).value();
  }
  template <class Event>
  [[nodiscard]] std::vector<Event> decisions(const std::string& loop) const {
    std::vector<Event> found;
    const auto all = node->journal().loop_events(number_of(loop), 0, 1000);
    for (const auto& event : all.value())
      if (const auto* one = std::get_if<Event>(&event))
        found.push_back(*one);
    return found;
  }

  manual_clock manual{from_ms(1'000'000)}; ///< For those that set `clock`.
  std::atomic<bool> hold{false};
};

} // namespace

TEST_CASE_METHOD(
  fixture, "a webhook's call outlives the engine and starts one iteration",
  "[actors][node][trigger]") {
  const std::vector<loop> loops{
    loop("a").retrain_when(webhook("data")).stage("s", does_nothing())};
  start(loops);
  pause("a");
  const auto first = call("k1");
  REQUIRE(first);
  CHECK(first->changed);
  stop();

  start(loops);
  const auto again = call("k1");
  REQUIRE(again);
  CHECK_FALSE(again->changed);
  CHECK(again->event == first->event);
  CHECK(call("k1", "[]").err().code == errc::conflict);
  CHECK(state("a").last_iteration.value == 0);
  resume("a");
  wait_for_end("a", iteration_number{1});
  stop();

  start(loops);
  CHECK_FALSE(call("k1")->changed);
  REQUIRE(call("k2")->changed);
  wait_for_end("a", iteration_number{2});
  CHECK(state("a").last_iteration.value == 2);
  const auto starts = decisions<workflows::iteration_requested>("a");
  REQUIRE(starts.size() == 2);
  CHECK(starts[0].inputs.webhooks.at("data").last_event == first->event);
  CHECK(node->journal().verify(number_of("a")));
}

TEST_CASE_METHOD(
  fixture, "an unknown webhook is refused with the names there are",
  "[actors][node][trigger]") {
  start({loop("a").retrain_when(webhook("date")).stage("s", does_nothing())});
  const auto answer = call("");
  REQUIRE_FALSE(answer);
  CHECK(answer.err().code == errc::not_found);
  CHECK(
    answer.err().message ==
    "loop \"a\" has no webhook \"data\"; there is \"date\"");
}

TEST_CASE_METHOD(
  fixture, "each promotion of another loop starts one iteration",
  "[actors][node][trigger]") {
  const std::vector<loop> loops{
    loop("base").stage("s", does_nothing()),
    loop("tuned").retrain_when(promoted("base")).stage("s", does_nothing())};
  start(loops);
  eventually("tuned has heard of base", [&] {
    return state("tuned").trigger.baseline.promotions.contains("base");
  });
  new_champion("base", "one");
  wait_for_end("tuned", iteration_number{1});

  // A promotion that nothing could follow before the engine went down.
  pause("tuned");
  new_champion("base", "two");
  stop();
  start(loops);
  CHECK(state("tuned").last_iteration.value == 1);
  resume("tuned");
  wait_for_end("tuned", iteration_number{2});
  stop();

  // It starts once, however often it is heard of.
  start(loops);
  new_champion("base", "three");
  wait_for_end("tuned", iteration_number{3});
  CHECK(state("tuned").last_iteration.value == 3);
  const auto starts = decisions<workflows::iteration_requested>("tuned");
  REQUIRE(starts.size() == 3);
  for (std::size_t i = 0; i < 3; ++i)
    CHECK(starts[i].inputs.promotions.at("base") == i + 1);
}

TEST_CASE_METHOD(
  fixture, "a queued firing keeps its data through a restart",
  "[actors][node][trigger]") {
  hold = true;
  const std::vector<loop> loops{
    loop("a")
      .channel(boolean("ok"))
      .retrain_when(feedback_count("ok", 1).queue_one_when_busy())
      .stage("s", [this](stage_context& context) -> result<stage_output> {
        while (hold && !context.canceled())
          std::this_thread::yield();
        return stage_output{};
      })};
  start(loops);
  REQUIRE(append(events_of("a", {served(1), liked(1)})));
  eventually("one runs", [&] { return !state("a").running.empty(); });
  REQUIRE(append(events_of("a", {served(2), liked(2)})));
  eventually("one is queued", [&] { return state("a").queued.has_value(); });
  REQUIRE(append(events_of("a", {served(3), liked(3)})));
  hold = false;
  stop();

  start(loops);
  wait_for_end("a", iteration_number{3});
  const auto starts = decisions<workflows::iteration_requested>("a");
  REQUIRE(starts.size() == 3);
  CHECK(starts[0].data_to == sequence{2});
  CHECK(starts[1].data_from == sequence{2});
  CHECK(starts[1].data_to == sequence{4});
  CHECK(starts[1].queued != time_point{});
  CHECK(starts[2].data_to == sequence{6});
  CHECK(node->journal().verify(number_of("a")));
}

TEST_CASE_METHOD(
  fixture, "what attempts ran is spent from the budget, also asleep",
  "[actors][node][trigger]") {
  clock = &manual;
  const std::vector<loop> loops{
    loop("a")
      .retrain_when(webhook("data").compute_budget(1h, 24h))
      .timing(asynchronous{.max_in_flight = 2})
      .stage(
        "s",
        callable([this](stage_context& context) -> result<stage_output> {
          manual.advance(40min);
          if (context.attempt_id().ends_with(".1"))
            return error{errc::io_error, "not yet"};
          return stage_output{};
        })
          .timeout(24h)
          .retry({.max_attempts = 2, .initial = 2h, .cap = 2h, .jitter = 0}))};
  start(loops);
  REQUIRE(call(""));
  eventually("it sleeps", [&] { return node->stats().iterations_asleep == 1; });
  stop();

  // 40 minutes are in flight: another may start, and spends as many.
  start(loops);
  REQUIRE(call(""));
  eventually("two have begun", [&] {
    return state("a").last_iteration.value == 2 &&
      node->stats().iterations_asleep == 2;
  });
  REQUIRE(call(""));
  manual.advance(2h);
  wait_for_end("a", iteration_number{1});
  wait_for_end("a", iteration_number{2});
  duration spent{0};
  for (const auto& one : state("a").trigger.spent)
    spent += one.ran;
  CHECK(spent >= 160min);
  CHECK(state("a").last_iteration.value == 2);
  manual.advance(24h);
  eventually(
    "the third sleeps", [&] { return node->stats().iterations_asleep == 1; });
  manual.advance(2h);
  wait_for_end("a", iteration_number{3});
  stop(); // Before the clock goes.
}
