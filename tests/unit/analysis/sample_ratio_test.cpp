#include "analysis/sample_ratio.hpp"

#include "tests/unit/analysis/simulation.hpp"

#include <catch2/catch.hpp>

#include <cmath>
#include <vector>

using namespace ratchet;
using namespace ratchet::analysis;
using namespace ratchet::analysis::testing;

namespace {

double ln_e(const std::vector<ratio_epoch>& epochs) {
  const auto ratio = sample_ratio_evidence(epochs);
  REQUIRE(ratio.ok());
  CHECK_FALSE(ratio->impossible);
  return ratio->ln_e;
}

/// When a mismatch is found at 0.001: units until then, or `most`. The
/// allocation moves every 500 units; of the second arm's units `lost` vanish.
std::uint64_t
units_to_find(std::uint64_t seed, double lost, std::uint64_t most) {
  unit_draws draws{seed};
  std::vector<ratio_epoch> epochs;
  for (std::uint64_t n = 0; n < most; n += 500) {
    const auto p = 0.2 + 0.6 * draws.next();
    ratio_epoch epoch{{1 - p, p}, {0, 0}};
    for (int i = 0; i < 500; ++i) {
      const auto second = draws.happens(p);
      epoch.counts[second ? 1 : 0] += second && draws.happens(lost) ? 0 : 1;
    }
    epochs.push_back(epoch);
    if (sample_ratio_evidence(epochs)->ln_e >= std::log(1000))
      return n + 500;
  }
  return most;
}

} // namespace

TEST_CASE("evidence on counts is that of Lindon and Malek", "[ratio]") {
  // The unit tests of SSRM, the authors' code, with a Dirichlet(1, 1, 1)
  // prior. The last: mpmath 1.3.
  const std::vector<double> p{0.4, 0.4, 0.2};
  const std::vector<double> flat{1, 1, 1};
  using counts = std::vector<std::uint64_t>;
  CHECK(
    dirichlet_multinomial_ln_e(counts{1, 0, 0}, p, flat) ==
    Approx(-0.182321556794).epsilon(1e-10));
  CHECK(
    dirichlet_multinomial_ln_e(counts{60, 63, 32}, p, flat) ==
    Approx(-4.18381398237).epsilon(1e-10));
  const std::vector<double> half{0.5, 0.5};
  const std::vector<double> prior{50, 50};
  CHECK(
    dirichlet_multinomial_ln_e(counts{5200, 4800}, half, prior) ==
    Approx(5.61361341175711).epsilon(1e-10));
}

TEST_CASE("a fair share is no mismatch, a wrong one is", "[ratio]") {
  CHECK(ln_e({}) == 0);
  CHECK(ln_e({{{0.5, 0.5}, {0, 0}}}) == Approx(0).margin(1e-12));
  CHECK(ln_e({{{0.5, 0.5}, {5010, 4990}}}) < 0);
  CHECK(ln_e({{{0.5, 0.5}, {5300, 4700}}}) > std::log(1000));
  CHECK(ln_e({{{0.8, 0.1, 0.1}, {8000, 1000, 800}}}) > std::log(1000));
}

TEST_CASE("how the units are cut into epochs does not count", "[ratio]") {
  const auto whole =
    ln_e({{{0.5, 0.5}, {2600, 2400}}, {{0.75, 0.25}, {1500, 500}}});
  std::vector<ratio_epoch> cut;
  for (int i = 0; i < 10; ++i) {
    cut.push_back({{0.75, 0.25}, {150, 50}});
    cut.push_back({{0.5, 0.5}, {260, 240}});
  }
  CHECK(ln_e(cut) == Approx(whole).epsilon(1e-12));
}

TEST_CASE("traffic on a closed arm is a mismatch at once", "[ratio]") {
  const std::vector<ratio_epoch> epochs{
    {{0.5, 0.5, 0}, {50, 50, 0}}, {{0.5, 0.5, 0}, {50, 50, 1}}};
  const auto ratio = sample_ratio_evidence(epochs);
  REQUIRE(ratio.ok());
  CHECK(ratio->impossible);
  CHECK(ln_e({epochs[0]}) < 0);
}

