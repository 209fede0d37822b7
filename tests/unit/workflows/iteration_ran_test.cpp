#include "workflows/iteration.hpp"

#include "plans.hpp"

/// What an iteration's attempts have run, for the budget of its loop.

using namespace ratchet;
using namespace ratchet::workflows;
using namespace ratchet::workflows::testing;
using namespace std::chrono_literals;

namespace {

constexpr auto t0 = from_ms(1'000'000);

struct folded {
  loop_definition plan = plan_of({step("a"), step("b"), step("c")});
  iteration it;

  folded() { add(iteration_started{}); }
  void add(const iteration_event& event) { apply(plan, it, event); }
  void start(const std::string& stage, duration at, std::uint32_t n = 1) {
    add(attempt_started{stage, n, t0 + at, t0 + at + 1h});
  }
};

} // namespace

TEST_CASE("attempts count from their slot to their end", "[iteration]") {
  folded run;
  run.start("a", 0s);
  CHECK(run.it.ran == 0s);
  CHECK(run.it.running_since() == std::vector{t0});
  run.add(attempt_failed{"a", 1, t0 + 10s, {errc::io_error, "disk"}, t0 + 20s});
  CHECK(run.it.ran == 10s);
  CHECK(run.it.running_since().empty());
  // The back-off is no run, and neither is a wait for a slot.
  run.start("a", 20s, 2);
  run.add(attempt_queued{"a", 2, t0 + 21s, {}});
  CHECK(run.it.running_since().empty());
  run.add(attempt_dispatched{"a", 2, t0 + 60s, t0 + 2h});
  CHECK(run.it.running_since() == std::vector{t0 + 60s});
  run.add(stage_succeeded{"a", 2, t0 + 65s, {}});
  CHECK(run.it.ran == 15s);
  CHECK(summarize(run.it).ran == 15s);
}

TEST_CASE("attempts at the same time count each", "[iteration]") {
  folded run;
  run.start("a", 0s);
  run.start("b", 5s);
  CHECK(run.it.running_since().size() == 2);
  run.add(gate_refused{"a", 1, t0 + 10s, {}});
  run.add(stage_canceled{"b", t0 + 12s});
  CHECK(run.it.ran == 17s);
  // One that never ran cost nothing.
  run.add(stage_canceled{"c", t0 + 90s});
  CHECK(run.it.ran == 17s);
}

TEST_CASE("a queued attempt that fails cost nothing", "[iteration]") {
  folded run;
  run.start("a", 0s);
  run.add(attempt_queued{"a", 1, t0 + 1s, t0 + 30s});
  run.add(attempt_failed{"a", 1, t0 + 30s, {errc::timed_out, "no slot"}, {}});
  CHECK(run.it.ran == 0s);
}

TEST_CASE("a clock that was set back gives no time back", "[iteration]") {
  folded run;
  run.start("a", 50s);
  run.add(stage_succeeded{"a", 1, t0 + 10s, {}});
  CHECK(run.it.ran == 0s);
}

TEST_CASE("a reset keeps what was run", "[iteration]") {
  folded run;
  run.start("a", 0s);
  run.add(stage_succeeded{"a", 1, t0 + 10s, {}});
  run.add(iteration_ended{iteration_outcome::failed, "", t0 + 11s});
  run.add(stage_reset{"a", "ada", "", t0 + 20s});
  run.start("a", 20s, 2);
  run.add(stage_succeeded{"a", 2, t0 + 23s, {}});
  CHECK(run.it.ran == 13s);
}

TEST_CASE("units of a fan-out count as attempts do", "[iteration]") {
  folded run;
  run.add(items_awaited{"a", 1, t0});
  run.add(items_fixed{"a", 1, t0, {"de", "fr"}});
  run.start(unit_name("a", 0), 0s);
  run.start(unit_name("a", 1), 4s);
  CHECK(run.it.running_since() == std::vector{t0, t0 + 4s});
  run.add(stage_succeeded{unit_name("a", 0), 1, t0 + 10s, {}});
  CHECK(run.it.ran == 10s);
  CHECK(run.it.running_since() == std::vector{t0 + 4s});
}
