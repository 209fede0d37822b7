#include "analysis/score.hpp"

#include "analysis/evidence.hpp"
#include "tests/unit/analysis/simulation.hpp"
#include "tests/unit/workflows/seeds.hpp"

#include <catch2/catch.hpp>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

using namespace ratchet;
using namespace ratchet::analysis;
using namespace ratchet::analysis::testing;

namespace {

constexpr auto by_champion = arm::champion;
constexpr auto by_challenger = arm::challenger;

scored_unit unit(arm by, double outcome) {
  return {by, outcome, {}};
}

/// The worked example: three epochs of two units.
pair_evidence worked_example(double harm_margin) {
  pair_evidence evidence;
  evidence.rule = {0.5, harm_margin};
  const std::vector<std::vector<scored_unit>> epochs{
    {unit(by_challenger, 1), unit(by_champion, 0)},
    {unit(by_challenger, 0), unit(by_champion, 1)},
    {unit(by_challenger, 1), unit(by_champion, 1)}};
  for (const auto& units : epochs) {
    must(open_epoch(evidence, 0.5));
    for (const auto& u : units)
      must(add(evidence, u));
  }
  return evidence;
}

} // namespace

TEST_CASE("the worked example of three epochs comes out", "[score]") {
  // By hand; the evidence by mpmath 1.3 with 40 digits.
  const auto evidence = worked_example(0.02);
  REQUIRE(evidence.frames.size() == 3);
  CHECK(evidence.frames[0] == score_frame{0.5, {0.5, 0.5}, 0, 0});
  CHECK(evidence.frames[1] == score_frame{0.5, {0.25, 0.75}, 1, 2});
  CHECK(evidence.frames[2] == score_frame{0.5, {0.5, 0.5}, 0, 4});
  CHECK(value_of(evidence.sums.scores) == 0);
  CHECK(value_of(evidence.sums.spread) == 12);
  CHECK(evidence.sums.units() == 6);

  const evidence_plan plan{50, 1, 0.05};
  CHECK(one_sided_rho(50, 0.025) == Approx(6.30028048962816969).epsilon(1e-14));
  CHECK(
    effect_above_ln_e(evidence, plan, 0) ==
    Approx(-0.707227427421473).margin(1e-9));
  CHECK(
    effect_above_ln_e(evidence, plan, -0.02) ==
    Approx(-0.689063633912759).margin(1e-9));
  CHECK(harm_ln_e(evidence.sums) == Approx(-0.0789725544527233).margin(1e-9));
  CHECK(
    effect_mixture(plan, evidence.rule).bound(12, std::log(40)) / 6 ==
    Approx(3.44024206216962).epsilon(1e-10));
  // The interval stays where effects can be.
  CHECK(effect_sequence(evidence, plan, 0.05).low == -1);
  CHECK(effect_sequence(evidence, plan, 0.05).high == 1);
  CHECK(
    harm_ln_e(worked_example(0).sums) ==
    Approx(-0.0711968841414829).margin(1e-9));
  CHECK(
    harm_ln_e(worked_example(0.05).sums) ==
    Approx(-0.0901274022379737).margin(1e-9));
}

TEST_CASE("a score's expected value is the effect", "[score]") {
  // Over the assignment, for any guess and propensity: exactly.
  for (std::uint64_t i = 0; i < 500; ++i) {
    unit_draws draws{i};
    const auto p = 0.05 + 0.9 * draws.next();
    const score_frame frame{p, {draws.next(), draws.next()}, draws.next()};
    const auto y0 = draws.next();
    const auto y1 = draws.next();
    const auto score1 = score_of(frame, unit(by_challenger, y1));
    const auto score0 = score_of(frame, unit(by_champion, y0));
    CHECK(p * score1 + (1 - p) * score0 == Approx(y1 - y0).margin(1e-12));
    CHECK(std::abs(score1) <= 1 / std::min(p, 1 - p) + 1e-12);
    CHECK(std::abs(score0) <= 1 / std::min(p, 1 - p) + 1e-12);
    // A guess of the unit takes the place of the frame's.
    const outcome_guess own{draws.next(), draws.next()};
    CHECK(
      p * score_of(frame, {by_challenger, y1, own}) +
        (1 - p) * score_of(frame, {by_champion, y0, own}) ==
      Approx(y1 - y0).margin(1e-12));
  }
}

