#include "workflows/iteration.hpp"

#include "plans.hpp"

using namespace ratchet;
using namespace ratchet::workflows;
using namespace ratchet::workflows::testing;
using namespace std::chrono_literals;

using enum stage_status;

namespace {

/// Brings "a" of a one-stage plan (two tries; waiting: an approval) to
/// `status`.
live_iteration one_stage(stage_status status) {
  live_iteration live{
    {status == waiting ? wait_step("a") : with_tries(step("a"), 2)}};
  if (status == pending)
    return live;
  live.begin();
  switch (status) {
  case pending:
  case running:
  case waiting:
    break;
  case backing_off:
    live.fail("a", crash);
    break;
  case succeeded:
    live.finish("a");
    break;
  case failed:
    live.fail("a", {errc::invalid_argument, "bad flag", 0, false});
    break;
  case refused:
    live.refuse("a");
    break;
  case canceled:
    live.cancel();
    live.must(confirm_canceled{"a", 1});
    break;
  case queued:
    live.must(queue_attempt{"a", 1});
    break;
  case listing: // Of stages that run for each item: fan_out_test.cpp.
  case fanned_out:
    break;
  case skipped:
    live.take(stage_skipped{"a", "ada", "not today", live.now});
    live.take(iteration_ended{iteration_outcome::completed, "", live.now});
    break;
  }
  REQUIRE(live.status("a") == status);
  return live;
}

} // namespace

TEST_CASE(
  "every command meets every status of a stage as the table says",
  "[iteration]") {
  /// What a command does to a stage in a status: the status after it, or
  /// nothing recorded (same), or `conflict`.
  struct row {
    stage_status from;
    iteration_command command;
    std::optional<stage_status> to; ///< None: conflict.
  };
  const finish_attempt good{"a", 1, {}, false};
  const finish_attempt no{"a", 1, {{}, {}, {}, "worse"}, true};
  const fail_attempt bad{"a", 1, crash};
  const confirm_canceled gone{"a", 1};
  const start_retry again{"a"};
  const cancel_iteration stop{"ada", ""};
  const retry_stage repeat{"a", "ada", ""};
  const begin_iteration begin{};
  const queue_attempt waits{"a", 1};
  const dispatch_attempt placed{"a", 1};
  const std::vector<row> table{
    {pending, begin, running},
    {pending, good, {}},
    {pending, bad, {}},
    {pending, gone, {}},
    {pending, again, pending},
    {pending, stop, canceled},
    {pending, repeat, {}},
    {pending, waits, {}},
    {pending, placed, {}},
    {running, begin, running},
    {running, good, succeeded},
    {running, no, refused},
    {running, bad, backing_off},
    {running, gone, {}},
    {running, again, running},
    {running, stop, running},
    {running, repeat, {}},
    {running, waits, queued},
    {running, placed, running},
    {queued, begin, queued},
    {queued, good, {}}, // It has not begun.
    {queued, bad, backing_off},
    {queued, gone, {}},
    {queued, again, queued},
    {queued, stop, canceled},
    {queued, repeat, {}},
    {queued, waits, queued},
    {queued, placed, running},
    {waiting, begin, waiting},
    {waiting, good, {}}, // It has no attempts.
    {waiting, bad, {}},
    {waiting, gone, {}},
    {waiting, again, waiting},
    {waiting, stop, canceled},
    {waiting, repeat, {}},
    {waiting, waits, {}},
    {waiting, placed, {}},
    {backing_off, begin, backing_off},
    {backing_off, good, {}},
    {backing_off, no, {}},
    {backing_off, bad, backing_off},
    {backing_off, gone, backing_off},
    {backing_off, again, {}}, // Too early; when due, below.
    {backing_off, stop, canceled},
    {backing_off, repeat, {}},
    {backing_off, waits, backing_off},
    {backing_off, placed, backing_off},
    {succeeded, begin, succeeded},
    {succeeded, good, succeeded},
    {succeeded, no, {}},
    {succeeded, bad, {}},
    {succeeded, gone, succeeded},
    {succeeded, again, succeeded},
    {succeeded, stop, succeeded},
    {succeeded, repeat, running},
    {succeeded, waits, succeeded},
    {succeeded, placed, succeeded},
    {failed, begin, failed},
    {failed, good, {}},
    {failed, bad, failed},
    {failed, gone, failed},
    {failed, again, failed},
    {failed, stop, failed},
    {failed, repeat, running},
    {refused, begin, refused},
    {refused, good, {}},
    {refused, no, refused},
    {refused, bad, {}},
    {refused, gone, refused},
    {refused, again, refused},
    {refused, stop, refused},
    {refused, repeat, running},
    {canceled, begin, canceled},
    {canceled, good, {}},
    {canceled, bad, canceled},
    {canceled, gone, canceled},
    {canceled, again, canceled},
    {canceled, stop, canceled},
    {canceled, repeat, running},
    {canceled, waits, canceled},
    {canceled, placed, canceled},
    {skipped, begin, skipped},
    {skipped, good, {}},
    {skipped, no, {}},
    {skipped, bad, skipped},
    {skipped, gone, skipped},
    {skipped, again, skipped},
    {skipped, stop, skipped},
    {skipped, repeat, running},
  };
  for (const auto& r : table) {
    CAPTURE(to_string(r.from), r.command.index());
    auto live = one_stage(r.from);
    const auto before = live.it;
    const auto events = live.send(r.command);
    if (!r.to) {
      REQUIRE_FALSE(events);
      CHECK(events.err().code == errc::conflict);
      CHECK(live.it == before);
      continue;
    }
    INFO((events ? "" : events.err().message));
    REQUIRE(events);
    CHECK(live.status("a") == *r.to);
    // A cancel of a running stage is recorded without a change of status.
    const bool asks_to_stop =
      r.from == running && std::holds_alternative<cancel_iteration>(r.command);
    CHECK(events->empty() == (*r.to == r.from && !asks_to_stop));
  }
}

