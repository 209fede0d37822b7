#include "workflows/iteration.hpp"

#include "pauses.hpp"
#include "plans.hpp"
#include "workflows/sleep.hpp"
#include "workflows/wait_list.hpp"

/// A pause, and what is under way besides the attempts of stages: items,
/// waits for the world, attempts that wait in their middle.

using namespace ratchet;
using namespace ratchet::workflows;
using namespace ratchet::workflows::testing;
using namespace std::chrono_literals;

namespace {

/// train, for each of four items, two at once; then judge.
live_iteration fanned_out(item_policy policy = item_policy::fail) {
  auto train = with_tries(step("train"), 2);
  train.for_each = fan_out_options{};
  train.for_each->items = {"de", "en", "fr", "pl"};
  train.for_each->parallel = 2;
  train.for_each->policy = policy;
  live_iteration live{{train, step("judge", {"train"})}};
  live.begin();
  return live;
}

stage_status unit(const live_iteration& live, const std::string& name) {
  return live.it.find(name)->status;
}

void finish_unit(live_iteration& live, const std::string& name) {
  live.must(finish_attempt{name, live.it.find(name)->attempt, {}, false});
}

stage_definition function(std::string name) {
  return step(std::move(name), {}, stage_kind::callable);
}

/// A function that waits for the signal "labels-ready" for an hour.
live_iteration listening() {
  live_iteration live{{function("train")}};
  live.begin();
  live.must(suspend_attempt{
    "train", 1, "labels", step_kind::signal, "labels-ready", live.now + 1h});
  return live;
}

const send_signal labels_ready{"labels-ready", "id-1", "bob", "42"};

} // namespace

TEST_CASE("at the boundary running items end, and no item begins") {
  auto live = fanned_out();
  live.must(at_boundary);
  finish_unit(live, "train[0]");
  finish_unit(live, "train[1]");
  CHECK(unit(live, "train[2]") == stage_status::pending);
  CHECK(live.status("train") == stage_status::fanned_out);
  CHECK(asleep_until(live.it) == no_wake_up);
  const auto events = live.must(go_on);
  CHECK(count<attempt_started>(events) == 2);
  CHECK(unit(live, "train[2]") == stage_status::running);
  CHECK(unit(live, "train[3]") == stage_status::running);
}

TEST_CASE("a pause at once stops items, which begin again in their order") {
  auto live = fanned_out();
  finish_unit(live, "train[0]"); // So 1 and 2 run.
  live.must(at_once);
  live.must(confirm_canceled{"train[2]", 1});
  live.must(confirm_canceled{"train[1]", 1});
  for (const auto* name : {"train[1]", "train[2]"}) {
    CHECK(unit(live, name) == stage_status::pending);
    CHECK(live.it.find(name)->failures == 0);
  }
  live.must(go_on);
  CHECK(unit(live, "train[1]") == stage_status::running);
  CHECK(live.it.find("train[1]")->attempt == 2);
  CHECK(unit(live, "train[2]") == stage_status::running);
  CHECK(unit(live, "train[3]") == stage_status::pending);
}

TEST_CASE("an item that is withdrawn after the resume starts again at once") {
  auto live = fanned_out();
  live.must(at_once);
  live.must(go_on);
  const auto events = live.must(confirm_canceled{"train[0]", 1});
  CHECK(count<attempt_started>(events) == 1);
  CHECK(live.it.find("train[0]")->attempt == 2);
  CHECK(unit(live, "train[0]") == stage_status::running);
}

TEST_CASE("an item that waits for a slot gives up its place in a pause") {
  auto live = fanned_out();
  live.must(queue_attempt{"train[1]", 1});
  live.must(at_boundary);
  CHECK(unit(live, "train[1]") == stage_status::pending);
  live.must(queue_attempt{"train[0]", 1}); // It had not begun, either.
  CHECK(unit(live, "train[0]") == stage_status::pending);
  CHECK(count<attempt_started>(live.must(go_on)) == 2);
}

TEST_CASE("a stage whose last item ends in the pause ends, and no more") {
  auto live = fanned_out();
  for (const auto* name : {"train[0]", "train[1]"})
    finish_unit(live, name);
  live.must(at_boundary);
  for (const auto* name : {"train[2]", "train[3]"})
    finish_unit(live, name);
  CHECK(live.status("train") == stage_status::succeeded);
  CHECK(live.status("judge") == stage_status::pending);
  live.must(go_on);
  CHECK(live.status("judge") == stage_status::running);
}

TEST_CASE("too many failed items end a stage in the pause") {
  auto live = fanned_out();
  live.must(at_boundary);
  finish_unit(live, "train[1]");
  live.must(fail_attempt{"train[0]", 1, {errc::invalid_argument, "bad"}});
  CHECK(live.status("train") == stage_status::failed);
  CHECK(live.it.outcome == iteration_outcome::failed);
}

