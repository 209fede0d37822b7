#include "workflows/timeline.hpp"

#include "plans.hpp"

using namespace ratchet;
using namespace ratchet::workflows;
using namespace ratchet::workflows::testing;
using namespace std::chrono_literals;

TEST_CASE("each attempt has its waits, its run and its back-off") {
  live_iteration live{{with_tries(step("train"), 2)}};
  const auto begin = live.now;
  live.begin();
  live.now = begin + 1s;
  live.must(queue_attempt{"train", 1});
  live.now = begin + 5s;
  live.must(dispatch_attempt{"train", 1});
  live.now = begin + 9s;
  live.fail("train", crash);
  live.now = begin + 10s;
  live.must(start_retry{"train"});
  live.now = begin + 14s;
  live.finish("train");

  const auto tries = attempts_of(live.journal).at("train");
  REQUIRE(tries.size() == 2);
  CHECK(tries[0].number == 1);
  CHECK(tries[0].queued == begin);
  CHECK(tries[0].started == begin + 5s);
  CHECK(tries[0].ended == begin + 9s);
  CHECK(tries[0].retry_at == begin + 10s);
  CHECK(tries[0].outcome == "failed");
  CHECK(tries[0].failure == crash);
  CHECK(tries[1].queued == time_point{});
  CHECK(tries[1].started == begin + 10s);
  CHECK(tries[1].ended == begin + 14s);
  CHECK(tries[1].outcome == "succeeded");
  CHECK_FALSE(tries[1].failure);
}

TEST_CASE("an attempt is what became of it last") {
  auto live = training();
  const auto outcome = [&](const std::string& stage) {
    return attempts_of(live.journal).at(stage).back().outcome;
  };
  CHECK(outcome("train") == "running");
  live.must(queue_attempt{"tune", 1});
  CHECK(outcome("tune") == "queued");

  SECTION("canceled while it waited for its slot") {
    live.cancel();
    CHECK(outcome("tune") == "canceled");
    CHECK(outcome("train") == "running");
    live.must(confirm_canceled{"train", 1});
    CHECK(outcome("train") == "canceled");
  }
  SECTION("skipped while it waited for its slot") {
    live.must(skip_stage{"tune", "ada", "not today"});
    CHECK(outcome("tune") == "canceled");
  }
  SECTION("lost with its engine") {
    live.fail("train", lost);
    CHECK(outcome("train") == "lost");
  }
  SECTION("refused, of a gate") {
    live.must(dispatch_attempt{"tune", 1});
    live.finish("train");
    live.finish("tune");
    live.refuse("judge");
    CHECK(outcome("judge") == "refused");
  }
}

TEST_CASE("a skip during a back-off leaves the attempt as it ended") {
  auto live = training();
  live.fail("train", crash);
  live.must(skip_stage{"train", "ada", ""});
  CHECK(attempts_of(live.journal).at("train").back().outcome == "failed");
}

TEST_CASE("waits are on the timeline, without a number", "[timeline]") {
  live_iteration live{
    {wait_step("sign-off"), signal_step("labels", {"sign-off"})}};
  live.begin();
  const auto began = live.now;
  live.now += 5s;
  live.must(approve_stage{"", "ada", ""});
  const auto all = attempts_of(live.journal);
  REQUIRE(all.at("sign-off").size() == 1);
  const auto& asked = all.at("sign-off")[0];
  CHECK(asked.number == 0);
  CHECK(asked.queued == began);
  CHECK(asked.started == time_point{});
  CHECK(asked.ended == live.now);
  CHECK(asked.outcome == "succeeded");
  CHECK(all.at("labels")[0].outcome == "waiting");
  live.now += 24h;
  live.must(pass_deadline{"labels"});
  CHECK(attempts_of(live.journal).at("labels")[0].outcome == "failed");
}
