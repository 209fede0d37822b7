#include "analysis/mixture.hpp"
#include "analysis/quantiles.hpp"
#include "tests/unit/analysis/random_values.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <vector>

/// The intervals that stand beside numbers on screen: each may be looked at
/// after every observation.

using namespace ratchet;
using namespace ratchet::analysis;

namespace {

constexpr double alpha = 0.05;
constexpr double best_at = 500;
constexpr int runs = 300;

/// How many of the runs ever miss, of `runs`, must be near 5 % at most: the
/// bound is three standard errors above.
constexpr int most_misses = 26;

template <class Run>
int count_misses(Run run) {
  int misses = 0;
  for (std::uint64_t seed = 1; seed <= runs; ++seed)
    misses += run(testing::random_values{seed}) ? 1 : 0;
  return misses;
}

} // namespace

TEST_CASE("of yes and no, both means have one interval", "[mixture]") {
  for (const std::uint64_t k : {0, 1, 7, 40}) {
    const auto rate = rate_sequence(k, 40, alpha, best_at);
    const auto bounded =
      bounded_mean_sequence(static_cast<double>(k), 40, alpha, best_at);
    CHECK(bounded.low == rate.low);
    CHECK(bounded.high == rate.high);
  }
  const auto nothing = bounded_mean_sequence(0, 0, alpha, best_at);
  CHECK(nothing.low == 0);
  CHECK(nothing.high == 1);
}

TEST_CASE("a bounded mean's interval covers at all looks", "[mixture]") {
  // Of mean 0.3: a fifth, and then all or half of the rest of the way.
  const auto misses = count_misses([](testing::random_values random) {
    double sum = 0;
    for (std::uint64_t n = 1; n <= 1'000; ++n) {
      sum += random.chance(0.8) ? 0.25 : 0.5;
      if (n % 10 != 0)
        continue;
      const auto at = bounded_mean_sequence(sum, n, alpha, best_at);
      if (at.low > 0.3 || at.high < 0.3)
        return true;
    }
    return false;
  });
  CHECK(misses <= most_misses);
}

TEST_CASE("an unbounded mean's interval covers at all looks", "[mixture]") {
  const auto misses = count_misses([](testing::random_values random) {
    moments cell;
    for (int n = 1; n <= 2'000; ++n) {
      // Exponential with a mean of 2: skewed, as latencies are.
      REQUIRE(add(cell, -2 * std::log(1 - random.unit())).ok());
      if (n < 100 || n % 10 != 0)
        continue;
      const auto at = *asymptotic_mean_sequence(cell, alpha, best_at);
      if (at.low > 2 || at.high < 2)
        return true;
    }
    return false;
  });
  CHECK(misses <= most_misses);
}

TEST_CASE("the asymptotic interval is the published formula", "[mixture]") {
  // Waudby-Smith et al. (2024), theorem 2.2, with their rho^2 = 1 / rho: by
  // hand for n = 100, a variance of 1 and a mean of 0.
  moments cell;
  for (int i = 0; i < 50; ++i) {
    REQUIRE(add(cell, std::sqrt(0.99)).ok());
    REQUIRE(add(cell, -std::sqrt(0.99)).ok());
  }
  REQUIRE(*variance(cell) == Approx(1).epsilon(1e-8));
  const auto theirs = 1 / two_sided_rho(best_at, 0.05);
  const auto half = std::sqrt(
    2 * (100 * theirs + 1) / (100. * 100 * theirs) *
    std::log(std::sqrt(100 * theirs + 1) / alpha));
  const auto at = *asymptotic_mean_sequence(cell, alpha, best_at);
  CHECK(at.high == Approx(half).epsilon(1e-8));
  CHECK(at.low == Approx(-half).epsilon(1e-8));
  CHECK_FALSE(asymptotic_mean_sequence(moments{}, alpha, best_at));
}

TEST_CASE("ranks are where the rate's interval holds the quantile") {
  // Duality: k values of n lie below the quantile q exactly if the rate of
  // those that do may be q.
  for (const double q : {0.05, 0.5, 0.9, 0.99})
    for (const std::uint64_t n : {1, 10, 100, 1'000}) {
      CAPTURE(q, n);
      const auto ranks = quantile_ranks(q, n, alpha, best_at);
      for (std::uint64_t k = 0; k <= n;
           k += std::max<std::uint64_t>(1, n / 50)) {
        const auto rate = rate_sequence(k, n, alpha, best_at);
        const bool holds = rate.low <= q && q <= rate.high;
        CAPTURE(k, ranks.low, ranks.high);
        CHECK(holds == (ranks.low <= k && k < ranks.high));
      }
    }
}

TEST_CASE("a quantile's bounds cover at all looks", "[quantiles]") {
  for (const double q : {0.5, 0.95}) {
    const auto truth = -std::log(1 - q);
    const auto misses = count_misses([&](testing::random_values random) {
      quantile_sketch sketch;
      for (int n = 1; n <= 1'000; ++n) {
        REQUIRE(sketch.add(-std::log(1 - random.unit())).ok());
        if (n % 20 != 0)
          continue;
        const auto at = sketch.quantile_bounds(q, alpha, best_at);
        if (at.low.value_or(truth) > truth || at.high.value_or(truth) < truth)
          return true;
      }
      return false;
    });
    CAPTURE(q);
    CHECK(misses <= most_misses);
  }
}

TEST_CASE("a quantile's bounds close in on it", "[quantiles]") {
  quantile_sketch sketch;
  CHECK_FALSE(sketch.quantile_bounds(0.5, alpha, best_at).low);
  for (int i = 1; i <= 5; ++i)
    REQUIRE(sketch.add(i).ok());
  const auto early = sketch.quantile_bounds(0.95, alpha, best_at);
  CHECK_FALSE(early.high); // Nothing was seen that must be above.
  for (int i = 6; i <= 10'000; ++i)
    REQUIRE(sketch.add(i).ok());
  const auto late = sketch.quantile_bounds(0.95, alpha, best_at);
  CHECK(*late.low == Approx(9'500).epsilon(0.03));
  CHECK(*late.high == Approx(9'500).epsilon(0.03));
  CHECK(*late.low < 9'500);
  CHECK(*late.high > 9'500);
}
