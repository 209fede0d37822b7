#include "workflows/iteration.hpp"

#include "pauses.hpp"
#include "plans.hpp"
#include "workflows/sleep.hpp"

using namespace ratchet;
using namespace ratchet::workflows;
using namespace ratchet::workflows::testing;
using namespace std::chrono_literals;

namespace {

template <class Effect>
std::size_t effects_of(
  const live_iteration& live, const std::vector<iteration_event>& events) {
  std::size_t found = 0;
  for (const auto& event : events)
    for (const auto& effect : effects(live.it, event))
      found += std::holds_alternative<Effect>(effect) ? 1U : 0U;
  return found;
}

cleanup_definition always(std::string name) {
  return {cleanup_kind::always, "", step(std::move(name))};
}

} // namespace

TEST_CASE("a pause at the boundary lets what runs finish, and no more") {
  auto live = training();
  const auto events = live.must(at_boundary);
  CHECK(effects_of<stop_attempt>(live, events) == 0);
  CHECK(live.status("train") == stage_status::running);
  live.finish("train");
  live.finish("tune");
  CHECK(live.status("judge") == stage_status::pending);
  const auto resumed = live.must(go_on);
  CHECK(live.status("judge") == stage_status::running);
  CHECK(effects_of<run_attempt>(live, resumed) == 1);
}

TEST_CASE("a pause at once stops what runs, and counts nothing") {
  auto live = training();
  const auto events = live.must(at_once);
  CHECK(effects_of<stop_attempt>(live, events) == 2);
  live.must(confirm_canceled{"train", 1});
  live.fail("tune", stopped);
  for (const auto* stage : {"train", "tune"}) {
    CHECK(live.status(stage) == stage_status::pending);
    CHECK(live.it.stages.at(stage).failures == 0);
    CHECK(live.it.stages.at(stage).lost == 0);
  }
  live.now += 1h;
  live.must(go_on);
  CHECK(live.status("train") == stage_status::running);
  CHECK(live.attempt("train") == 2);
  CHECK(live.it.stages.at("train").due == live.now + 30min); // All of it.
}

TEST_CASE("what a stop came too late for is kept") {
  auto live = training();
  live.must(at_once);
  live.finish("train");
  CHECK(live.status("train") == stage_status::succeeded);
  live.fail("tune", crash); // By itself, so it counts.
  CHECK(live.status("tune") == stage_status::backing_off);
  CHECK(live.it.stages.at("tune").failures == 1);
}

TEST_CASE("an attempt that is being stopped is so after a resume, too") {
  auto live = training();
  live.must(at_once);
  live.must(go_on);
  CHECK(live.status("train") == stage_status::running);
  live.must(confirm_canceled{"train", 1});
  CHECK(live.attempt("train") == 2);
  CHECK(live.status("train") == stage_status::running);
  live.fail("tune", lost);
  CHECK(live.attempt("tune") == 2);
  CHECK(live.it.stages.at("tune").lost == 0);
  live.refused(confirm_canceled{"train", 2}); // Nobody asked to stop that.
}

TEST_CASE("what waits for a slot gives up its place") {
  auto live = training();
  live.must(queue_attempt{"train", 1});
  const auto events = live.must(at_boundary);
  CHECK(live.status("train") == stage_status::pending);
  CHECK(effects_of<stop_attempt>(live, events) == 1);
  CHECK(live.must(dispatch_attempt{"train", 1}).empty());
  // The other one asks only now.
  live.must(queue_attempt{"tune", 1});
  CHECK(live.status("tune") == stage_status::pending);
  live.must(go_on);
  CHECK(live.attempt("train") == 2);
  CHECK(live.attempt("tune") == 2);
}

TEST_CASE("a retry that falls due during a pause waits for the resume") {
  auto live = training();
  live.fail("train", crash);
  const auto due = live.it.stages.at("train").due;
  live.must(at_boundary);
  live.now = due + 1h;
  CHECK(live.must(start_retry{"train"}).empty());
  const auto events = live.must(go_on);
  CHECK(effects_of<wake_for_retry>(live, events) == 1);
  live.must(start_retry{"train"});
  CHECK(live.status("train") == stage_status::running);
}