TEST_CASE("fair shares are called a mismatch at their rate", "[ratio][rates]") {
  // At 1 in 10 and a look after each of 40 moves of the allocation.
  const auto runs = run_count(400);
  std::uint64_t wrong = 0;
  for (auto seed = first_seed(); seed < first_seed() + runs; ++seed) {
    unit_draws draws{seed};
    std::vector<ratio_epoch> epochs;
    bool found = false;
    for (int e = 0; e < 40 && !found; ++e) {
      const auto p = e % 2 == 0 ? 0.5 : draws.next();
      ratio_epoch epoch{{1 - p, p}, {0, 0}};
      for (int i = 0; i < 50; ++i)
        epoch.counts[draws.happens(p) ? 1 : 0] += 1;
      epochs.push_back(epoch);
      found = sample_ratio_evidence(epochs)->ln_e >= std::log(10);
    }
    wrong += found ? 1 : 0;
  }
  const auto share = static_cast<double>(wrong) / static_cast<double>(runs);
  WARN("fair shares called a mismatch at 0.1: " << share);
  CHECK(share <= 0.1 + three_errors(0.1, runs));
}

TEST_CASE("a loss is found although the allocation moves", "[ratio][rates]") {
  std::vector<double> units;
  for (auto seed = first_seed(); seed < first_seed() + run_count(60); ++seed)
    units.push_back(static_cast<double>(units_to_find(seed, 0.05, 100'000)));
  const auto middle = median(units);
  WARN("a loss of 5 % of an arm is found after " << middle << " units");
  CHECK(middle < 50'000);
}

TEST_CASE("a rate is above what is allowed only by evidence", "[ratio]") {
  const auto ln_e = [](std::uint64_t found, std::uint64_t of) {
    return rate_above_ln_e(found, of, 0.001);
  };
  const auto bound = std::log(3 / 0.001); // As of an experiment.
  CHECK(ln_e(0, 0) == 0);
  CHECK(ln_e(0, 5'000) < 0);
  CHECK(ln_e(1, 1) < bound);
  CHECK(ln_e(1, 500) < 1);
  CHECK(ln_e(4, 2'000) < bound);
  CHECK(ln_e(30, 1'000) > 30);
  CHECK(ln_e(2, 2) > bound); // Nobody logs it.
  CHECK(ln_e(2'000, 1'000'000) > bound);
  // By hand, for 1 of 2: the mean of 0.9 / 0.001 * 0.1 / 0.999 and the like.
  double sum = 0.9 * 0.1;
  for (const auto rate : {.0015, .002, .003, .005, .01, .03, .1, .3})
    sum += rate * (1 - rate);
  CHECK(ln_e(1, 2) == Approx(std::log(sum / 9 / (0.001 * 0.999))));
}

TEST_CASE(
  "an allowed rate is called too high at most so often", "[ratio][rates]") {
  // At 1 in 10 and a look after each unit, with just what is allowed and half.
  for (const auto rate : {0.001, 0.0005}) {
    const auto runs = run_count(400);
    std::uint64_t wrong = 0;
    for (auto seed = first_seed(); seed < first_seed() + runs; ++seed) {
      unit_draws draws{seed};
      std::uint64_t lost = 0;
      bool found = false;
      for (std::uint64_t of = 1; of <= 5'000 && !found; ++of)
        if (draws.happens(rate)) // Evidence only rises with one of them.
          found = rate_above_ln_e(++lost, of, 0.001) >= std::log(10);
      wrong += found ? 1 : 0;
    }
    const auto share = static_cast<double>(wrong) / static_cast<double>(runs);
    WARN("a rate of " << rate << " called above 0.001 at 0.1: " << share);
    CHECK(share <= 0.1 + three_errors(0.1, runs));
  }
}

TEST_CASE("shares that make no sense are refused", "[ratio]") {
  for (const auto& epoch :
       {ratio_epoch{{0.5, 0.4}, {1, 1}}, ratio_epoch{{1.5, -0.5}, {1, 1}},
        ratio_epoch{{0.5, 0.5}, {1}}, ratio_epoch{{1.0}, {1, 1}}}) {
    const auto refused = sample_ratio_evidence(std::vector{epoch});
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.err().code == errc::invalid_argument);
  }
}
