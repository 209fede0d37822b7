#include "workflows/iteration.hpp"
#include "workflows/replay.hpp"
#include "workflows/sleep.hpp"
#include "workflows/timeline.hpp"
#include "workflows/wait_list.hpp"

#include "plans.hpp"

using namespace ratchet;
using namespace ratchet::workflows;
using namespace ratchet::workflows::testing;
using namespace std::chrono_literals;

using enum stage_status;

namespace {

/// train -> judge -> experiment -> promote
live_iteration in_experiment() {
  auto experiment = step("experiment", {"judge"}, stage_kind::experiment);
  experiment.experiment.emplace().metric = "accuracy";
  live_iteration live{
    {step("train"), step("judge", {"train"}, stage_kind::gate), experiment,
     step("promote", {"experiment"}, stage_kind::promote)}};
  live.begin();
  stage_result made;
  made.version = version_number{4};
  live.finish("train", made);
  live.finish("judge");
  return live;
}

experiment_verdict verdict_of(experiment_outcome outcome) {
  experiment_verdict verdict{
    experiment_number{2}, outcome, version_number{3}, {}, "because of this"};
  if (outcome == experiment_outcome::promote)
    verdict.winner = version_number{4};
  return verdict;
}

const stage_state& experiment(const live_iteration& live) {
  return live.it.stages.at("experiment");
}

} // namespace

TEST_CASE(
  "an experiment waits, asks its loop, and keeps the iteration awake",
  "[iteration][experiment]") {
  const auto live = in_experiment();
  CHECK(live.status("experiment") == waiting);
  CHECK(live.attempt("experiment") == 1);
  CHECK(experiment(live).started == live.now);
  CHECK_FALSE(asleep_until(live.it));
  const auto asked = effects(live.it, live.journal.back());
  REQUIRE(asked.size() == 1);
  CHECK(std::get<ask_experiment>(asked[0]).stage == "experiment");
  CHECK(std::get<ask_experiment>(asked[0]).attempt == 1);
  // A restart asks again, and no time-out is set.
  const auto again = recover(live.it);
  REQUIRE(again.size() == 1);
  CHECK(std::holds_alternative<ask_experiment>(again[0]));
  const auto waits = waits_of(live.plan, live.it);
  REQUIRE(waits.size() == 1);
  CHECK(waits[0].kind == wait_kind::experiment);
  CHECK(waits[0].since == live.now);
  CHECK(waits[0].until == time_point{});
}

TEST_CASE(
  "the verdict decides whether the iteration goes on",
  "[iteration][experiment]") {
  const auto [outcome, passes] = GENERATE(table<experiment_outcome, bool>({
    {experiment_outcome::promote, true},
    {experiment_outcome::nothing_to_compare, true},
    {experiment_outcome::keep_champion, false},
    {experiment_outcome::rolled_back, false},
    {experiment_outcome::invalid, false},
    {experiment_outcome::canceled, false},
  }));
  auto live = in_experiment();
  live.now += 3h;
  const auto verdict = verdict_of(outcome);
  INFO(to_string(outcome));
  const auto events = live.must(decide_experiment{"experiment", 1, verdict});
  CHECK(
    std::get<experiment_decided>(events.at(0)) ==
    experiment_decided{"experiment", 1, verdict, live.now});
  CHECK(live.status("experiment") == (passes ? succeeded : refused));
  CHECK(live.status("promote") == (passes ? running : pending));
  const auto& output = experiment(live).output;
  CHECK(output.values.at("verdict") == to_string(outcome));
  CHECK(output.values.at("champion") == "3");
  CHECK(output.values.at("experiment") == "2");
  CHECK(
    output.values.contains("winner") ==
    (outcome == experiment_outcome::promote));
  CHECK(output.version == verdict.winner);
  CHECK(output.sentence == "because of this");
  if (!passes) {
    CHECK(live.it.outcome == iteration_outcome::rejected);
    CHECK(live.it.end_reason == "because of this");
  }
  const auto attempts = attempts_of(live.journal).at("experiment");
  REQUIRE(attempts.size() == 1);
  CHECK(attempts[0].outcome == (passes ? "succeeded" : "refused"));
  CHECK(attempts[0].ended == live.now);
  CHECK(replay(live.plan, live.journal).ok());
}