TEST_CASE(
  "a shift of traffic and rates does not turn the sign (T6)", "[score]") {
  // Simpson: the challenger is better in both epochs, by 0.02 and 0.05, but
  // gets most of the second, where all do badly. Pooled it looks worse by 0.48.
  const std::vector<epoch_counts> epochs{
    {0.1, 8100, 900, 920, 80}, {0.9, 300, 700, 3150, 5850}};
  const auto evidence = evidence_of({0.1, 0}, epochs);
  REQUIRE(evidence.ok());
  const auto effect = *mean_effect(evidence->sums);
  CHECK(effect == Approx(0.035).margin(0.005));
  CHECK(
    value_of(evidence->sums.challenger_outcomes) / 10'000 -
      value_of(evidence->sums.champion_outcomes) / 10'000 <
    -0.4);
}

TEST_CASE(
  "order, parts and doubt within an epoch leave no trace (T5)", "[score]") {
  using workflows::testing::dice;
  const auto failure = workflows::testing::first_failure(
    "order, parts and doubt within an epoch leave no trace (T5)", 60,
    [](std::uint64_t seed) -> std::string {
      dice d{seed};
      pair_evidence straight;
      straight.rule = {0.1, 0.01};
      auto shuffled = straight;
      for (std::size_t epoch = 0; epoch < 5; ++epoch) {
        const auto p = 0.1 + 0.1 * static_cast<double>(d.below(9));
        must(open_epoch(straight, p));
        must(open_epoch(shuffled, p));
        if (straight.frames != shuffled.frames)
          return "the frames differ";
        std::vector<scored_unit> units;
        for (std::size_t i = 0; i < 40; ++i) {
          units.push_back(unit(
            d.one_in(2) ? by_champion : by_challenger,
            d.one_in(3) ? static_cast<double>(d.below(1001)) / 1000
                        : static_cast<double>(d.below(2))));
          if (d.one_in(4))
            units.back().guess = outcome_guess{0.25, 0.5};
        }
        for (const auto& u : units)
          must(add(straight, u));
        // Another order, in two parts, and every fifth one is counted twice
        // and taken back.
        pair_evidence part{shuffled.rule, shuffled.frames, {}, 0};
        while (!units.empty()) {
          const auto i = d.below(units.size());
          auto& to = d.one_in(2) ? part : shuffled;
          must(add(to, units[i]));
          if (d.one_in(5)) {
            must(add(to, units[i]));
            must(remove(to, epoch, units[i]));
          }
          units.erase(units.begin() + static_cast<std::ptrdiff_t>(i));
        }
        merge(shuffled.sums, part.sums);
        if (straight.sums != shuffled.sums)
          return "the sums differ after epoch " + std::to_string(epoch);
      }
      return {};
    },
    "unit_analysis");
  INFO(failure);
  CHECK(failure.empty());
}

TEST_CASE("taking all units back leaves nothing, later too", "[score]") {
  pair_evidence evidence;
  evidence.rule = {0.2, 0};
  must(open_epoch(evidence, 0.2));
  must(add(evidence, unit(by_challenger, 0.7), 3));
  must(add(evidence, unit(by_champion, 1)));
  must(open_epoch(evidence, 0.5));
  must(add(evidence, unit(by_champion, 0)));
  const auto frames = evidence.frames;
  must(remove(evidence, 1, unit(by_champion, 0)));
  must(remove(evidence, 0, unit(by_champion, 1)));
  for (int i = 0; i < 3; ++i)
    must(remove(evidence, 0, unit(by_challenger, 0.7)));
  CHECK(evidence.sums == score_sums{});
  CHECK(evidence.frames == frames);
  CHECK(evidence.taken_back == 5);
  // Nothing is left to take back.
  CHECK_FALSE(remove(evidence, 0, unit(by_challenger, 0.7)).ok());
  CHECK(evidence.sums == score_sums{});
}

