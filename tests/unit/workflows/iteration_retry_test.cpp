#include "workflows/iteration.hpp"

#include "plans.hpp"

using namespace ratchet;
using namespace ratchet::workflows;
using namespace ratchet::workflows::testing;
using namespace std::chrono_literals;

using enum stage_status;

TEST_CASE(
  "a failed attempt is tried again when its delay has passed", "[iteration]") {
  auto live = training();
  live.fail("train", crash);
  CHECK(live.status("train") == backing_off);
  CHECK(live.it.stages.at("train").due == live.now + 1s);
  CHECK(live.it.stages.at("train").failure == "boom");

  live.now += 1s - 1ms;
  CHECK(live.refused(start_retry{"train"}).code == errc::conflict);
  live.now += 1ms;
  live.must(start_retry{"train"});
  CHECK(live.status("train") == running);
  CHECK(live.attempt("train") == 2);

  // The second failure is the last that the policy allows.
  live.fail("train", crash);
  CHECK(live.status("train") == failed);
}

TEST_CASE("lost attempts do not count, up to a bound", "[iteration]") {
  live_iteration live{{step("a")}};
  live.begin();
  for (std::uint32_t i = 1; i < max_lost_attempts; ++i) {
    live.fail("a", lost);
    REQUIRE(live.status("a") == backing_off);
    REQUIRE(live.it.stages.at("a").due == live.now + lost_delay(i));
    live.now = live.it.stages.at("a").due;
    live.must(start_retry{"a"});
  }
  CHECK(live.it.stages.at("a").failures == 0);
  CHECK(live.attempt("a") == max_lost_attempts);
  live.fail("a", lost);
  CHECK(live.status("a") == failed);
  CHECK(live.it.outcome == iteration_outcome::failed);
}

TEST_CASE(
  "an operator's retry sets back the stage and all after it", "[iteration]") {
  auto live = training();
  live.finish("train", {{}, {}, version_number{3}, {}});
  live.finish("tune");
  live.refuse("judge");
  REQUIRE(live.it.outcome == iteration_outcome::rejected);

  live.must(retry_stage{"train", "ada", "more epochs"});
  CHECK(live.it.outcome == iteration_outcome::running);
  CHECK(live.it.end_reason.empty());
  CHECK(live.status("prepare") == succeeded);
  CHECK(live.status("tune") == succeeded);
  CHECK(live.status("train") == running);
  CHECK(live.attempt("train") == 2);
  CHECK(live.status("judge") == pending);
  CHECK(live.attempt("judge") == 1);
  CHECK(live.it.version() == version_number{});
  // The old gate's answer, were it to come again, judges nothing.
  CHECK(
    live.refused(finish_attempt{"judge", 1, {}, false}).code == errc::conflict);

  live.finish("train", {{}, {}, version_number{4}, {}});
  CHECK(live.attempt("judge") == 2);
  live.finish("judge");
  live.finish("promote");
  CHECK(live.it.outcome == iteration_outcome::promoted);
}

TEST_CASE(
  "a retry without a name repeats what did not succeed", "[iteration]") {
  auto live = training();
  SECTION("failed, and let go") {
    live.fail("tune", crash);
    live.fail("train", {errc::invalid_argument, "bad flag", 0, false});
  }
  SECTION("canceled") {
    live.cancel();
    live.must(confirm_canceled{"train", 1});
    live.must(confirm_canceled{"tune", 1});
  }
  live.must(retry_stage{"", "ada", "fixed"});
  CHECK(live.status("prepare") == succeeded);
  CHECK(live.status("train") == running);
  CHECK(live.status("tune") == running);
  CHECK(live.status("judge") == pending);
  CHECK(live.it.stages.at("train").failures == 0);
  CHECK_FALSE(live.it.cancel_requested);
}

TEST_CASE("a retry of one stage takes other failed ones along", "[iteration]") {
  auto live = training();
  live.fail("train", {errc::invalid_argument, "bad flag", 0, false});
  live.finish("tune");
  live.must(retry_stage{"tune", "ada", ""});
  CHECK(live.status("tune") == running);
  CHECK(live.status("train") == running);
}

TEST_CASE("no retry repeats a promotion", "[iteration]") {
  live_iteration live{
    {step("work"), step("promote", {"work"}, stage_kind::promote),
     step("tell", {"promote"})}};
  live.begin();
  live.finish("work");
  live.finish("promote");
  SECTION("of an iteration that ended promoted") {
    live.finish("tell");
    for (const auto* stage : {"", "work", "promote", "tell"})
      CHECK(live.refused(retry_stage{stage, "ada", ""}).code == errc::conflict);
  }
  SECTION("but what comes after it may be retried if it failed") {
    live.fail("tell", crash);
    CHECK(live.it.outcome == iteration_outcome::failed);
    CHECK(live.refused(retry_stage{"work", "ada", ""}).code == errc::conflict);
    CHECK(
      live.refused(retry_stage{"promote", "ada", ""}).code == errc::conflict);
    live.must(retry_stage{"tell", "ada", ""});
    live.finish("tell");
    CHECK(live.it.outcome == iteration_outcome::promoted);
  }
}
