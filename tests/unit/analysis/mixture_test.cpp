#include "analysis/mixture.hpp"

#include "analysis/hash.hpp"
#include "tests/unit/analysis/simulation.hpp"

#include <catch2/catch.hpp>

#include <cmath>

using namespace ratchet::analysis;
using namespace ratchet::analysis::testing;

// Expected values to five digits or more: the unit tests of confseq, the code
// of Howard et al. (2021), commit of 2023, with alpha_opt = 0.05, v_opt = 100.
// Digits beyond: mpmath 1.3 with 40 digits, from the paper's formulas.

TEST_CASE("the mixing parameter is the published one", "[mixture]") {
  CHECK(two_sided_rho(100, 0.05) == Approx(12.600560979256339).epsilon(1e-14));
  CHECK(one_sided_rho(100, 0.05) == Approx(15.800634906850532).epsilon(1e-14));
}

TEST_CASE("the normal mixtures are those of confseq", "[mixture]") {
  const auto two = two_sided_rho(100, 0.05);
  CHECK(normal_mixture(10, 100, two) == Approx(-0.651005160007182));
  CHECK(normal_mixture(30.3520899037625, 100, two) == Approx(std::log(20)));
  const auto one = one_sided_rho(100, 0.05);
  CHECK(one_sided_normal_mixture(10, 100, one) == Approx(-0.0650239124290114));
  CHECK(
    one_sided_normal_mixture(27.6607088306732, 100, one) ==
    Approx(std::log(20)));
  CHECK(one_sided_normal_mixture(-1e6, 100, one) == no_evidence);
}

TEST_CASE("the gamma-exponential mixture is that of confseq", "[mixture]") {
  const gamma_exponential mixture{one_sided_rho(100, 0.05), 2};
  CHECK(mixture.ln_e(10, 100) == Approx(-0.249016478975541).epsilon(1e-10));
  CHECK(
    mixture.bound(100, std::log(20)) == Approx(33.020170220152).epsilon(1e-12));
}

TEST_CASE("the gamma-exponential mixture is exact far out", "[mixture]") {
  // mpmath 1.3, 40 digits.
  struct example {
    double s, v, planned, c, expected;
  };
  for (const auto& e :
       {example{300, 3200, 3200, 3, 10.291781757319818},
        example{-5, 40, 3200, 3, -0.22328391326445736},
        example{1000, 5000, 3200, 21, 27.2514582739874347},
        example{20000, 1e6, 3200, 3, 189.013068953654918},
        example{2, 3, 3200, 3, 0.0736521770546195199}}) {
    CAPTURE(e.s, e.v);
    const gamma_exponential mixture{one_sided_rho(e.planned, 0.025), e.c};
    CHECK(mixture.ln_e(e.s, e.v) == Approx(e.expected).margin(1e-8));
  }
}

TEST_CASE("far against the hypothesis there is no evidence", "[mixture]") {
  const gamma_exponential mixture{one_sided_rho(50, 0.025), 3};
  CHECK(mixture.ln_e(-30, 40) == no_evidence);
  CHECK(mixture.ln_e(-1e9, 10) == no_evidence);
  CHECK(mixture.ln_e(0, 0) == Approx(0).margin(1e-12));
  // Rises with s, to the last bit, also next to where it has no closed form.
  auto before = no_evidence;
  for (auto s = -20.0; s < 200; s += 0.125) {
    const auto now = mixture.ln_e(s, 40);
    CHECK(now >= before);
    before = now;
  }
}

TEST_CASE("bound and evidence are each other's inverse", "[mixture]") {
  const gamma_exponential mixture{one_sided_rho(3200, 0.025), 3};
  for (const auto v : {0.0, 1.0, 50.0, 3200.0, 1e6})
    for (const auto level : {0.1, std::log(20), 30.0})
      CHECK(
        mixture.ln_e(mixture.bound(v, level), v) == Approx(level).margin(1e-8));
}

