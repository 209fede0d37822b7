#include "workflows/iteration.hpp"
#include "workflows/sleep.hpp"
#include "workflows/wait_list.hpp"

#include "plans.hpp"

#include "base/bytes.hpp"

using namespace ratchet;
using namespace ratchet::workflows;
using namespace ratchet::workflows::testing;
using namespace std::chrono_literals;

using enum stage_status;

namespace {

/// One function, two tries.
live_iteration working() {
  live_iteration live{
    {with_tries(step("work", {}, stage_kind::callable), 2),
     step("publish", {"work"})}};
  live.begin();
  return live;
}

suspend_attempt sleeping(const live_iteration& live, duration time) {
  return {"work", live.attempt("work"), "nap", step_kind::sleep,
          {},     live.now + time};
}

suspend_attempt listening(const live_iteration& live, std::uint32_t n = 1) {
  return {
    "work",
    live.attempt("work"),
    "signal go " + std::to_string(n),
    step_kind::signal,
    "go",
    live.now + 1h};
}

const step_memo& memo(const live_iteration& live, const std::string& name) {
  return live.it.stages.at("work").steps.at(name);
}

} // namespace

TEST_CASE("a step is recorded once", "[iteration][steps]") {
  auto live = working();
  const auto events = live.must(record_step{"work", 1, "label", "42"});
  REQUIRE(events.size() == 1);
  CHECK(
    std::get<step_recorded>(events[0]) ==
    step_recorded{"work", 1, "label", "42", live.now});
  CHECK(effects(live.it, events[0]).empty());
  CHECK(live.status("work") == running);
  CHECK(memo(live, "label").event == live.journal.size() - 1);
  CHECK(memo(live, "label").digest == fnv1a64("42"));
  CHECK(live.must(record_step{"work", 1, "label", "42"}).empty());
  CHECK(
    live.refused(record_step{"work", 1, "label", "43"}) ==
    error{
      errc::conflict,
      "step \"label\" of stage \"work\" has another value already"});
}

TEST_CASE("steps outlive attempts, not a reset", "[iteration][steps]") {
  auto live = working();
  live.must(record_step{"work", 1, "label", "42"});
  live.fail("work", crash);
  live.now = live.it.stages.at("work").due;
  live.must(start_retry{"work"});
  CHECK(live.it.stages.at("work").steps.contains("label"));
  CHECK(live.must(record_step{"work", 2, "label", "42"}).empty());
  live.fail("work", crash);
  REQUIRE(live.it.outcome == iteration_outcome::failed);
  live.must(retry_stage{"", "ada", ""});
  CHECK(live.it.stages.at("work").steps.empty());
}

TEST_CASE("steps are of attempts that run", "[iteration][steps]") {
  auto live = working();
  const auto of = [](std::uint32_t attempt) {
    return record_step{"work", attempt, "label", "42"};
  };
  CHECK(live.refused(of(2)).code == errc::conflict); // Never started.
  live.must(queue_attempt{"work", 1});
  CHECK(
    live.refused(of(1)).message ==
    "attempt 1 of stage \"work\" does not run: its stage is queued");
  live.must(dispatch_attempt{"work", 1});
  live.fail("work", crash);
  CHECK(live.refused(of(1)).code == errc::conflict);
  live.now += 1h;
  live.must(start_retry{"work"});
  CHECK(
    live.refused(of(1)).message ==
    "attempt 1 of stage \"work\" was superseded by attempt 2");
  live.must(of(2));
  live.finish("work");
  CHECK(live.refused(of(2)).code == errc::conflict);
  CHECK(
    live.refused(record_step{"nope", 1, "label", "42"}).code ==
    errc::not_found);
}

TEST_CASE("steps have their bounds", "[iteration][steps]") {
  auto live = working();
  SECTION("values") {
    const std::string most(most_step_bytes, 'x');
    live.must(record_step{"work", 1, "a", most});
    CHECK(
      live.refused(record_step{"work", 1, "b", most + "x"}).code ==
      errc::resource_limit);
  }
  SECTION("number") {
    for (std::size_t i = 0; i < most_steps; ++i)
      live.must(record_step{"work", 1, std::to_string(i), "1"});
    CHECK(
      live.refused(record_step{"work", 1, "more", "1"}).code ==
      errc::resource_limit);
    CHECK(live.refused(sleeping(live, 1h)).code == errc::resource_limit);
  }
  SECTION("names") {
    for (const auto& name :
         {std::string{}, std::string{"a/b"}, std::string{"a\nb"},
          std::string{".."}, std::string(201, 'n')})
      CHECK(
        live.refused(record_step{"work", 1, name, "1"}).code ==
        errc::invalid_argument);
    live.must(record_step{"work", 1, "epoch 3: größer", "1"});
  }
}

