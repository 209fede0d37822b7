#include "analysis/simulate.hpp"

#include "tests/unit/analysis/simulation.hpp"

#include <catch2/catch.hpp>

using namespace ratchet;
using namespace ratchet::analysis;
using namespace ratchet::analysis::testing;
using namespace std::chrono_literals;
using verdict = experiment_verdict;

namespace {

simulation_plan plan_for(std::uint64_t runs) {
  simulation_plan plan;
  plan.settings.rule.max_units = 4000;
  plan.runs = run_count(runs);
  plan.seed = first_seed();
  return plan;
}

simulated_truth
truth_of(double champion, double challenger, const char* name = "t") {
  simulated_truth truth{.name = name, .arms = {{}, {}}};
  truth.arms[0].rates = {champion};
  truth.arms[1].rates = {challenger};
  return truth;
}

double share(std::uint64_t count, std::uint64_t runs) {
  return static_cast<double>(count) / static_cast<double>(runs);
}

} // namespace

TEST_CASE("the interval of a share of runs", "[simulate]") {
  // 4 of 20 at 95 %: .057 to .437 in Clopper and Pearson's tables.
  const auto four = share_interval(4, 20);
  CHECK(four.low == Approx(0.057334).margin(1e-6));
  CHECK(four.high == Approx(0.436614).margin(1e-6));
  CHECK(share_interval(0, 20).low == 0);
  CHECK(share_interval(20, 20).high == 1);
}

TEST_CASE("the same seed gives the same report", "[simulate]") {
  auto plan = plan_for(5);
  plan.runs = 5;
  const auto truth = truth_of(0.5, 0.6);
  const auto once = simulate(plan, truth);
  const auto again = simulate(plan, truth);
  REQUIRE(once);
  CHECK(once->simulated == again->simulated);
  plan.seed += 1;
  CHECK(simulate(plan, truth)->simulated != once->simulated);
}

TEST_CASE("gains are found, harm is stopped, losses are seen", "[simulate]") {
  const auto plan = plan_for(20);
  const auto gain = simulate(plan, truth_of(0.5, 0.7));
  REQUIRE(gain);
  CHECK(gain->of(verdict::promote).runs == plan.runs);
  CHECK(gain->promoted_wrongly == 0);

  const auto harm = simulate(plan, truth_of(0.9, 0.2));
  REQUIRE(harm);
  CHECK(harm->of(verdict::rolled_back).runs == plan.runs);
  // T3 of the specification: at most 40 units until it is seen; here one looks
  // at every 20th unit only.
  CHECK(harm->of(verdict::rolled_back).median_units <= 60);

  auto lossy = truth_of(0.8, 0.8);
  lossy.arms[1].arrives = 0.8;
  const auto lost = simulate(plan, lossy);
  REQUIRE(lost);
  CHECK(lost->of(verdict::invalid).runs == plan.runs);
}

TEST_CASE(
  "feedback that is slower in one arm changes no verdict", "[simulate]") {
  // T9: outcomes are those of the full horizon, however late they came.
  auto slow = truth_of(0.8, 0.8);
  slow.arms[1].feedback_delay = 50min;
  auto plan = plan_for(20);
  plan.maturity.horizon = 12h; // Nearly all of the answers.
  const auto report = simulate(plan, slow);
  REQUIRE(report);
  CHECK(report->of(verdict::keep_champion).runs >= plan.runs - 2);
}

TEST_CASE(
  "no effect in a wave is rarely promoted, under Thompson sampling too",
  "[simulate][rates]") {
  // T2: base rate 0.7 +- 0.2, floor 0.1; also two challengers at a time.
  auto plan = plan_for(40);
  plan.settings.allocation = {
    .method = allocation_method::thompson, .floor = 0.1};
  plan.settings.ramp = {{2. / 3, {}}};
  auto truth = truth_of(0.7, 0.7);
  truth.arms.push_back(truth.arms[1]);
  truth.wave = 0.2;
  const auto report = simulate(plan, truth);
  REQUIRE(report);
  CHECK(
    share(report->promoted_wrongly, plan.runs) <=
    0.05 + three_errors(0.05, plan.runs));
  CHECK(report->of(verdict::invalid).runs <= 1);
}

TEST_CASE("answers of the pleased alone promote nothing", "[simulate]") {
  // Equal in truth, but units of the challenger answer less often.
  auto biased = truth_of(0.8, 0.8);
  biased.arms[1].answers = 0.6;
  biased.arms[0].rates = {0.5}; // What its answers say.
  auto plan = plan_for(20);
  const auto report = simulate(plan, biased);
  REQUIRE(report);
  CHECK(report->of(verdict::promote).runs == 0);
  // With a default for those who do not answer, the metric says what it means.
  plan.maturity.default_outcome = 0.0;
  const auto defaulted = simulate(plan, biased);
  REQUIRE(defaulted);
  CHECK(defaulted->of(verdict::invalid).runs == 0);
}

TEST_CASE("what cannot be simulated is refused", "[simulate]") {
  const auto truth = truth_of(0.5, 0.5);
  auto plan = plan_for(1);
  plan.units_per_day = 0;
  CHECK_FALSE(simulate(plan, truth));
  plan = plan_for(1);
  plan.runs = 0;
  CHECK_FALSE(simulate(plan, truth));
  CHECK_FALSE(simulate(plan_for(1), {.name = "none", .arms = {{}}}));
  auto wrong = truth;
  wrong.arms[1].rates = {1.2};
  CHECK_FALSE(simulate(plan_for(1), wrong));
}
