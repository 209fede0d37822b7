#include "workflows/sleep.hpp"

#include "tests/unit/workflows/plans.hpp"

using namespace ratchet;
using namespace ratchet::workflows;
using namespace ratchet::workflows::testing;
using namespace std::chrono_literals;

namespace {

/// One pending stage, and one of each given status.
iteration resting(const std::vector<std::pair<stage_status, time_point>>& of) {
  iteration it;
  it.stages["last"] = {};
  for (std::size_t i = 0; i < of.size(); ++i) {
    auto& stage = it.stages["stage-" + std::to_string(i)];
    stage.status = of[i].first;
    stage.due = of[i].second;
  }
  return it;
}

constexpr auto at = from_ms(5'000);
constexpr auto later = from_ms(9'000);

} // namespace

TEST_CASE(
  "an iteration sleeps while a stage of it waits and none runs",
  "[workflows][sleep]") {
  struct row {
    stage_status status;
    std::optional<time_point> alone;
    std::optional<time_point> beside; ///< A stage that backs off until later.
  };
  const auto each = GENERATE(
    row{stage_status::pending, {}, later}, row{stage_status::running, {}, {}},
    row{stage_status::queued, {}, {}}, row{stage_status::backing_off, at, at},
    row{stage_status::waiting, at, at}, row{stage_status::succeeded, {}, later},
    row{stage_status::failed, {}, later}, row{stage_status::refused, {}, later},
    row{stage_status::canceled, {}, later},
    row{stage_status::skipped, {}, later});
  CAPTURE(to_string(each.status));
  CHECK(asleep_until(resting({{each.status, at}})) == each.alone);
  CHECK(
    asleep_until(resting(
      {{each.status, at}, {stage_status::backing_off, later}})) == each.beside);
}

TEST_CASE(
  "what waits without a time is asleep until word comes",
  "[workflows][sleep]") {
  CHECK(asleep_until(resting({{stage_status::backing_off, {}}})) == no_wake_up);
  CHECK(
    asleep_until(resting(
      {{stage_status::backing_off, {}}, {stage_status::backing_off, at}})) ==
    at);
}

TEST_CASE(
  "an iteration is awake before it begins and after its end",
  "[workflows][sleep]") {
  live_iteration live{{with_tries(step("train"), 3)}};
  CHECK_FALSE(asleep_until(live.it));
  live.begin();
  CHECK_FALSE(asleep_until(live.it));
  live.fail("train", crash);
  const auto due = live.it.stages.at("train").due;
  CHECK(asleep_until(live.it) == due);
  live.now = due;
  live.must(start_retry{"train"});
  CHECK_FALSE(asleep_until(live.it));
  live.fail("train", crash);
  CHECK(asleep_until(live.it));
  live.cancel();
  CHECK(live.it.outcome == iteration_outcome::canceled);
  CHECK_FALSE(asleep_until(live.it));
}