TEST_CASE("a stage starts when all before it have succeeded", "[iteration]") {
  live_iteration live{diamond()};
  const auto first = live.must(begin_iteration{});
  REQUIRE(first.size() == 1);
  CHECK(
    std::get<attempt_started>(first[0]) ==
    attempt_started{"prepare", 1, live.now, live.now + 30min});

  live.now += 1s;
  const auto both =
    live.must(finish_attempt{"prepare", 1, {{}, {}, {}, "ok"}, false});
  REQUIRE(both.size() == 3);
  CHECK(std::get<attempt_started>(both[1]).stage == "train");
  CHECK(std::get<attempt_started>(both[2]).stage == "tune");

  live.finish("tune");
  CHECK(live.status("judge") == pending);
  live.finish("train");
  CHECK(live.status("judge") == running);
}

TEST_CASE("an iteration ends by what its stages came to", "[iteration]") {
  SECTION("promoted, with the gate's finding as the reason") {
    auto live = training();
    live.finish("train", {{}, {}, version_number{3}, {}});
    live.finish("tune");
    live.finish("judge", {{}, {}, {}, "accuracy 0.93 against 0.91"});
    live.finish("promote");
    CHECK(live.it.outcome == iteration_outcome::promoted);
    CHECK(live.it.version() == version_number{3});
    CHECK(summarize(live.it).verdict == "accuracy 0.93 against 0.91");
    CHECK(summarize(live.it).version == version_number{3});
  }
  SECTION("completed, without a promote stage") {
    live_iteration live{{step("a"), step("b", {"a"})}};
    live.begin();
    live.finish("a");
    CHECK(live.it.outcome == iteration_outcome::running);
    live.finish("b");
    CHECK(live.it.outcome == iteration_outcome::completed);
    CHECK(live.it.end_reason == "all stages succeeded");
  }
  SECTION("rejected by a gate; what comes after stays pending") {
    auto live = training();
    live.finish("train");
    live.finish("tune");
    live.refuse("judge", "accuracy 0.80 against 0.91");
    CHECK(live.it.outcome == iteration_outcome::rejected);
    CHECK(live.status("promote") == pending);
    CHECK(
      live.it.end_reason ==
      "gate \"judge\" refused: accuracy 0.80 against 0.91");
  }
  SECTION("failed, naming the stage, the attempt and the message") {
    live_iteration live{{step("a"), step("b", {"a"})}};
    live.begin();
    live.fail("a", crash);
    CHECK(live.it.outcome == iteration_outcome::failed);
    CHECK(live.it.end_reason == "stage \"a\" failed at attempt 1: boom");
    CHECK(live.status("b") == pending);
  }
}