TEST_CASE("the mixture never says more than the best single bet", "[mixture]") {
  // s^2 / 2v is what a Gaussian sum could win with hindsight.
  const gamma_exponential mixture{one_sided_rho(3200, 0.025), 3};
  for (std::uint64_t i = 0; i < 2000; ++i) {
    const auto v = std::exp(10 * to_unit(draw(5, i)));
    const auto s = 8 * std::sqrt(v) * to_unit(draw(6, i));
    CHECK(mixture.ln_e(s, v) <= s * s / (2 * v) + 1e-9);
  }
}

TEST_CASE("the beta-binomial mixtures are those of confseq", "[mixture]") {
  const auto two = two_sided_rho(100, 0.05);
  const auto one = one_sided_rho(100, 0.05);
  CHECK(
    beta_binomial_mixture(10, 100, two, 0.2, 0.8, sides::two) ==
    Approx(-0.694101173947384).epsilon(1e-10));
  CHECK(
    beta_binomial_mixture(31.4307975960726, 100, two, 0.2, 0.8, sides::two) ==
    Approx(std::log(20)).epsilon(1e-10));
  CHECK(
    beta_binomial_mixture(10, 100, one, 0.2, 0.8, sides::one) ==
    Approx(-0.0713401889793505).epsilon(1e-9));
  CHECK(
    beta_binomial_mixture(28.4123800520492, 100, one, 0.2, 0.8, sides::one) ==
    Approx(std::log(20)).epsilon(1e-10));
}

TEST_CASE("a rate's interval is that of confseq", "[mixture]") {
  // confseq, test of bernoulli_confidence_interval, alpha = 0.05.
  struct example {
    std::uint64_t successes, n;
    double best_at, low, high;
  };
  for (const auto& e :
       {example{700, 1000, 100, 0.651629, 0.745949},
        example{15, 50, 50, 0.129556, 0.511896},
        example{5, 50, 50, 0.013021, 0.269264}, example{1, 50, 50, 0, 0.13489},
        example{1, 2, 2, 0, 1}, example{100, 200, 1, 0.328923, 0.671076},
        example{0, 1, 1, 0, 1}, example{1, 1, 1, 0, 1},
        example{0, 0, 1, 0, 1}}) {
    CAPTURE(e.successes, e.n);
    const auto rate = rate_sequence(e.successes, e.n, 0.05, e.best_at);
    CHECK(rate.low == Approx(e.low).margin(1e-5));
    CHECK(rate.high == Approx(e.high).margin(1e-5));
  }
}

TEST_CASE("a rate's interval turns around with the rate", "[mixture]") {
  for (const std::uint64_t k : {0U, 1U, 7U, 30U, 60U}) {
    const auto rate = rate_sequence(k, 60, 0.05, 100);
    const auto turned = rate_sequence(60 - k, 60, 0.05, 100);
    CHECK(rate.low == Approx(1 - turned.high).margin(1e-9));
    CHECK(rate.high == Approx(1 - turned.low).margin(1e-9));
  }
  CHECK(rate_sequence(0, 1000, 0.05, 100).high < 0.02);
}

TEST_CASE("a rate's interval covers at all looks at once", "[mixture]") {
  // 300 looks each; a look is wrong in at most 5 % of the runs.
  const auto runs = run_count(100);
  std::uint64_t wrong = 0;
  for (auto seed = first_seed(); seed < first_seed() + runs; ++seed) {
    unit_draws draws{seed};
    std::uint64_t successes = 0;
    bool missed = false;
    for (std::uint64_t n = 1; n <= 300 && !missed; ++n) {
      successes += draws.happens(0.3) ? 1 : 0;
      const auto rate = rate_sequence(successes, n, 0.05, 100);
      missed = rate.low > 0.3 || rate.high < 0.3;
    }
    wrong += missed ? 1 : 0;
  }
  INFO("runs " << runs << " from seed " << first_seed());
  CHECK(
    static_cast<double>(wrong) / static_cast<double>(runs) <=
    0.05 + three_errors(0.05, runs));
}
