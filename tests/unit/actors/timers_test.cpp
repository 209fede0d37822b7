#include "actors/timers.hpp"

#include <caf/all.hpp>
#include <caf/scheduler/test_coordinator.hpp>

#include <catch2/catch.hpp>

#include <chrono>
#include <vector>

using namespace ratchet;
using namespace ratchet::actors;
using namespace std::chrono_literals;

namespace {

/// An actor system without threads, where time is moved by hand.
struct fixture {
  fixture() {
    config.set("scheduler.policy", caf::atom("testing"));
    system = std::make_unique<caf::actor_system>(config);
    scheduler =
      &dynamic_cast<caf::scheduler::test_coordinator&>(system->scheduler());
    alarms = system->spawn(timers, &clock);
    listener = system->spawn(
      [this](timer_listener::pointer) -> timer_listener::behavior_type {
        return {[this](due alarm) { rung.push_back(alarm.token); }};
      });
    scheduler->run();
  }
  ~fixture() {
    caf::anon_send_exit(alarms, caf::exit_reason::kill);
    caf::anon_send_exit(listener, caf::exit_reason::kill);
    alarms = nullptr;
    listener = nullptr;
    while (scheduler->run() + scheduler->trigger_timeouts() > 0) {
    }
    system.reset();
  }

  void set(std::uint64_t token, duration in) {
    caf::anon_send(alarms, wake_at{clock.now() + in, token}, listener);
    scheduler->run();
  }
  /// Both clocks go on together.
  void pass(duration time) {
    clock.advance(time);
    scheduler->advance_time(time);
    scheduler->run();
  }

  caf::actor_system_config config;
  std::unique_ptr<caf::actor_system> system;
  caf::scheduler::test_coordinator* scheduler = nullptr;
  manual_clock clock{from_ms(1'000'000)};
  timers_actor alarms;
  timer_listener listener;
  std::vector<std::uint64_t> rung;
};

} // namespace

TEST_CASE_METHOD(
  fixture, "alarms ring in the order they are due, none early",
  "[actors][timers]") {
  set(2, 100ms);
  set(1, 50ms);
  pass(49ms);
  CHECK(rung.empty());
  pass(1ms);
  CHECK(rung == std::vector<std::uint64_t>{1});
  pass(50ms);
  CHECK(rung == std::vector<std::uint64_t>{1, 2});
}

TEST_CASE_METHOD(
  fixture, "what a listener takes back does not ring, and nothing else is lost",
  "[actors][timers]") {
  set(1, 50ms);
  set(2, 70ms);
  caf::anon_send(alarms, forget_atom{}, listener);
  scheduler->run();
  set(3, 90ms);
  pass(100ms);
  CHECK(rung == std::vector<std::uint64_t>{3});
}

TEST_CASE_METHOD(
  fixture, "an alarm that is past rings at once", "[actors][timers]") {
  set(1, -5ms);
  pass(0ms);
  CHECK(rung == std::vector<std::uint64_t>{1});
}

// What was due while the node was down is set again at its start, in whatever
// order its iterations are taken up.
TEST_CASE_METHOD(
  fixture, "what is past when it is set rings in the order it was due",
  "[actors][timers]") {
  for (const auto token : {3U, 1U, 2U})
    caf::anon_send(
      alarms, wake_at{clock.now() - 1h + duration{token}, token}, listener);
  scheduler->run();
  pass(0ms);
  CHECK(rung == std::vector<std::uint64_t>{1, 2, 3});
}

TEST_CASE_METHOD(
  fixture, "few looks are under way however many alarms are set",
  "[actors][timers]") {
  for (std::uint64_t i = 0; i < 1'000; ++i)
    caf::anon_send(
      alarms, wake_at{clock.now() + 1h - duration{i}, i}, listener);
  for (std::uint64_t i = 0; i < 1'000; ++i)
    caf::anon_send(alarms, wake_at{clock.now(), i}, listener);
  scheduler->run();
  CHECK(scheduler->clock().schedule().size() <= 2);
  pass(0ms);
  CHECK(rung.size() == 1'000);
}

TEST_CASE_METHOD(
  fixture, "a clock that jumps ahead rings soon, not when the time has run",
  "[actors][timers]") {
  set(1, 1h);
  set(2, 3h);
  clock.advance(2h);
  pass(longest_sleep);
  CHECK(rung == std::vector<std::uint64_t>{1});
}

TEST_CASE_METHOD(
  fixture, "a clock that jumps back rings when it is there again",
  "[actors][timers]") {
  set(1, 1s);
  clock.advance(-10s);
  for (int i = 0; i < 219; ++i)
    pass(50ms);
  CHECK(rung.empty());
  pass(50ms);
  CHECK(rung == std::vector<std::uint64_t>{1});
}