TEST_CASE("the end is decided with the event that causes it", "[iteration]") {
  live_iteration live{{step("a")}};
  live.begin();
  const auto events = live.must(finish_attempt{"a", 1, {}, false});
  REQUIRE(events.size() == 2);
  CHECK(std::holds_alternative<stage_succeeded>(events[0]));
  CHECK(std::holds_alternative<iteration_ended>(events[1]));
}

TEST_CASE(
  "after a failure running stages finish and nothing starts", "[iteration]") {
  auto live = training();
  live.fail("train", {errc::invalid_argument, "bad flag", 0, false});
  CHECK(live.it.outcome == iteration_outcome::running);
  CHECK(live.status("tune") == running);

  SECTION("with success") {
    live.finish("tune");
  }
  SECTION("or with a failure, which is not retried any more") {
    live.fail("tune", crash);
    CHECK(live.status("tune") == failed);
  }
  SECTION("or lost, which is not retried either") {
    live.fail("tune", lost);
    CHECK(live.status("tune") == failed);
  }
  CHECK(live.it.outcome == iteration_outcome::failed);
  // The first failure is the reason, also when others follow.
  CHECK_THAT(live.it.end_reason, Catch::Contains("train"));
  CHECK(live.status("judge") == pending);
}

TEST_CASE("a failure for good lets go of stages that back off", "[iteration]") {
  auto live = training();
  live.fail("tune", crash);
  REQUIRE(live.status("tune") == backing_off);
  live.fail("train", {errc::invalid_argument, "bad flag", 0, false});
  CHECK(live.status("tune") == canceled);
  CHECK(live.it.outcome == iteration_outcome::failed);
  // Its wake-up comes late and finds nothing to do.
  live.now += 1h;
  CHECK(live.must(start_retry{"tune"}).empty());
}

TEST_CASE("a refusal while others run waits for them", "[iteration]") {
  live_iteration live{
    {step("work"), step("gate", {"work"}, stage_kind::gate),
     step("report", {"work"}), step("publish", {"report"})}};
  live.begin();
  live.finish("work");
  live.refuse("gate");
  CHECK(live.it.outcome == iteration_outcome::running);
  SECTION("a success leaves it rejected") {
    live.finish("report");
    CHECK(live.it.outcome == iteration_outcome::rejected);
  }
  SECTION("a failure outranks the refusal") {
    live.fail("report", crash);
    CHECK(live.it.outcome == iteration_outcome::failed);
  }
  CHECK(live.status("publish") == pending);
}

TEST_CASE("a cancel waits until the last attempt is gone", "[iteration]") {
  auto live = training();
  live.fail("tune", crash);
  live.cancel();
  CHECK(live.it.outcome == iteration_outcome::running);
  CHECK(live.status("train") == running);
  CHECK(live.status("tune") == canceled);
  CHECK(live.status("judge") == canceled);
  CHECK(live.must(cancel_iteration{"bob", "too"}).empty());

  SECTION("confirmed gone") {
    live.must(confirm_canceled{"train", 1});
    CHECK(live.status("train") == canceled);
  }
  SECTION("finished first: the result is kept, the end stays a cancel") {
    live.finish("train", {{}, {}, version_number{3}, {}});
    CHECK(live.status("train") == succeeded);
    CHECK(live.it.version() == version_number{3});
  }
  SECTION("failed first: no retry") {
    live.fail("train", crash);
    CHECK(live.status("train") == failed);
  }
  SECTION("stopped, as its process reports it") {
    live.fail("train", stopped);
    CHECK(live.status("train") == canceled);
  }
  CHECK(live.it.outcome == iteration_outcome::canceled);
  CHECK(live.it.end_reason == "canceled by ada: wrong data");
  CHECK(live.must(cancel_iteration{"bob", "too"}).empty());
}

TEST_CASE("a cancel with nothing running ends at once", "[iteration]") {
  live_iteration live{diamond()};
  const auto events = live.must(cancel_iteration{"ada", ""});
  CHECK(std::holds_alternative<cancel_requested>(events.front()));
  CHECK(std::holds_alternative<iteration_ended>(events.back()));
  CHECK(live.it.outcome == iteration_outcome::canceled);
  CHECK(live.it.end_reason == "canceled by ada");
}