TEST_CASE("conditions and cleanup wait for the resume") {
  auto judged = step("check", {"train"});
  judged.when = at_least("train", "accuracy", 0.9);
  live_iteration live{{step("train"), judged}, {always("notify")}};
  live.begin();
  live.must(at_boundary);
  live.finish("train", {{{"accuracy", "0.5"}}, {}, {}, {}});
  CHECK(live.status("check") == stage_status::pending);
  const auto events = live.must(go_on);
  CHECK(count<stage_skipped>(events) == 1);
  CHECK(count<cleanup_started>(events) == 1);
  CHECK(live.status("notify") == stage_status::running);
  live.must(at_once);
  live.must(confirm_canceled{"notify", 1});
  CHECK(live.it.outcome == iteration_outcome::running);
  live.must(go_on);
  live.finish("notify");
  CHECK(live.it.outcome == iteration_outcome::completed);
}

TEST_CASE("an iteration with nothing left to start ends in its pause") {
  live_iteration live{{step("train")}};
  live.begin();
  live.must(at_boundary);
  SECTION("by success") {
    live.finish("train");
    CHECK(live.it.outcome == iteration_outcome::completed);
  }
  SECTION("by failure") {
    live.fail("train", crash);
    CHECK(live.it.outcome == iteration_outcome::failed);
  }
  CHECK_FALSE(live.it.paused);
}

TEST_CASE("a cancel ends a pause") {
  live_iteration live{{step("train")}, {always("notify")}};
  live.begin();
  live.must(at_once);
  live.must(confirm_canceled{"train", 1});
  const auto events = live.must(cancel_iteration{"ada", "enough"});
  CHECK_FALSE(live.it.paused);
  CHECK(count<cleanup_started>(events) == 1);
  live.finish("notify");
  CHECK(live.it.outcome == iteration_outcome::canceled);
}

TEST_CASE("a pause is recorded once, and may be made stronger") {
  auto live = training();
  live.must(at_boundary);
  CHECK(live.must(at_boundary).empty());
  CHECK(effects_of<stop_attempt>(live, live.must(at_once)) == 2);
  CHECK(live.must(at_once).empty());
  CHECK(live.must(at_boundary).empty());
  CHECK(live.must(go_on).size() == 1);
  CHECK(live.must(go_on).empty());
  live.must(confirm_canceled{"train", 1});
  live.must(confirm_canceled{"tune", 1});
  live.cancel();
  live.must(confirm_canceled{"train", 2});
  live.must(confirm_canceled{"tune", 2});
  CHECK(live.refused(at_boundary).code == errc::conflict);
  CHECK(live.must(go_on).empty());
}

TEST_CASE("a paused iteration is at rest until word comes") {
  auto live = training();
  live.must(at_once);
  CHECK_FALSE(asleep_until(live.it)); // The stops are under way.
  live.must(confirm_canceled{"train", 1});
  live.fail("tune", crash);
  CHECK(asleep_until(live.it) == no_wake_up); // Whatever backs off.
  live.must(go_on);
  CHECK_FALSE(asleep_until(live.it));
}

TEST_CASE("a restart stops what a pause was stopping, and wakes nothing") {
  auto live = training();
  live.fail("tune", crash);
  live.must(at_once);
  auto list = recover(live.it);
  REQUIRE(list.size() == 1);
  CHECK(std::get<stop_attempt>(list.front()).stage == "train");
  live.must(confirm_canceled{"train", 1});
  CHECK(recover(live.it).empty());
  live.must(go_on);
  list = recover(live.it);
  REQUIRE(list.size() == 2);
  CHECK(std::holds_alternative<run_attempt>(list.front()));
  CHECK(std::holds_alternative<wake_for_retry>(list.back()));
}
