#include "workflows/iteration.hpp"

#include "plans.hpp"

using namespace ratchet;
using namespace ratchet::workflows;
using namespace ratchet::workflows::testing;

using enum stage_status;

namespace {

stage_definition if_accurate(stage_definition stage) {
  stage.when = at_least("evaluate", "accuracy", 0.9);
  return stage;
}

stage_result accuracy(std::string value) {
  return {{{"accuracy", std::move(value)}}, {}, {}, {}};
}

/// evaluate -> publish, if it is accurate -> tell
live_iteration publishing() {
  live_iteration live{
    {step("evaluate"), if_accurate(step("publish", {"evaluate"})),
     step("tell", {"publish"})}};
  live.begin();
  return live;
}

} // namespace

TEST_CASE("a stage whose condition holds runs", "[iteration]") {
  auto live = publishing();
  live.finish("evaluate", accuracy("0.95"));
  CHECK(live.status("publish") == running);
  live.finish("publish");
  live.finish("tell");
  CHECK(live.it.end_reason == "all stages succeeded");
}

TEST_CASE(
  "a stage whose condition is false is skipped, and done for those after it",
  "[iteration]") {
  auto live = publishing();
  const auto events =
    live.must(finish_attempt{"evaluate", 1, accuracy("0.81"), false});
  REQUIRE(events.size() == 3);
  const auto sentence = "evaluate accuracy 0.81 is not >= 0.9";
  CHECK(
    std::get<stage_skipped>(events[1]) ==
    stage_skipped{"publish", "condition", sentence, live.now});
  CHECK(std::get<attempt_started>(events[2]).stage == "tell");
  CHECK(live.status("publish") == skipped);
  CHECK(live.it.stages.at("publish").skip_reason == sentence);
  CHECK(live.attempt("publish") == 0);
  for (const auto& event : events)
    if (std::holds_alternative<stage_skipped>(event))
      CHECK(effects(live.it, event).empty());
  live.finish("tell");
  CHECK(live.it.outcome == iteration_outcome::completed);
  CHECK(live.it.end_reason == "all stages succeeded or were skipped");
}

TEST_CASE("skips follow from skips in one decision", "[iteration]") {
  // Declared backwards, so that one pass in order does not do.
  auto last = step("d", {"c"});
  last.when = at_least("evaluate", "accuracy", 0.9);
  auto third = step("c", {"b"});
  third.when = skipped_before("b");
  third.when->kind = predicate_kind::succeeded;
  live_iteration live{
    {last, third, if_accurate(step("b", {"evaluate"})), step("evaluate")}};
  live.begin();
  live.finish("evaluate", accuracy("0.1"));
  CHECK(live.status("b") == skipped);
  CHECK(live.status("c") == skipped);
  CHECK(live.it.stages.at("c").skip_reason == "b did not succeed");
  CHECK(live.status("d") == skipped);
  CHECK(live.it.outcome == iteration_outcome::completed);
}

TEST_CASE(
  "a condition is asked when all stages before it are done", "[iteration]") {
  auto other = step("join", {"evaluate", "slow"});
  other.when = at_least("evaluate", "accuracy", 0.9);
  live_iteration live{{step("evaluate"), step("slow"), other}};
  live.begin();
  live.finish("evaluate", accuracy("0.1"));
  CHECK(live.status("join") == pending);
  live.finish("slow");
  CHECK(live.status("join") == skipped);
}

TEST_CASE(
  "a promotion that its condition skips leaves the iteration completed",
  "[iteration]") {
  live_iteration live{
    {step("evaluate"),
     if_accurate(step("promote", {"evaluate"}, stage_kind::promote))}};
  live.begin();
  live.finish("evaluate", accuracy("0.5"));
  CHECK(live.it.outcome == iteration_outcome::completed);
  CHECK(
    live.it.end_reason ==
    "stage \"promote\" was skipped: evaluate accuracy 0.5 is not >= 0.9");
}

TEST_CASE("no stage is skipped once something has failed", "[iteration]") {
  live_iteration live{
    {step("evaluate"), step("other"),
     if_accurate(step("publish", {"evaluate"}))}};
  live.begin();
  live.fail("other", crash);
  live.finish("evaluate", accuracy("0.5"));
  CHECK(live.status("publish") == pending);
  CHECK(live.it.outcome == iteration_outcome::failed);
}

TEST_CASE("a retry asks the condition again", "[iteration]") {
  auto live = publishing();
  live.finish("evaluate", accuracy("0.81"));
  live.fail("tell", crash);
  live.must(retry_stage{"evaluate", "ada", ""});
  CHECK(live.status("publish") == pending);
  CHECK(live.it.stages.at("publish").skip_reason.empty());
  live.finish("evaluate", accuracy("0.93"));
  CHECK(live.status("publish") == running);
}
