#include "workflows/iteration.hpp"

#include "plans.hpp"

using namespace ratchet;
using namespace ratchet::workflows;
using namespace ratchet::workflows::testing;
using namespace std::chrono_literals;

using enum stage_status;

namespace {

cleanup_definition undo(const std::string& stage) {
  return {
    cleanup_kind::compensate, stage,
    with_tries(step("compensate " + stage), 2)};
}

/// first -> second -> third, with compensations of the first two, two stages
/// on failure, and one always; declared in another order than they run.
live_iteration deploying() {
  live_iteration live{
    {step("first"), step("second", {"first"}),
     with_tries(step("third", {"second"}), 1)},
    {{cleanup_kind::always, "", step("unlock")},
     undo("first"),
     {cleanup_kind::on_failure, "", step("notify")},
     {cleanup_kind::on_failure, "", step("collect")},
     undo("second")}};
  live.begin();
  return live;
}

/// The stages that ran since `from`, in the order of their starts.
names started(const live_iteration& live, std::size_t from) {
  names out;
  for (auto i = from; i < live.journal.size(); ++i)
    if (const auto* e = std::get_if<attempt_started>(&live.journal[i]))
      out.push_back(e->stage);
  return out;
}

/// Lets everything that runs succeed until the iteration ends.
void finish_all(live_iteration& live) {
  while (live.it.outcome == iteration_outcome::running)
    for (const auto& [name, state] : std::map{live.it.stages})
      if (state.status == running)
        live.finish(name);
}

const names whole_cleanup{
  "compensate second", "compensate first", "notify", "collect", "unlock"};

} // namespace

TEST_CASE(
  "after a failure compensations run backwards, then on_failure, then always",
  "[iteration][cleanup]") {
  auto live = deploying();
  live.finish("first");
  live.finish("second");
  const auto mark = live.journal.size();
  const auto events = live.must(fail_attempt{"third", 1, crash});
  REQUIRE(events.size() == 3);
  CHECK(
    std::get<cleanup_started>(events[1]) ==
    cleanup_started{
      iteration_outcome::failed, "stage \"third\" failed at attempt 1: boom",
      live.now});
  CHECK(std::get<attempt_started>(events[2]).stage == "compensate second");
  CHECK(live.it.outcome == iteration_outcome::running);
  CHECK(live.it.ending == iteration_outcome::failed);
  // One after the other.
  for (const auto& [name, state] : live.it.stages)
    CHECK((state.status == running) == (name == "compensate second"));
  finish_all(live);
  CHECK(started(live, mark) == whole_cleanup);
  CHECK(live.it.outcome == iteration_outcome::failed);
  CHECK(live.it.end_reason == "stage \"third\" failed at attempt 1: boom");
  CHECK(live.it.ending == iteration_outcome::running);
}

TEST_CASE("what asks for which cleanup", "[iteration][cleanup]") {
  auto live = deploying();
  names expected;
  iteration_outcome outcome{};
  SECTION("a failure compensates only what had succeeded") {
    live.finish("first");
    live.fail("second", crash);
    expected = {"compensate first", "notify", "collect", "unlock"};
    outcome = iteration_outcome::failed;
  }
  SECTION("a cancel is as a failure") {
    live.finish("first");
    live.cancel();
    CHECK(live.it.ending == iteration_outcome::running);
    live.must(confirm_canceled{"second", 1});
    expected = {"compensate first", "notify", "collect", "unlock"};
    outcome = iteration_outcome::canceled;
  }
  SECTION("a success that comes after the cancel is compensated too") {
    live.finish("first");
    live.cancel();
    live.finish("second");
    expected = whole_cleanup;
    outcome = iteration_outcome::canceled;
  }
  SECTION("success asks for always only") {
    live.finish("first");
    live.finish("second");
    live.finish("third");
    expected = {"unlock"};
    outcome = iteration_outcome::completed;
  }
  CHECK(live.it.ending == outcome);
  const auto before = live.journal.size() - 1; // The first start is there.
  finish_all(live);
  CHECK(started(live, before) == expected);
  CHECK(live.it.outcome == outcome);
}

TEST_CASE("a refusal asks for always only", "[iteration][cleanup]") {
  live_iteration live{
    {step("work"), step("gate", {"work"}, stage_kind::gate)},
    {undo("work"),
     {cleanup_kind::on_failure, "", step("notify")},
     {cleanup_kind::always, "", step("unlock")}}};
  live.begin();
  live.finish("work");
  live.refuse("gate");
  CHECK(live.status("unlock") == running);
  live.finish("unlock");
  CHECK(live.it.outcome == iteration_outcome::rejected);
  CHECK(live.status("notify") == pending);
  CHECK(live.status("compensate work") == pending);
}

TEST_CASE(
  "an end that asks for no cleanup is the end as ever",
  "[iteration][cleanup]") {
  live_iteration live{
    {step("a")}, {{cleanup_kind::on_failure, "", step("notify")}}};
  live.begin();
  const auto events = live.must(finish_attempt{"a", 1, {}, false});
  REQUIRE(events.size() == 2);
  CHECK(std::holds_alternative<iteration_ended>(events[1]));
}

TEST_CASE(
  "cleanup is retried, and what fails for good is named in the end",
  "[iteration][cleanup]") {
  auto live = deploying();
  live.finish("first");
  live.fail("second", crash);
  live.fail("compensate first", crash);
  CHECK(live.status("compensate first") == backing_off);
  CHECK(live.status("notify") == pending);
  live.now += 1s;
  live.must(start_retry{"compensate first"});
  live.fail("compensate first", lost);
  CHECK(live.status("compensate first") == backing_off);
  live.now += 1s;
  live.must(start_retry{"compensate first"});
  live.fail("compensate first", crash);
  CHECK(live.status("compensate first") == failed);
  // The others still run.
  CHECK(live.status("notify") == running);
  live.fail("notify", {errc::timed_out, "too slow", 0, false});
  finish_all(live);
  CHECK(live.it.outcome == iteration_outcome::failed);
  CHECK(
    live.it.end_reason ==
    "stage \"second\" failed at attempt 1: boom; cleanup stage \"compensate "
    "first\" failed at attempt 3: boom; cleanup stage \"notify\" failed at "
    "attempt 1: too slow");
}

