#include "workflows/iteration.hpp"

#include "plans.hpp"

using namespace ratchet;
using namespace ratchet::workflows;
using namespace ratchet::workflows::testing;
using namespace std::chrono_literals;

using enum stage_status;

namespace {

const skip_stage skip_judge{"judge", "ada", "flaky scores"};

} // namespace

TEST_CASE("a pending stage is skipped before its turn", "[iteration]") {
  auto live = training();
  const auto events = live.must(skip_judge);
  REQUIRE(events.size() == 1);
  CHECK(
    std::get<stage_skipped>(events[0]) ==
    stage_skipped{"judge", "ada", "flaky scores", live.now});
  CHECK(live.status("judge") == skipped);
  CHECK(live.must(skip_judge).empty());

  // What comes after it still waits for what comes before it.
  CHECK(live.status("promote") == pending);
  live.finish("train");
  CHECK(live.status("promote") == pending);
  live.finish("tune");
  CHECK(live.status("promote") == running);
  live.finish("promote");
  CHECK(live.it.outcome == iteration_outcome::promoted);
  CHECK(
    live.it.end_reason == "gate \"judge\" was skipped by ada: flaky scores");
}

TEST_CASE("order holds through a chain of skipped stages", "[iteration]") {
  live_iteration live{
    {step("a"), step("b", {"a"}), step("c", {"b"}), step("d", {"c"})}};
  live.begin();
  live.must(skip_stage{"c", "ada", ""});
  live.must(skip_stage{"b", "ada", ""});
  CHECK(live.status("d") == pending);
  live.finish("a");
  CHECK(live.status("d") == running);
}

TEST_CASE("a stage that backs off is skipped for good", "[iteration]") {
  auto live = training();
  live.finish("tune");
  live.fail("train", crash);
  REQUIRE(live.status("train") == backing_off);
  live.must(skip_stage{"train", "ada", "enough"});
  CHECK(live.status("train") == skipped);
  CHECK(live.status("judge") == running);
  // What was under way for it comes late.
  live.now += 1h;
  CHECK(live.must(start_retry{"train"}).empty());
  CHECK(live.must(fail_attempt{"train", 1, crash}).empty());
  CHECK(
    live.refused(finish_attempt{"train", 1, {}, false}).code == errc::conflict);
}

TEST_CASE("a skip is refused where it could not be meant", "[iteration]") {
  auto live = training();
  const auto why = [&](const std::string& stage, errc code = errc::conflict) {
    const auto e = live.refused(skip_stage{stage, "ada", ""});
    CHECK(e.code == code);
    return e.message;
  };
  CHECK(
    why("train") ==
    "stage \"train\" runs; cancel iteration 7 or wait for the stage's end");
  CHECK(
    why("prepare") ==
    "stage \"prepare\" has ended: succeeded; it can be skipped once iteration "
    "7 has ended, if it failed");
  CHECK(why("x", errc::not_found) == "iteration 7 has no stage \"x\"");

  SECTION("of an iteration that was canceled") {
    live.cancel();
    live.must(confirm_canceled{"train", 1});
    live.must(confirm_canceled{"tune", 1});
    CHECK(
      why("judge") ==
      "iteration 7 has ended: canceled; only in one that failed or was "
      "rejected can a stage be skipped");
  }
  SECTION("of a stage that did not stop the iteration") {
    live.finish("train");
    live.finish("tune");
    live.refuse("judge");
    CHECK(
      why("train") ==
      "stage \"train\" is not what stopped iteration 7; name a stage that "
      "failed or refused");
    CHECK(why("promote").starts_with("stage \"promote\" is not what stopped"));
  }
  SECTION("of one that failed while others still run") {
    live.fail("train", {errc::invalid_argument, "bad flag", 0, false});
    CHECK(why("train").starts_with("stage \"train\" has ended: failed"));
  }
}

TEST_CASE(
  "an iteration that was rejected goes on past the skipped gate",
  "[iteration]") {
  auto live = training();
  live.finish("train", {{}, {}, version_number{3}, {}});
  live.finish("tune");
  live.refuse("judge");
  const auto events = live.must(skip_judge);
  REQUIRE(events.size() == 3);
  CHECK(std::get<stage_reset>(events[0]).stage == "judge");
  CHECK(std::get<stage_skipped>(events[1]).who == "ada");
  CHECK(std::get<attempt_started>(events[2]).stage == "promote");
  CHECK(live.it.outcome == iteration_outcome::running);
  CHECK(live.status("train") == succeeded);
  CHECK(live.it.version() == version_number{3});
  CHECK(live.must(skip_judge).empty());
  live.finish("promote");
  CHECK(live.it.outcome == iteration_outcome::promoted);
  CHECK(
    live.it.end_reason == "gate \"judge\" was skipped by ada: flaky scores");
}

TEST_CASE("a skip repeats the other stages that failed", "[iteration]") {
  auto live = training();
  live.fail("train", {errc::invalid_argument, "bad flag", 0, false});
  live.fail("tune", crash);
  REQUIRE(live.it.outcome == iteration_outcome::failed);
  live.must(skip_stage{"train", "ada", ""});
  CHECK(live.status("train") == skipped);
  CHECK(live.status("tune") == running);
  CHECK(live.attempt("tune") == 2);
  CHECK(live.status("judge") == pending);
}

TEST_CASE("without its promotion an iteration is completed", "[iteration]") {
  auto live = training();
  live.finish("train");
  live.must(skip_stage{"promote", "ada", "only a rehearsal"});
  live.finish("tune");
  live.finish("judge", {{}, {}, {}, "accuracy 0.93 against 0.91"});
  CHECK(live.it.outcome == iteration_outcome::completed);
  CHECK(
    live.it.end_reason ==
    "accuracy 0.93 against 0.91; stage \"promote\" was skipped by ada: only a "
    "rehearsal");
}

TEST_CASE("what comes after a promotion may be skipped", "[iteration]") {
  live_iteration live{
    {step("work"), step("promote", {"work"}, stage_kind::promote),
     step("tell", {"promote"})}};
  live.begin();
  live.finish("work");
  live.finish("promote");
  live.fail("tell", crash);
  live.must(skip_stage{"tell", "ada", ""});
  CHECK(live.it.outcome == iteration_outcome::promoted);
}

TEST_CASE("skipping every stage ends the iteration", "[iteration]") {
  live_iteration live{{step("a"), step("b", {"a"})}};
  live.must(skip_stage{"a", "ada", ""});
  CHECK(live.status("b") == running);
  CHECK(live.must(skip_stage{"a", "bob", ""}).empty());
  live_iteration other{{step("a")}};
  other.must(skip_stage{"a", "ada", ""});
  CHECK(other.it.outcome == iteration_outcome::completed);
}