TEST_CASE("counts give the bits of their units", "[score]") {
  const std::vector<epoch_counts> epochs{
    {0.5, 7, 3, 8, 2},
    {0.3, 20, 11, 5, 6},
    {0.3, 0, 0, 0, 0},
    {0.7, 1, 0, 9, 4}};
  const auto from_counts = evidence_of({0.3, 0.02}, epochs);
  REQUIRE(from_counts.ok());
  pair_evidence one_by_one;
  one_by_one.rule = {0.3, 0.02};
  for (const auto& e : epochs) {
    must(open_epoch(one_by_one, e.propensity));
    const auto units = [&](arm by, double outcome, std::uint64_t times) {
      for (std::uint64_t i = 0; i < times; ++i)
        must(add(one_by_one, unit(by, outcome)));
    };
    units(by_challenger, 0, e.challenger_bad);
    units(by_champion, 1, e.champion_good);
    units(by_challenger, 1, e.challenger_good);
    units(by_champion, 0, e.champion_bad);
  }
  CHECK(*from_counts == one_by_one);
}

TEST_CASE("what cannot be scored is refused and changes nothing", "[score]") {
  pair_evidence evidence;
  evidence.rule = {0.1, 0};
  const auto refused = [&](const result<void>& done) {
    REQUIRE_FALSE(done.ok());
    CHECK(done.err().code == errc::invalid_argument);
  };
  refused(add(evidence, unit(by_champion, 1))); // No epoch yet.
  for (const auto p :
       {0.0, 0.09, 0.91, 1.0, std::numeric_limits<double>::quiet_NaN()})
    refused(open_epoch(evidence, p));
  CHECK(evidence == pair_evidence{{0.1, 0}, {}, {}, 0});
  must(open_epoch(evidence, conditional_propensity(0.9, 0.1)));
  must(open_epoch(evidence, conditional_propensity(0.05, 0.45)));
  const auto before = evidence;
  for (const auto y : {-0.1, 1.1, std::numeric_limits<double>::quiet_NaN()}) {
    refused(add(evidence, unit(by_champion, y)));
    refused(add(evidence, {by_champion, 1, outcome_guess{y, 0}}));
    refused(remove(evidence, 0, unit(by_champion, y)));
  }
  refused(remove(evidence, 0, unit(by_champion, 1)));
  refused(remove(evidence, 2, unit(by_champion, 1)));
  CHECK(evidence == before);
  for (const auto& rule :
       {score_rule{0, 0}, score_rule{0.6, 0}, score_rule{0.1, -0.1},
        score_rule{0.1, 1.1}}) {
    pair_evidence bad;
    bad.rule = rule;
    refused(open_epoch(bad, 0.5));
  }
}

TEST_CASE("no unit is no evidence", "[score]") {
  pair_evidence evidence;
  CHECK(effect_above_ln_e(evidence, {}, 0) == 0);
  CHECK(harm_ln_e(evidence.sums) == 0);
  CHECK_FALSE(mean_effect(evidence.sums));
  CHECK(effect_sequence(evidence, {}, 0.05).low == -1);
  CHECK(effect_sequence(evidence, {}, 0.05).high == 1);
  // One unit: an interval, if all of it.
  must(open_epoch(evidence, 0.5));
  must(add(evidence, unit(by_champion, 1)));
  CHECK(effect_sequence(evidence, {}, 0.05).low == -1);
}

TEST_CASE("bets on harm never lose all they have", "[score]") {
  // The unit that speaks most for the challenger leaves a tenth of the
  // largest bet.
  pair_evidence evidence;
  evidence.rule = {0.05, 0};
  must(open_epoch(evidence, 0.05));
  must(add(evidence, {by_challenger, 1, outcome_guess{0, 0}}));
  CHECK(value_of(evidence.sums.scores) == Approx(20));
  CHECK(value_of(evidence.sums.harm[0]) == Approx(std::log(0.1)));
}
