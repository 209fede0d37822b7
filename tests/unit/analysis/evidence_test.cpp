#include "analysis/evidence.hpp"

#include "tests/unit/analysis/simulation.hpp"

#include <catch2/catch.hpp>

#include <cmath>
#include <vector>

using namespace ratchet::analysis;
using namespace ratchet::analysis::testing;

namespace {

/// One experiment at half of the traffic each, with rates that do not move.
class steady_traffic {
public:
  steady_traffic(std::uint64_t seed, double champion, double challenger)
      : draws_(seed), champion_(champion), challenger_(challenger) {
    evidence.rule = {0.5, 0};
  }

  void serve() {
    const auto units = evidence.sums.units();
    if (units == epoch_end_) {
      must(open_epoch(evidence, 0.5));
      epoch_end_ += epoch_limit(units);
    }
    const auto by = draws_.happens(0.5) ? arm::challenger : arm::champion;
    const auto rate = by == arm::challenger ? challenger_ : champion_;
    const auto outcome = draws_.happens(rate) ? 1.0 : 0.0;
    must(add(evidence, {by, outcome, {}}));
  }

  pair_evidence evidence;

private:
  unit_draws draws_;
  std::uint64_t epoch_end_ = 0;
  double champion_;
  double challenger_;
};

evidence_plan plan_for(double rate) {
  return {5000, 4 * rate * (1 - rate), 0.05};
}

/// The share of experiments with no effect in which evidence of a gain passes
/// 1 / alpha at any of the looks, one after each unit: whoever stops at the
/// best look of all sees no more.
double false_gains(
  double rate, double alpha, std::uint64_t looks, std::uint64_t runs) {
  const auto level = std::log(1 / alpha);
  std::uint64_t wrong = 0;
  for (auto seed = first_seed(); seed < first_seed() + runs; ++seed) {
    steady_traffic traffic{seed, rate, rate};
    const auto mixture = effect_mixture(plan_for(rate), traffic.evidence.rule);
    for (std::uint64_t i = 0; i < looks; ++i) {
      traffic.serve();
      if (reaches(traffic.evidence, mixture, level)) {
        ++wrong;
        break;
      }
    }
  }
  return static_cast<double>(wrong) / static_cast<double>(runs);
}

/// After how many units, at the median, evidence first passes its level.
template <class Passes>
double median_units(
  double champion, double challenger, std::uint64_t most, std::uint64_t runs,
  Passes passes) {
  std::vector<double> units;
  for (auto seed = first_seed(); seed < first_seed() + runs; ++seed) {
    steady_traffic traffic{seed, champion, challenger};
    std::uint64_t n = 0;
    do {
      traffic.serve();
      ++n;
    } while (n < most && !passes(traffic.evidence));
    units.push_back(static_cast<double>(n));
  }
  return median(std::move(units));
}

} // namespace

TEST_CASE("looking always does not promote noise (T1)", "[evidence][rates]") {
  const auto runs = run_count(400);
  for (const auto rate : {0.8, 0.02}) {
    const auto share = false_gains(rate, 0.05, 10'000, runs);
    WARN(
      "T1: rate " << rate << ", " << runs << " runs of 10000 looks: " << share
                  << " false gains at 0.05");
    CHECK(share <= 0.05 + three_errors(0.05, runs));
  }
}

TEST_CASE("stopping at the best look gains nothing (T7)", "[evidence][rates]") {
  // At 1 in 5, so that a process that is no e-process has room to show.
  const auto runs = run_count(400);
  const auto share = false_gains(0.5, 0.2, 2000, runs);
  WARN("T7: " << runs << " runs: " << share << " false gains at 0.2");
  CHECK(share <= 0.2 + three_errors(0.2, runs));
  CHECK(share > 0.02); // It is no test of a process that never moves.
}

TEST_CASE("harm is seen within 40 units (T3)", "[evidence][rates]") {
  const auto level = std::log(1 / 0.005);
  const auto units =
    median_units(0.9, 0.2, 400, run_count(400), [&](const pair_evidence& e) {
      return harm_ln_e(e.sums) >= level;
    });
  WARN("T3: harm from 0.9 to 0.2 seen after " << units << " units (median)");
  CHECK(units <= 40);
}

TEST_CASE("no harm is called harm at its rate", "[evidence][rates]") {
  // Equal arms and no margin: the border of the hypothesis. At 1 in 10.
  const auto runs = run_count(400);
  std::uint64_t wrong = 0;
  for (auto seed = first_seed(); seed < first_seed() + runs; ++seed) {
    steady_traffic traffic{seed, 0.7, 0.7};
    auto most = 0.0;
    for (int i = 0; i < 1000; ++i) {
      traffic.serve();
      most = std::max(most, harm_ln_e(traffic.evidence.sums));
    }
    wrong += most >= std::log(10) ? 1 : 0;
  }
  const auto share = static_cast<double>(wrong) / static_cast<double>(runs);
  WARN("no harm, called harm at 0.1: " << share << " of " << runs << " runs");
  CHECK(share <= 0.1 + three_errors(0.1, runs));
  CHECK(share > 0.005);
}

TEST_CASE("gains are seen as soon as measured", "[evidence][rates]") {
  // Medians of a reference simulation in Python, written from the papers; a
  // median of 400 runs has a standard error of about 3 %.
  struct example {
    double champion, challenger, units;
  };
  for (const auto& e : {example{0.8, 0.85, 1834}, example{0.2, 0.9, 78}}) {
    const auto plan = plan_for(0.8);
    const auto mixture = effect_mixture(plan, {0.5, 0});
    const auto units = median_units(
      e.champion, e.challenger, 20'000, run_count(400),
      [&](const pair_evidence& p) {
        return reaches(p, mixture, std::log(20));
      });
    WARN(
      "gain from " << e.champion << " to " << e.challenger << " seen after "
                   << units << " units (median), reference " << e.units);
    CHECK(units == Approx(e.units).epsilon(0.15));
  }
}

TEST_CASE("the effect's interval covers at all looks", "[evidence][rates]") {
  const auto runs = run_count(200);
  std::uint64_t wrong = 0;
  for (auto seed = first_seed(); seed < first_seed() + runs; ++seed) {
    steady_traffic traffic{seed, 0.6, 0.7};
    bool missed = false;
    for (int i = 1; i <= 1000 && !missed; ++i) {
      traffic.serve();
      // Every tenth look: a tenth of the time, nearly all of the chances.
      if (i % 10 != 0)
        continue;
      const auto effect =
        effect_sequence(traffic.evidence, plan_for(0.6), 0.05);
      missed = effect.low > 0.1 || effect.high < 0.1;
    }
    wrong += missed ? 1 : 0;
  }
  CHECK(
    static_cast<double>(wrong) / static_cast<double>(runs) <=
    0.05 + three_errors(0.05, runs));
}
