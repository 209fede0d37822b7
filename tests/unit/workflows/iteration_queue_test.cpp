#include "workflows/iteration.hpp"

#include "plans.hpp"

using namespace ratchet;
using namespace ratchet::workflows;
using namespace ratchet::workflows::testing;
using namespace std::chrono_literals;

using enum stage_status;

namespace {

/// Two stages side by side; "a" waits for a slot.
live_iteration queued_beside_running() {
  auto first = with_tries(step("a"), 2);
  first.start_within = 10min;
  live_iteration live{{first, step("b")}};
  live.begin();
  live.now += 2s;
  live.must(queue_attempt{"a", 1});
  return live;
}

} // namespace

TEST_CASE("the time to close runs from the slot", "[iteration][queue]") {
  auto live = queued_beside_running();
  const auto began = live.it.start.at;
  CHECK(live.it.stages.at("a").started == began);
  CHECK(live.it.stages.at("a").due == began + 10min);

  live.now += 5min;
  const auto events = live.must(dispatch_attempt{"a", 1});
  REQUIRE(events.size() == 1);
  CHECK(
    std::get<attempt_dispatched>(events[0]) ==
    attempt_dispatched{"a", 1, live.now, live.now + 30min});
  CHECK(live.it.stages.at("a").started == live.now);
  CHECK(live.it.stages.at("a").due == live.now + 30min);
  const auto wanted = effects(live.it, events[0]);
  REQUIRE(wanted.size() == 1);
  CHECK(std::get<launch_attempt>(wanted[0]).stage == "a");
}

TEST_CASE("without a bound a wait has no end", "[iteration][queue]") {
  live_iteration live{{step("a")}};
  live.begin();
  const auto events = live.must(queue_attempt{"a", 1});
  CHECK(std::get<attempt_queued>(events[0]).start_by == time_point{});
}

TEST_CASE("an attempt that got no slot is tried again", "[iteration][queue]") {
  auto live = queued_beside_running();
  attempt_failure late{errc::timed_out, "got no slot"};
  late.name = start_timeout;
  live.fail("a", late);
  CHECK(live.status("a") == backing_off);
  CHECK(live.it.stages.at("a").failure_name == start_timeout);
}

TEST_CASE("a queued attempt waits on after a restart", "[iteration][queue]") {
  const auto live = queued_beside_running();
  const auto list = recover(live.it);
  REQUIRE(list.size() == 2);
  CHECK(std::get<run_attempt>(list[0]).stage == "a");
  CHECK(std::get<run_attempt>(list[0]).attempt == 1);
}

TEST_CASE("nothing that waits starts after a failure", "[iteration][queue]") {
  auto live = queued_beside_running();
  const auto events =
    live.must(fail_attempt{"b", 1, {errc::invalid_argument, "bad flag"}});
  CHECK(live.status("a") == canceled);
  CHECK(live.it.outcome == iteration_outcome::failed);
  // Whoever waits for the slot is told.
  const auto& let_go = events.at(1);
  REQUIRE(std::holds_alternative<stage_canceled>(let_go));
  CHECK(std::get<stop_attempt>(effects(live.it, let_go).at(0)).stage == "a");
  live.must(dispatch_attempt{"a", 1}); // It comes too late.
  CHECK(live.status("a") == canceled);
}

TEST_CASE(
  "what comes to wait in a failed iteration is let go", "[iteration][queue]") {
  live_iteration live{{step("a"), step("b"), step("c")}};
  live.begin();
  live.fail("b", {errc::invalid_argument, "bad flag"});
  live.must(queue_attempt{"a", 1});
  CHECK(live.status("a") == canceled);
  CHECK(live.it.outcome == iteration_outcome::running);
  live.must(queue_attempt{"c", 1});
  CHECK(live.it.outcome == iteration_outcome::failed);
}

TEST_CASE("a queued stage can be skipped", "[iteration][queue]") {
  auto live = queued_beside_running();
  const auto events = live.must(skip_stage{"a", "ada", "no GPU today"});
  CHECK(live.status("a") == skipped);
  CHECK(std::get<stop_attempt>(effects(live.it, events[0]).at(0)).attempt == 1);
}

TEST_CASE("a failure may be final by its name", "[iteration][retry]") {
  auto stage = with_tries(step("a"), 3);
  stage.retry.non_retryable = {"bad_data"};
  attempt_failure failure{errc::io_error, "row 7 has no label", 1};
  failure.name = GENERATE("bad_data", "network", "");
  live_iteration live{{stage}};
  live.begin();
  live.fail("a", failure);
  CHECK(
    live.status("a") == (failure.name == "bad_data" ? failed : backing_off));
  CHECK(live.it.stages.at("a").failure_name == failure.name);
}

TEST_CASE("a failure may ask for a longer wait", "[iteration][retry]") {
  live_iteration live{{with_tries(step("a"), 3)}};
  live.begin();
  attempt_failure failure{errc::io_error, "busy"};
  failure.retry_after = GENERATE(duration{30s}, duration{10ms});
  live.fail("a", failure);
  // The policy's own wait is 1 s.
  CHECK(
    live.it.stages.at("a").due ==
    live.now + std::max(failure.retry_after, duration{1s}));
}