TEST_CASE("a cancel works without the plan", "[iteration]") {
  // The definition that an iteration runs under may be gone: then a cancel is
  // what is left to the operator.
  auto live = training();
  live.plan.stages.clear();
  live.cancel();
  live.must(confirm_canceled{"train", 1});
  live.must(confirm_canceled{"tune", 1});
  CHECK(live.it.outcome == iteration_outcome::canceled);
}

TEST_CASE("a result of another attempt is refused by number", "[iteration]") {
  auto live = training();
  live.fail("train", crash);
  live.now += 1s;
  live.must(start_retry{"train"});

  const auto late = live.refused(finish_attempt{"train", 1, {}, false});
  CHECK(late.code == errc::conflict);
  CHECK(
    late.message == "attempt 1 of stage \"train\" was superseded by attempt 2");
  CHECK(live.refused(fail_attempt{"train", 1, crash}).code == errc::conflict);
  CHECK(live.refused(confirm_canceled{"train", 1}).code == errc::conflict);

  const auto early = live.refused(finish_attempt{"train", 3, {}, false});
  CHECK(early.code == errc::conflict);
  CHECK_THAT(early.message, Catch::Contains("was never started"));
  CHECK(
    live.refused(finish_attempt{"train", 0, {}, false}).code == errc::conflict);
}

TEST_CASE("an unknown stage is not found", "[iteration]") {
  auto live = training();
  for (const iteration_command& command : std::vector<iteration_command>{
         finish_attempt{"x", 1, {}, false}, fail_attempt{"x", 1, crash},
         start_retry{"x"}, confirm_canceled{"x", 1}})
    CHECK(live.refused(command).code == errc::not_found);
  live.cancel();
  live.must(confirm_canceled{"train", 1});
  live.must(confirm_canceled{"tune", 1});
  CHECK(live.refused(retry_stage{"x", "ada", ""}).code == errc::not_found);
}

TEST_CASE(
  "effects follow from events, and recovery from the state", "[iteration]") {
  auto live = training();
  const auto of_event = [&](std::size_t from_end) {
    return effects(live.it, live.journal[live.journal.size() - from_end]);
  };
  const auto tune = std::get<run_attempt>(of_event(1).at(0));
  CHECK(tune.stage == "tune");
  CHECK(tune.attempt == 1);
  CHECK(tune.deadline == live.now + 30min);
  CHECK(of_event(3).empty()); // prepare succeeded
  CHECK(recover(live.it).size() == 2);

  // What an attempt made stays in its directory until it is recorded.
  stage_succeeded made{"prepare", 1, live.now, {}};
  made.output.artifacts = {{"rows.jsonl", "d1", 3}};
  const auto discards = effects(live.it, made);
  REQUIRE(discards.size() == 1);
  CHECK(std::get<discard_outputs>(discards[0]).stage == "prepare");
  auto with_outputs = live.it;
  with_outputs.stages["prepare"].output = made.output;
  CHECK(std::holds_alternative<discard_outputs>(recover(with_outputs)[0]));

  live.fail("tune", crash);
  CHECK(std::get<wake_for_retry>(of_event(1).at(0)).at == live.now + 1s);
  const auto resumed = recover(live.it);
  REQUIRE(resumed.size() == 2);
  CHECK(std::get<run_attempt>(resumed[0]).stage == "train");
  CHECK(std::get<wake_for_retry>(resumed[1]).stage == "tune");

  const auto asked = live.must(cancel_iteration{"ada", ""});
  const auto stops = effects(live.it, asked.front());
  REQUIRE(stops.size() == 1);
  CHECK(std::get<stop_attempt>(stops[0]).stage == "train");
  REQUIRE(recover(live.it).size() == 1);
  CHECK(std::get<stop_attempt>(recover(live.it)[0]).attempt == 1);

  // One that the engine lost is as gone as one that was stopped.
  live.fail(
    "train", {.code = errc::unavailable, .message = "gone", .lost = true});
  CHECK(live.status("train") == stage_status::canceled);
  CHECK(
    std::get<report_end>(of_event(1).at(0)).outcome ==
    iteration_outcome::canceled);
  REQUIRE(recover(live.it).size() == 1);
  CHECK(std::holds_alternative<report_end>(recover(live.it)[0]));
}
