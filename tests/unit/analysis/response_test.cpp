#include "analysis/response.hpp"

#include "tests/unit/analysis/simulation.hpp"

#include <catch2/catch.hpp>

#include <vector>

using namespace ratchet;
using namespace ratchet::analysis;

namespace {

/// Who answered, of `units` units in epochs of fixed halves.
pair_evidence responses(
  std::uint64_t seed, std::uint64_t units, double champion, double challenger) {
  testing::unit_draws draws{seed};
  pair_evidence evidence;
  for (std::uint64_t i = 0; i < units; ++i) {
    if (i % 500 == 0)
      testing::must(open_epoch(evidence, 0.5));
    const auto served = draws.happens(0.5) ? arm::challenger : arm::champion;
    const auto rate = served == arm::champion ? champion : challenger;
    testing::must(add(evidence, {served, draws.happens(rate) ? 1.0 : 0.0, {}}));
  }
  return evidence;
}

} // namespace

TEST_CASE("Manski's bounds hold whatever the silent say", "[response]") {
  // By hand: 30 % answered with a mean of .9, so between .27 and .97.
  const auto bounds = certain_bounds({100, 30, 0.9});
  CHECK(bounds.low == Approx(0.27));
  CHECK(bounds.high == Approx(0.97));
  const auto all = certain_bounds({100, 100, 0.9});
  CHECK(all.low == Approx(0.9));
  CHECK(all.high == Approx(0.9));
  CHECK(certain_bounds({100, 0, std::nullopt}).low == 0);
  CHECK(certain_bounds({100, 0, std::nullopt}).high == 1);
  CHECK(certain_bounds({}).high == 1);
}

TEST_CASE("equal response rates are rarely called different", "[response]") {
  const auto runs = testing::run_count(200);
  std::uint64_t different = 0;
  for (std::uint64_t seed = 1; seed <= runs; ++seed)
    different +=
      compare_responses(responses(seed, 3'000, 0.2, 0.2), {}, 0.05, {}, {})
        .differs
      ? 1
      : 0;
  CHECK(
    static_cast<double>(different) / static_cast<double>(runs) <=
    0.05 + testing::three_errors(0.05, runs));
  const auto check = compare_responses(
    responses(1, 6'000, 0.1, 0.25), {}, 0.05, {3'000, 300, 0.8},
    {3'000, 750, 0.7});
  CHECK(check.differs);
  CHECK(check.difference.low > 0);
  CHECK(check.difference.high > 0.15);
  CHECK(check.champion.low == Approx(0.08));
  CHECK(check.challenger.high == Approx(0.925));
}

TEST_CASE("reweighting stands in for those who are silent", "[response]") {
  // Half are content (1) and answer at .5, half are not (0) and answer at .1.
  testing::unit_draws draws{3};
  std::vector<weighted_response> answers;
  double plain = 0;
  for (int i = 0; i < 20'000; ++i) {
    const auto content = draws.happens(0.5);
    const auto chance = content ? 0.5 : 0.1;
    if (draws.happens(chance)) {
      answers.push_back({content ? 1.0 : 0.0, chance});
      plain += answers.back().value;
    }
  }
  CHECK(plain / static_cast<double>(answers.size()) > 0.8);
  CHECK(*reweighted_mean(answers) == Approx(0.5).margin(0.03));
  CHECK_FALSE(reweighted_mean({}));
  // A weight of 1,000 counts as 20.
  const std::vector<weighted_response> two{{1, 0.001}, {0, 0.1}};
  CHECK(*reweighted_mean(two) == Approx(20.0 / 30));
}