TEST_CASE("a suspended attempt goes on by itself", "[iteration][steps]") {
  auto live = working();
  live.now += 10s;
  const auto events = live.must(sleeping(live, 1h));
  REQUIRE(events.size() == 1);
  CHECK(live.status("work") == waiting);
  CHECK(live.attempt("work") == 1);
  CHECK(asleep_until(live.it) == live.now + 1h);
  const auto armed = effects(live.it, events[0]);
  REQUIRE(armed.size() == 1);
  CHECK(std::get<wake_for_deadline>(armed[0]).at == live.now + 1h);
  CHECK(
    std::get<wake_for_deadline>(recover(live.it).at(0)).at == live.now + 1h);
  CHECK_FALSE(memo(live, "nap").over);
  CHECK(
    waits_of(live.plan, live.it).at(0) ==
    wait_info{
      "work", wait_kind::sleep, 1, "", live.now, live.now + 1h,
      "the attempt goes on", ""});

  live.now += 1h - 1ms;
  CHECK(live.refused(pass_deadline{"work"}).code == errc::conflict);
  live.now += 1ms;
  const auto resumed = live.must(pass_deadline{"work"});
  REQUIRE(resumed.size() == 1);
  CHECK(
    std::get<attempt_resumed>(resumed[0]) ==
    attempt_resumed{"work", 1, 0, live.now, live.now + 30min});
  CHECK(live.status("work") == running);
  CHECK(live.it.stages.at("work").started == live.now);
  CHECK(memo(live, "nap").over);
  CHECK_FALSE(memo(live, "nap").timed_out);
  const auto wanted = effects(live.it, resumed[0]);
  REQUIRE(wanted.size() == 1);
  CHECK(std::get<run_attempt>(wanted[0]).attempt == 1);
  CHECK(live.refused(sleeping(live, 1h)).code == errc::conflict);
  live.finish("work");
  CHECK(live.status("publish") == running);
}

TEST_CASE("an attempt waits for signals in turn", "[iteration][steps]") {
  auto live = working();
  live.must(listening(live));
  CHECK(waits_of(live.plan, live.it).at(0).kind == wait_kind::signal);
  CHECK(waits_of(live.plan, live.it).at(0).signal == "go");
  const auto events = live.must(send_signal{"go", "1", "ada", "first"});
  REQUIRE(events.size() == 2);
  CHECK(std::get<attempt_resumed>(events[1]).signal == 1);
  CHECK(memo(live, "signal go 1").event == live.journal.size() - 2);
  CHECK(live.it.signals.at(0).taken_by == "work");
  CHECK(live.it.signals.at(0).payload.empty());
  // The second comes before anyone waits for it: it is not suspended for long.
  live.must(send_signal{"go", "2", "ada", "second"});
  const auto again = live.must(listening(live, 2));
  REQUIRE(again.size() == 2);
  CHECK(std::get<attempt_resumed>(again[1]).signal == 2);
  CHECK(live.status("work") == running);
}

TEST_CASE("a wait for a signal may end without", "[iteration][steps]") {
  auto live = working();
  live.must(listening(live));
  live.now += 1h;
  CHECK(live.must(send_signal{"go", "1", "ada", "late"}).size() == 1);
  live.must(pass_deadline{"work"});
  CHECK(memo(live, "signal go 1").timed_out);
  CHECK(live.it.signals.at(0).taken_by.empty());
}

TEST_CASE("nobody is suspended for what has ended", "[iteration][steps]") {
  live_iteration live{{step("work", {}, stage_kind::callable), step("other")}};
  live.begin();
  SECTION("after a cancel") {
    live.cancel();
    live.must(sleeping(live, 1h));
    CHECK(live.status("work") == canceled);
  }
  SECTION("after a failure elsewhere") {
    live.fail("other", crash);
    live.must(sleeping(live, 1h));
    CHECK(live.status("work") == canceled);
    CHECK(live.it.outcome == iteration_outcome::failed);
  }
}

TEST_CASE("what is suspended can be let go", "[iteration][steps]") {
  auto live = working();
  live.must(sleeping(live, 1h));
  SECTION("canceled") {
    live.cancel();
    CHECK(live.it.outcome == iteration_outcome::canceled);
  }
  SECTION("skipped") {
    live.must(skip_stage{"work", "ada", "no time"});
    CHECK(live.status("work") == skipped);
    CHECK(live.status("publish") == running);
  }
  CHECK(live.it.stages.at("work").suspended_in.empty());
  CHECK(live.must(pass_deadline{"work"}).empty());
}

TEST_CASE("news of a suspended attempt is old", "[iteration][steps]") {
  auto live = working();
  live.must(sleeping(live, 1h));
  CHECK(
    live.refused(finish_attempt{"work", 1, {}, false}).code == errc::conflict);
  CHECK(live.must(fail_attempt{"work", 1, crash}).empty());
  CHECK(live.refused(record_step{"work", 1, "x", "1"}).code == errc::conflict);
  CHECK(live.status("work") == waiting);
}