TEST_CASE(
  "a challenger that was made champion by hand passes",
  "[iteration][experiment]") {
  auto live = in_experiment();
  auto verdict = verdict_of(experiment_outcome::canceled);
  verdict.winner = version_number{4};
  live.must(decide_experiment{"experiment", 1, verdict});
  CHECK(live.status("experiment") == succeeded);
  // The promotion after it finds that already done.
  CHECK(champion_after(experiment(live).output) == version_number{4});
}

TEST_CASE(
  "a promotion is explained with the experiment, not with the gate",
  "[iteration][experiment]") {
  auto live = in_experiment();
  live.must(decide_experiment{
    "experiment", 1, verdict_of(experiment_outcome::promote)});
  CHECK(champion_after(experiment(live).output) == version_number{3});
  live.finish("promote");
  CHECK(live.it.outcome == iteration_outcome::promoted);
  CHECK(live.it.end_reason == "because of this");
}

TEST_CASE("an experiment that cannot be had fails", "[iteration][experiment]") {
  auto live = in_experiment();
  const attempt_failure failure{
    errc::invalid_argument, "no version to compare"};
  const auto events = live.must(fail_experiment{"experiment", 1, failure});
  CHECK(std::get<attempt_failed>(events.at(0)).failure == failure);
  CHECK(live.status("experiment") == failed);
  CHECK(live.it.outcome == iteration_outcome::failed);
  CHECK_THAT(live.it.end_reason, Catch::Contains("no version to compare"));
  CHECK(replay(live.plan, live.journal).ok());
}

TEST_CASE(
  "what is left of an experiment is said so, also after a restart",
  "[iteration][experiment]") {
  auto live = in_experiment();
  const bool skip = GENERATE(true, false);
  const auto events = skip
    ? live.must(skip_stage{"experiment", "ada", "enough seen"})
    : live.must(cancel_iteration{"ada", "wrong data"});
  std::vector<iteration_effect> left;
  for (const auto& event : events)
    for (auto& effect : effects(live.it, event))
      if (std::holds_alternative<leave_experiment>(effect))
        left.push_back(std::move(effect));
  REQUIRE(left.size() == 1);
  CHECK(std::get<leave_experiment>(left[0]).attempt == 1);
  CHECK(live.status("experiment") == (skip ? skipped : canceled));
  if (!skip)
    return; // The iteration has ended, which its loop is told anyway.
  bool again = false;
  for (const auto& effect : recover(live.it))
    again = again || std::holds_alternative<leave_experiment>(effect);
  CHECK(again);
}

TEST_CASE(
  "a verdict that is not waited for changes nothing",
  "[iteration][experiment]") {
  auto live = in_experiment();
  const auto verdict = verdict_of(experiment_outcome::keep_champion);
  CHECK(live.must(decide_experiment{"experiment", 2, verdict}).empty());
  CHECK(live.must(pass_deadline{"experiment"}).empty());
  CHECK(
    live.refused(decide_experiment{"nothing", 1, verdict}).code ==
    errc::not_found);
  live.must(decide_experiment{"experiment", 1, verdict});
  CHECK(live.must(decide_experiment{"experiment", 1, verdict}).empty());
  CHECK(live.must(fail_experiment{"experiment", 1, crash}).empty());
}

TEST_CASE("a retry is another experiment", "[iteration][experiment]") {
  auto live = in_experiment();
  live.must(decide_experiment{
    "experiment", 1, verdict_of(experiment_outcome::keep_champion)});
  live.must(retry_stage{"experiment", "ada", "more traffic now"});
  CHECK(live.status("experiment") == waiting);
  CHECK(live.attempt("experiment") == 2);
  const auto verdict = verdict_of(experiment_outcome::promote);
  CHECK(live.must(decide_experiment{"experiment", 1, verdict}).empty());
  live.must(decide_experiment{"experiment", 2, verdict});
  CHECK(live.status("promote") == running);
  CHECK(replay(live.plan, live.journal).ok());
}
