#include "analysis/multiplicity.hpp"

#include "tests/unit/analysis/simulation.hpp"

#include <catch2/catch.hpp>

#include <cmath>
#include <vector>

using namespace ratchet::analysis;
using namespace ratchet::analysis::testing;

namespace {

using places = std::vector<std::size_t>;

/// Benjamini and Hochberg (1995), section 4: 15 hypotheses on myocardial
/// infarction.
const std::vector<double> infarction{0.0001, 0.0004, 0.0019, 0.0095, 0.0201,
                                     0.0278, 0.0298, 0.0344, 0.0459, 0.3240,
                                     0.4262, 0.5719, 0.6528, 0.7590, 1};

} // namespace

TEST_CASE("the example of Benjamini and Hochberg comes out", "[multiple]") {
  CHECK(benjamini_hochberg(infarction, 0.05) == places{0, 1, 2, 3});
  // Also in the paper: Bonferroni's and so Holm's method reject three.
  CHECK(holm(infarction, 0.05) == places{0, 1, 2});
  // By hand: 1 + 1/2 + ... + 1/15 = 3.318, and 3 * 0.05 / 15 / 3.318 = 0.00301.
  CHECK(benjamini_yekutieli(infarction, 0.05) == places{0, 1, 2});
}

TEST_CASE("one large step takes the smaller ones along", "[multiple]") {
  // 0.05 <= 3 * 0.05 / 3, although 0.04 > 1 * 0.05 / 3; Holm stops there.
  const std::vector<double> p{0.05, 0.045, 0.04};
  CHECK(benjamini_hochberg(p, 0.05) == places{2, 1, 0});
  CHECK(holm(p, 0.05).empty());
  CHECK(holm(std::vector{0.02, 0.01}, 0.05) == places{1, 0});
}

TEST_CASE("e-values are rejected as a group", "[multiple]") {
  // By hand, q = 0.1, K = 4: level 40 / k. 20 with k = 2 passes, 13 with k = 3
  // does not.
  const std::vector<double> ln_e{
    std::log(13), std::log(100), std::log(0.1), std::log(20.000001)};
  CHECK(e_bh(ln_e, 0.1) == places{1, 3});
  // 14 with k = 3 passes and takes both along.
  CHECK(
    e_bh(std::vector{std::log(14), std::log(14), std::log(14), 0.0}, 0.1) ==
    places{0, 1, 2});
  CHECK(e_bh(std::vector{std::log(39), 0.0, 0.0, 0.0}, 0.1).empty());
  CHECK(e_bh(std::vector{std::log(10.0000001)}, 0.1) == places{0});
}

TEST_CASE("no question has no answer", "[multiple]") {
  const std::vector<double> none;
  CHECK(holm(none, 0.05).empty());
  CHECK(benjamini_hochberg(none, 0.05).empty());
  CHECK(benjamini_yekutieli(none, 0.05).empty());
  CHECK(e_bh(none, 0.05).empty());
  CHECK(holm(std::vector{std::nan("")}, 0.05).empty());
}

TEST_CASE("the budget of an endless series is never overspent", "[multiple]") {
  CHECK(e_lond_level(0.05, 1, 0) == Approx(0.0303963550927013));
  CHECK(e_lond_level(0.05, 2, 0) == Approx(0.0303963550927013 / 4));
  CHECK(e_lond_level(0.05, 2, 1) == Approx(0.0303963550927013 / 2));
  for (const auto pace : {spending::quick, spending::slow}) {
    double spent = 0;
    double before = 1;
    bool falls = true;
    for (std::uint64_t t = 1; t <= 1'000'000; ++t) {
      const auto level = e_lond_level(0.05, t, 0, pace);
      falls = falls && level < before;
      spent += level;
      before = level;
    }
    CHECK(falls);
    // What is left of the slow series falls like 1 / ln t.
    CHECK(spent > (pace == spending::quick ? 0.0499 : 0.04));
    CHECK(spent < 0.05);
  }
}

TEST_CASE("an endless series promotes little noise", "[multiple][rates]") {
  // 200 challengers in a row, one in five a gain. Their e-values are the
  // simplest there are: a bet on a mean of one.
  const auto runs = run_count(200);
  double false_share = 0;
  double found = 0;
  for (auto seed = first_seed(); seed < first_seed() + runs; ++seed) {
    unit_draws draws{seed};
    std::uint64_t promoted = 0;
    std::uint64_t wrong = 0;
    for (std::uint64_t t = 1; t <= 200; ++t) {
      const auto gain = draws.happens(0.2);
      // exp(3 z - 4.5) of a normal z with mean 0, or 6.
      const auto z = std::sqrt(-2 * std::log(1 - draws.next())) *
        std::cos(6.283185307179586 * draws.next());
      const auto ln_e = 3 * (z + (gain ? 6 : 0)) - 4.5;
      if (ln_e >= -std::log(e_lond_level(0.05, t, promoted))) {
        promoted += 1;
        wrong += gain ? 0 : 1;
      }
    }
    found += static_cast<double>(promoted) / static_cast<double>(runs);
    if (promoted > 0)
      false_share += static_cast<double>(wrong) /
        static_cast<double>(promoted) / static_cast<double>(runs);
  }
  WARN(
    "e-LOND: " << found << " promotions of 40 gains, " << false_share
               << " of them false");
  CHECK(false_share <= 0.05);
  CHECK(found > 10);
}