TEST_CASE("items that are looked up are fixed in the pause, none begins") {
  auto train = step("train");
  train.for_each = fan_out_options{};
  train.for_each->source = item_source::slices;
  live_iteration live{{train}};
  live.begin();
  live.must(at_boundary);
  live.must(fix_items{"train", 1, {"de", "en"}});
  CHECK(live.status("train") == stage_status::fanned_out);
  CHECK(unit(live, "train[0]") == stage_status::pending);
  CHECK(count<attempt_started>(live.must(go_on)) == 2);
}

TEST_CASE("people's deadlines run on in a pause, and answers are taken") {
  live_iteration live{{wait_step("sign-off"), step("ship", {"sign-off"})}};
  live.begin();
  live.must(at_boundary);
  CHECK(asleep_until(live.it) == live.it.stages.at("sign-off").due);
  SECTION("an answer") {
    live.must(approve_stage{"", "bob", "fine"});
    CHECK(live.status("sign-off") == stage_status::succeeded);
    CHECK(live.status("ship") == stage_status::pending);
    live.must(go_on);
    CHECK(live.status("ship") == stage_status::running);
  }
  SECTION("none") {
    live.now += 24h;
    live.must(pass_deadline{"sign-off"});
    CHECK(live.status("sign-off") == stage_status::refused);
    CHECK(live.it.outcome == iteration_outcome::rejected);
  }
}

TEST_CASE("a paused iteration tells that it waits for its resume") {
  live_iteration live{{wait_step("sign-off")}};
  live.begin();
  live.now += 1h;
  live.must(at_boundary);
  const auto waits = waits_of(live.plan, live.it);
  REQUIRE(waits.size() == 2);
  const wait_info expected{"", wait_kind::resume,     0, "", live.now, {},
                           "", "paused by ada: quiet"};
  CHECK(waits[0] == expected);
  CHECK(waits[1].stage == "sign-off");
}

TEST_CASE("no wait begins in a pause") {
  live_iteration live{{step("train"), wait_step("sign-off", {"train"})}};
  live.begin();
  live.must(at_boundary);
  live.finish("train");
  live.now += 48h;
  CHECK(live.status("sign-off") == stage_status::pending);
  live.must(go_on);
  CHECK(live.it.stages.at("sign-off").due == live.now + 24h);
}

TEST_CASE("an attempt that waits in its middle goes on after the resume") {
  auto live = listening();
  const auto due = live.it.stages.at("train").due;
  live.must(at_boundary);
  CHECK(asleep_until(live.it) == no_wake_up);
  CHECK(recover(live.it).empty());
  SECTION("with a signal that came in time") {
    CHECK(count<signal_received>(live.must(labels_ready)) == 1);
    CHECK(live.status("train") == stage_status::waiting);
    live.now = due + 1h;
    CHECK(live.must(pass_deadline{"train"}).empty());
    const auto events = live.must(go_on);
    CHECK(count<attempt_resumed>(events) == 1);
    CHECK(live.status("train") == stage_status::running);
    CHECK_FALSE(live.it.stages.at("train").steps.at("labels").timed_out);
    CHECK(live.it.signals.front().taken_by == "train");
  }
  SECTION("without one that came too late") {
    live.now = due;
    live.must(labels_ready);
    const auto events = live.must(go_on);
    CHECK(live.status("train") == stage_status::waiting);
    const auto asked = effects(live.it, events.front());
    REQUIRE(asked.size() == 1); // At once: it is over.
    CHECK(std::get<wake_for_deadline>(asked.front()).at == due);
    live.must(pass_deadline{"train"});
    CHECK(live.it.stages.at("train").steps.at("labels").timed_out);
  }
}

TEST_CASE("an attempt may begin to wait in a pause, and keeps its steps") {
  live_iteration live{{function("train")}};
  live.begin();
  live.must(record_step{"train", 1, "epoch 1", "0.5"});
  SECTION("instead of its end") {
    live.must(at_once);
    live.must(
      suspend_attempt{"train", 1, "nap", step_kind::sleep, "", live.now + 1h});
    CHECK(live.status("train") == stage_status::waiting);
    live.must(go_on);
    live.now += 1h;
    live.must(pass_deadline{"train"});
    CHECK(live.attempt("train") == 1);
    live.finish("train"); // Nobody stops it any more.
    CHECK(live.it.outcome == iteration_outcome::completed);
  }
  SECTION("when it is withdrawn") {
    live.must(at_once);
    live.must(confirm_canceled{"train", 1});
    live.must(go_on);
    CHECK(live.attempt("train") == 2);
    CHECK(live.it.stages.at("train").steps.contains("epoch 1"));
  }
}

TEST_CASE("an iteration of another loop is not stopped with its caller") {
  auto nested = step("child", {}, stage_kind::run_loop);
  live_iteration live{{nested, step("train"), step("ship", {"child"})}};
  live.begin();
  const auto events = live.must(at_once);
  const auto asked = effects(live.it, events.front());
  REQUIRE(asked.size() == 1);
  CHECK(std::get<stop_attempt>(asked.front()).stage == "train");
  CHECK_FALSE(live.it.stages.at("child").withdrawing);
  live.finish("child");
  CHECK(live.status("child") == stage_status::succeeded);
  CHECK(live.status("ship") == stage_status::pending);
}