TEST_CASE(
  "a failed cleanup does not change a success", "[iteration][cleanup]") {
  live_iteration live{
    {step("a")}, {{cleanup_kind::always, "", step("unlock")}}};
  live.begin();
  live.finish("a");
  live.fail("unlock", crash);
  CHECK(live.it.outcome == iteration_outcome::completed);
  CHECK(
    live.it.end_reason ==
    "all stages succeeded; cleanup stage \"unlock\" failed at attempt 1: boom");
}

TEST_CASE(
  "a cancel during cleanup is accepted and changes nothing",
  "[iteration][cleanup]") {
  auto live = deploying();
  SECTION("after a failure") {
    live.fail("first", crash);
    CHECK(live.must(cancel_iteration{"ada", "stop"}).empty());
    finish_all(live);
    CHECK(live.it.outcome == iteration_outcome::failed);
  }
  SECTION("after a cancel") {
    live.cancel();
    live.must(confirm_canceled{"first", 1});
    CHECK(live.must(cancel_iteration{"ada", "stop"}).empty());
    // Nobody stops the cleanup, so nobody confirms it; that it died is news.
    CHECK(live.refused(confirm_canceled{"notify", 1}).code == errc::conflict);
    live.fail("notify", stopped);
    CHECK(live.status("notify") == failed);
    finish_all(live);
    CHECK(live.it.outcome == iteration_outcome::canceled);
  }
}

TEST_CASE(
  "a restart goes on with cleanup where it was", "[iteration][cleanup]") {
  auto live = deploying();
  live.finish("first");
  live.cancel();
  live.must(confirm_canceled{"second", 1});
  REQUIRE(live.status("compensate first") == running);
  const auto again = recover(live.it);
  REQUIRE(again.size() == 1);
  CHECK(std::get<run_attempt>(again[0]).stage == "compensate first");
  CHECK(live.must(begin_iteration{}).empty());
  live.fail("compensate first", crash);
  CHECK(
    std::get<wake_for_retry>(recover(live.it).at(0)).stage ==
    "compensate first");
}

TEST_CASE(
  "an operator may skip cleanup, before and while it is due",
  "[iteration][cleanup]") {
  auto live = deploying();
  live.must(skip_stage{"notify", "ada", "asleep"});
  live.finish("first");
  live.fail("second", crash);
  live.fail("compensate first", crash);
  const auto mark = live.journal.size();
  live.must(skip_stage{"compensate first", "ada", "by hand"});
  CHECK(
    live.refused(skip_stage{"third", "ada", ""}).message ==
    "stage \"third\" will not run: iteration 7 ends as soon as its cleanup is "
    "done");
  finish_all(live);
  CHECK(started(live, mark) == names{"collect", "unlock"});
  CHECK(live.it.outcome == iteration_outcome::failed);
  CHECK(live.refused(skip_stage{"unlock", "ada", ""}).code == errc::conflict);
}

TEST_CASE(
  "a retry repeats what was undone, and the next end cleans up again",
  "[iteration][cleanup]") {
  auto live = deploying();
  live.finish("first");
  live.finish("second");
  live.fail("third", crash);
  // "second" is not undone, so its success stands.
  live.must(
    fail_attempt{"compensate second", 1, {errc::io_error, "boom", 1, false}});
  live.must(skip_stage{"compensate second", "ada", ""});
  finish_all(live);
  CHECK(live.refused(retry_stage{"unlock", "ada", ""}).code == errc::conflict);

  live.must(retry_stage{"", "ada", ""});
  CHECK(live.it.ending == iteration_outcome::running);
  CHECK(live.status("first") == running);
  CHECK(live.status("second") == pending);
  for (const auto& name : whole_cleanup)
    CHECK(live.status(name) == pending);
  CHECK(live.attempt("notify") == 1);

  const auto mark = live.journal.size();
  live.finish("first");
  live.finish("second");
  live.fail("third", crash);
  finish_all(live);
  CHECK(
    started(live, mark) ==
    names{
      "second", "third", "compensate second", "compensate first", "notify",
      "collect", "unlock"});
}

TEST_CASE(
  "a stage that was not undone is not repeated", "[iteration][cleanup]") {
  live_iteration live{
    {step("a"), step("b", {"a"})}, {{cleanup_kind::always, "", step("end")}}};
  live.begin();
  live.finish("a");
  live.fail("b", crash);
  live.finish("end");
  REQUIRE(live.it.outcome == iteration_outcome::failed);
  live.must(retry_stage{"", "ada", ""});
  CHECK(live.status("a") == succeeded);
  CHECK(live.status("b") == running);
  CHECK(live.status("end") == pending);
}

TEST_CASE(
  "an iteration that goes on past a skipped stage cleans up at its new end",
  "[iteration][cleanup]") {
  live_iteration live{
    {step("a"), step("b", {"a"})}, {{cleanup_kind::always, "", step("end")}}};
  live.begin();
  live.fail("a", crash);
  live.finish("end");
  live.must(skip_stage{"a", "ada", ""});
  CHECK(live.status("b") == running);
  live.finish("b");
  CHECK(live.attempt("end") == 2);
  live.finish("end");
  CHECK(live.it.outcome == iteration_outcome::completed);
}
