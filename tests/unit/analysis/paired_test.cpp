#include "analysis/paired.hpp"

#include "analysis/hash.hpp"

#include <catch2/catch.hpp>

#include <cmath>
#include <vector>

using namespace ratchet;
using namespace ratchet::analysis;

namespace {

/// Student's sleep data (R: sleep), group 2 minus group 1.
const std::vector<double> sleep_differences{1.2, 2.4, 1.3, 1.3, 0.0,
                                            1.0, 1.8, 0.8, 4.6, 1.4};

} // namespace

TEST_CASE("McNemar's p is exact", "[paired]") {
  struct example {
    std::uint64_t wins, losses;
    double two_sided, mid_p, greater;
  };
  // 150 and 86: Agresti, Categorical Data Analysis, prime minister's approval.
  // 1 and 7: airway hyper-responsiveness (Fagerland, Lydersen, Laake 2013):
  // 0.0703 and mid-p 0.0391. Digits beyond: SciPy 1.10, binom.
  for (const auto& e :
       {example{
          150, 86, 3.715936139571387e-05, 2.8933895176154288e-05,
          1.8579680697856936e-05},
        example{1, 7, 0.0703125, 0.0390625, 0.99609375},
        example{0, 5, 0.0625, 0.03125, 1},
        example{5, 0, 0.0625, 0.03125, 1. / 32},
        example{12, 2, 0.012939453125, 0.00738525390625, 0.0064697265625},
        example{5, 5, 1, 1, 0.623046875}, example{0, 0, 1, 1, 1}}) {
    CAPTURE(e.wins, e.losses);
    const auto p = mcnemar_exact(e.wins, e.losses);
    CHECK(p.two_sided == Approx(e.two_sided).epsilon(1e-12));
    CHECK(p.mid_p == Approx(e.mid_p).epsilon(1e-12));
    CHECK(p.greater == Approx(e.greater).epsilon(1e-12));
  }
}

TEST_CASE("McNemar's p neither overflows nor breaks for large counts") {
  CHECK(mcnemar_exact(500'000, 500'000).two_sided == 1);
  // z = 4.24; SciPy 1.10: 2 * binom.cdf(497879, 1000000, .5).
  CHECK(
    mcnemar_exact(502'121, 497'879).two_sided ==
    Approx(2.2252018442539864e-05).epsilon(1e-9));
  CHECK(mcnemar_exact(10'000, 0).two_sided == 0);
}

TEST_CASE("Tango's bounds are the published ones", "[paired]") {
  // Fagerland, Lydersen, Laake (2014), airway hyper-responsiveness: 21
  // children, 1 and 7 discordant, 95 % interval -0.517 to -0.026. The others
  // by direct maximization of the likelihood with SciPy 1.10.
  struct example {
    paired_counts counts;
    double alpha, lower, upper;
  };
  for (const auto& e :
       {example{{21, 1, 7}, 0.025, -0.5172322773, -0.0260030335},
        example{{160, 40, 20}, 0.025, 0.0308645325, 0.2180642438},
        example{{100, 12, 2}, 0.05, 0.0429569399, 0.1670912158},
        example{{944, 150, 86}, 0.025, 0.0362102950, 0.0996599969}}) {
    const auto b = tango_bounds(e.counts, e.alpha);
    CHECK(b.lower == Approx(e.lower).margin(1e-6));
    CHECK(b.upper == Approx(e.upper).margin(1e-6));
  }
}

TEST_CASE("Tango's bounds hold at the corners", "[paired]") {
  // No disagreement: z^2 / (n + z^2) by hand, z = 1.6449.
  const auto none = tango_bounds({100, 0, 0}, 0.05);
  CHECK(none.lower == Approx(-0.026343).margin(1e-5));
  CHECK(none.upper == Approx(0.026343).margin(1e-5));
  const auto all = tango_bounds({10, 10, 0}, 0.05);
  CHECK(all.upper == 1);
  CHECK(all.lower > 0.5);
  const auto lost = tango_bounds({10, 0, 10}, 0.05);
  CHECK(lost.lower == -1);
  CHECK(lost.upper == Approx(-all.lower));
  const auto one = tango_bounds({1, 0, 0}, 0.05);
  CHECK(one.lower < -0.5);
  CHECK(one.upper > 0.5);
}

TEST_CASE("a loss of the margin passes Tango's bound at most alpha often") {
  // True difference -0.05 with 15 % disagreement, at the margin: the lower
  // bound lies above -0.05 in about 5 % of 4,000 samples; 3 standard errors of
  // that are 1 %.
  for (const std::uint64_t n : {60, 150, 400}) {
    int above = 0;
    for (std::uint64_t sample = 0; sample < 4000; ++sample) {
      paired_counts counts{n, 0, 0};
      for (std::uint64_t i = 0; i < n; ++i) {
        const auto u = to_unit(draw(mix64(n * 10'000 + sample), i));
        counts.wins += u < 0.05 ? 1 : 0;
        counts.losses += u >= 0.05 && u < 0.15 ? 1 : 0;
      }
      // The same as bound > -0.05, without the bisection.
      above += tango_z(counts, -0.05) > 1.6448536 ? 1 : 0;
    }
    CAPTURE(n);
    CHECK(above / 4000.0 < 0.06);
    CHECK(above / 4000.0 > 0.03);
  }
}

TEST_CASE("the paired t test is R's", "[paired]") {
  // R 4: t.test(extra ~ group, data = sleep, paired = TRUE): t = 4.0621,
  // df = 9, p = 0.002833, mean 1.58. One-sided bound: SciPy 1.10.
  const auto r = paired_t(sleep_differences, 0.05);
  REQUIRE(r.ok());
  CHECK(r->mean == Approx(1.58));
  CHECK(r->df == 9);
  CHECK(r->t == Approx(4.062127683382037).epsilon(1e-12));
  CHECK(r->two_sided == Approx(0.00283289019738427).epsilon(1e-10));
  CHECK(r->bounds.lower == Approx(0.866994732971729).epsilon(1e-10));
  CHECK(r->bounds.upper == Approx(2 * 1.58 - 0.866994732971729));
}

TEST_CASE("the bootstrap's bounds are BCa's", "[paired]") {
  // SciPy 1.10, bootstrap(..., method='BCa'), 200,000 resamples, three seeds:
  // 1.12 and 2.43 to 2.44. The mean moves in steps of 0.01.
  const auto b = paired_bootstrap(sleep_differences, 0.05, 42);
  REQUIRE(b.ok());
  CHECK(b->lower == Approx(1.12).margin(0.03));
  CHECK(b->upper == Approx(2.43).margin(0.05));
}

TEST_CASE("the bootstrap replays to the bit, and its seed matters") {
  const auto once = paired_bootstrap(sleep_differences, 0.05, 7, 999);
  const auto again = paired_bootstrap(sleep_differences, 0.05, 7, 999);
  const auto differently = paired_bootstrap(sleep_differences, 0.05, 8, 999);
  CHECK(once->lower == again->lower);
  CHECK(once->upper == again->upper);
  CHECK(
    std::pair(once->lower, once->upper) !=
    std::pair(differently->lower, differently->upper));
}

TEST_CASE("equal differences have no spread to judge by", "[paired]") {
  const std::vector<double> equal(20, 0.25);
  CHECK(paired_t(equal, 0.05).err().code == errc::invalid_argument);
  CHECK(paired_bootstrap(equal, 0.05, 1).err().code == errc::invalid_argument);
  const std::vector<double> one{0.25};
  CHECK_FALSE(paired_t(one, 0.05).ok());
}
