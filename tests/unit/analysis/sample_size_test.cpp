#include "analysis/sample_size.hpp"

#include "analysis/covariate.hpp"
#include "tests/unit/analysis/simulation.hpp"

#include <catch2/catch.hpp>

#include <cmath>
#include <vector>

using namespace ratchet;
using namespace ratchet::analysis;
using namespace ratchet::analysis::testing;

TEST_CASE("one look needs the textbook's number of units", "[plan]") {
  // (1.95996 + 0.84162)^2 (p0 q0 + p1 q1) / d^2, mpmath 1.3.
  CHECK(*fixed_sample_size(0.8, {0.01}) == 24'638);
  CHECK(*fixed_sample_size(0.8, {0.02}) == 6'036);
  CHECK(*fixed_sample_size(0.8, {0.05}) == 903);
}

TEST_CASE("a monitored experiment is planned on the safe side", "[plan]") {
  const evidence_plan plan{5000, 0.64, 0.05};
  const score_rule rule{0.5, 0};
  const auto n = sequential_sample_size(0.575, {0.05}, plan, rule);
  REQUIRE(n.ok());
  // The first number that is enough, by its definition.
  const auto mixture = effect_mixture(plan, rule);
  const auto spare = [&](double units) {
    return 0.05 * units - 0.8416212335729143 * std::sqrt(0.575 * units) -
      mixture.bound(0.575 * units, std::log(20));
  };
  CHECK(spare(static_cast<double>(*n)) >= 0);
  CHECK(spare(static_cast<double>(*n) - 1) < 0);
  // Half of the experiments are done after 1834 units, and never later than
  // twice what a test with one look needs.
  CHECK(*n > 1834);
  CHECK(*n < 2 * 2 * 903);
  // Smaller effects take more units, larger ones and weaker goals fewer.
  CHECK(*sequential_sample_size(0.575, {0.02}, plan, rule) > 4 * *n);
  CHECK(*sequential_sample_size(0.575, {0.1}, plan, rule) < *n);
  CHECK(*sequential_sample_size(0.575, {0.05, 0.05, 0.5}, plan, rule) < *n);
  CHECK(*sequential_sample_size(0.575, {0.05, 0.01}, plan, rule) > *n);
}

TEST_CASE("what cannot be planned is refused", "[plan]") {
  const auto refused = [](const auto& planned) {
    REQUIRE_FALSE(planned.ok());
    CHECK(planned.err().code == errc::invalid_argument);
  };
  refused(fixed_sample_size(0.8, {0.3}));
  refused(fixed_sample_size(-0.1, {0.3}));
  for (const auto& goal :
       {detection_goal{0}, detection_goal{0.1, 0}, detection_goal{0.1, 1},
        detection_goal{0.1, 0.05, 0}, detection_goal{0.1, 0.05, 1},
        detection_goal{std::nan("")}}) {
    refused(fixed_sample_size(0.5, goal));
    refused(sequential_sample_size(1, goal, {}, {}));
  }
  refused(sequential_sample_size(0, {0.1}, {}, {}));
  refused(sequential_sample_size(1, {0.1}, {0, 1, 0.05}, {}));
  refused(sequential_sample_size(1, {0.1}, {}, {0, 0}));
  refused(sequential_sample_size(1, {1e-9}, {}, {}));
}

TEST_CASE("the covariate's slope is that of GrowthBook", "[covariate]") {
  // gbstats, test of CUPED: the same data in both arms, theta 0.01864.
  const std::vector<double> before{0.3, 0.5, 0.9, 22};
  const std::vector<double> outcome{2, 1, 5, 3};
  const auto model = fit_covariate(before, outcome);
  REQUIRE(model.ok());
  CHECK(model->slope == Approx(0.01863790965).epsilon(1e-9));
  CHECK(model->mean == Approx(5.925));
  // The adjusted outcomes have the same mean.
  double sum = 0;
  for (std::size_t i = 0; i < before.size(); ++i)
    sum += adjusted_outcome(*model, before[i], outcome[i]);
  CHECK(sum == Approx(2 + 1 + 5 + 3));
}

TEST_CASE("a covariate that tells nothing changes nothing", "[covariate]") {
  const auto model = fit_covariate(std::vector{1., 1.}, std::vector{0., 1.});
  REQUIRE(model.ok());
  CHECK(model->slope == 0);
  CHECK(adjusted_outcome(*model, 7, 0.5) == 0.5);
  CHECK_FALSE(fit_covariate(std::vector{1.}, std::vector{1.}).ok());
  CHECK_FALSE(fit_covariate(std::vector{1., 2.}, std::vector{1.}).ok());
  CHECK_FALSE(
    fit_covariate(std::vector{1., std::nan("")}, std::vector{1., 1.}).ok());
}

TEST_CASE(
  "a covariate narrows the interval and keeps the effect", "[covariate]") {
  // What a unit did before is most of what it does now.
  const covariate_model model{0.8, 0.5};
  pair_evidence plain;
  plain.rule = {0.5, 0};
  auto adjusted = plain;
  unit_draws draws{1};
  for (int epoch = 0; epoch < 20; ++epoch) {
    must(open_epoch(plain, 0.5));
    must(open_epoch(adjusted, 0.5));
    for (int i = 0; i < 200; ++i) {
      const auto x = draws.next();
      const auto by = draws.happens(0.5) ? arm::challenger : arm::champion;
      const auto y =
        0.1 + 0.7 * x + 0.1 * draws.next() + (by == arm::challenger ? 0.05 : 0);
      must(add(plain, {by, y, {}}));
      const auto& frame = adjusted.frames.back().guess;
      must(add(adjusted, {by, y, adjusted_guess(model, frame, x)}));
    }
  }
  CHECK(*mean_effect(adjusted.sums) == Approx(0.05).margin(0.01));
  const evidence_plan plan{4000, 0.1, 0.05};
  const auto wide = effect_sequence(plain, plan, 0.05);
  const auto narrow = effect_sequence(adjusted, plan, 0.05);
  CHECK(narrow.low < 0.05);
  CHECK(narrow.high > 0.05);
  CHECK(narrow.high - narrow.low < 0.7 * (wide.high - wide.low));
}
