#include "analysis/experiment.hpp"

#include "tests/unit/analysis/simulation.hpp"

#include <catch2/catch.hpp>

#include <cmath>
#include <string>
#include <vector>

using namespace ratchet;
using namespace ratchet::analysis;
using namespace ratchet::analysis::testing;
using Catch::Matchers::Contains;
using std::chrono::hours;
using verdict = experiment_verdict;

namespace {

/// Right or wrong outcomes of a champion and a challenger, half of the units
/// each, cut into ten epochs.
pair_evidence outcomes(
  double champion, double challenger, std::uint64_t units,
  double harm_margin = 0.02) {
  std::vector<epoch_counts> epochs;
  const auto part = units / 20;
  const auto good = [part](double rate) {
    return static_cast<std::uint64_t>(rate * static_cast<double>(part) + 0.5);
  };
  for (int i = 0; i < 10; ++i)
    epochs.push_back(
      {0.5, good(champion), part - good(champion), good(challenger),
       part - good(challenger)});
  auto evidence = evidence_of({0.5, harm_margin}, epochs);
  REQUIRE(evidence.ok());
  return *evidence;
}

/// One challenger that is better by `gain` than 0.7, and a guardrail on which
/// it changes by `side_effect`.
experiment_inputs
one_challenger(double gain, double side_effect, std::uint64_t units) {
  experiment_inputs in;
  in.rule.primary = {"accuracy", 0, {5000, 0.8, 0.05}};
  in.rule.guardrails = {{"fast", -0.05, {5000, 0.4, 0.05}}};
  in.elapsed = hours{30};
  in.assigned = {{{0.5, 0.5}, {units / 2, units / 2}}};
  in.matured = in.assigned;
  in.challengers = {
    {"v8",
     false,
     {outcomes(0.7, 0.7 + gain, units),
      outcomes(0.9, 0.9 + side_effect, units)}}};
  return in;
}

/// Two of them, without a guardrail.
experiment_inputs
two_challengers(double first, double second, std::uint64_t units) {
  auto in = one_challenger(first, 0, units);
  in.rule.guardrails.clear();
  in.assigned = {{{1. / 3, 1. / 3, 1. / 3}, {units / 2, units / 2, units / 2}}};
  in.matured = in.assigned;
  in.challengers = {
    {"v8", false, {outcomes(0.7, 0.7 + first, units)}},
    {"v9", false, {outcomes(0.7, 0.7 + second, units)}}};
  return in;
}

experiment_decision judge(const experiment_inputs& in) {
  auto decision = evaluate_experiment(in);
  REQUIRE(decision.ok());
  UNSCOPED_INFO(decision->sentence);
  CHECK(verify_decision(*decision, in).ok());
  return *decision;
}

} // namespace

TEST_CASE("a clear gain without a loss is promoted", "[experiment]") {
  const auto decision = judge(one_challenger(0.1, 0, 4000));
  CHECK(decision.verdict == verdict::promote);
  CHECK(decision.winner == "v8");
  CHECK(decision.units == 4000);
  // 6 / pi^2 of 0.05, for the first experiment of the series.
  CHECK(decision.level == Approx(0.0303963550927013));
  CHECK(decision.promote_bound == Approx(-std::log(0.0303963550927013)));
  CHECK(decision.guardrail_bound == Approx(std::log(20)));
  CHECK(decision.harm_bound == Approx(std::log(2 / 0.005)));
  CHECK_THAT(
    decision.sentence,
    Contains("promote v8: its accuracy is better by 0.1 (0.0") &&
      Contains("on 4000 units") && Contains("against a bound of 32.9") &&
      Contains("error rate 0.0304, experiment 1 of the series") &&
      Contains("no guardrail loses more than is allowed"));
  CHECK(decision.warning.empty());
}

TEST_CASE("what is not shown is not promoted", "[experiment]") {
  SECTION("a gain that is small for so few units") {
    const auto decision = judge(one_challenger(0.02, 0, 4000));
    CHECK(decision.verdict == verdict::keep_running);
    CHECK(decision.challengers[0].reason_metric == "accuracy");
    CHECK_THAT(
      decision.sentence,
      Contains("keep running: after 4000 units in 1d 6h") &&
        Contains("v8 is better by 0.02"));
  }
  SECTION("a guardrail whose loss is not ruled out") {
    const auto decision = judge(one_challenger(0.1, -0.04, 4000));
    CHECK(decision.verdict == verdict::keep_running);
    CHECK(decision.challengers[0].reason_metric == "fast");
    CHECK_THAT(
      decision.sentence,
      Contains("but a loss of fast is not ruled out") &&
        Contains("against a bound of 20"));
  }
  SECTION("fewer units in an arm than are asked for") {
    auto in = one_challenger(0.1, 0, 4000);
    in.rule.min_units = 2001;
    const auto decision = judge(in);
    CHECK(decision.verdict == verdict::keep_running);
    CHECK(decision.challengers[0].passes);
    CHECK_THAT(
      decision.sentence, Contains("a promotion needs 2001 units in each arm"));
    in.rule.min_units = 2000;
    CHECK(judge(in).verdict == verdict::promote);
  }
  SECTION("a week that is not over") {
    auto in = one_challenger(0.1, 0, 4000);
    in.rule.min_duration = hours{24 * 7};
    CHECK(judge(in).verdict == verdict::keep_running);
    in.elapsed = hours{24 * 7};
    CHECK(judge(in).verdict == verdict::promote);
  }
  SECTION("a late experiment of the series without a promotion before") {
    auto in = one_challenger(0.07, 0, 3000);
    CHECK(judge(in).verdict == verdict::promote);
    in.trial = 30;
    CHECK(judge(in).verdict == verdict::keep_running);
    in.promoted_before = 29;
    CHECK(judge(in).verdict == verdict::promote);
  }
}

TEST_CASE("no loss can be asked for instead of a gain", "[experiment]") {
  auto in = one_challenger(0, 0, 20'000);
  CHECK(judge(in).verdict == verdict::keep_running);
  in.rule.primary.min_effect = -0.05;
  CHECK(judge(in).verdict == verdict::promote);
}

TEST_CASE("harm rolls back, on any metric and at any size", "[experiment]") {
  const auto on_primary = judge(one_challenger(-0.7, 0, 60));
  CHECK(on_primary.verdict == verdict::rolled_back);
  CHECK(on_primary.challengers[0].harmful);
  CHECK(on_primary.challengers[0].reason_metric == "accuracy");
  CHECK_THAT(
    on_primary.sentence,
    Contains("no challenger is left; v8 does harm: its accuracy is "
             "worse by 0.667") &&
      Contains("on 60 units") && Contains("against a bound of 400") &&
      Contains("error rate 0.005 over 2 metrics"));
  // Although the primary metric gains.
  const auto on_guardrail = judge(one_challenger(0.2, -0.4, 4000));
  CHECK(on_guardrail.verdict == verdict::rolled_back);
  CHECK(on_guardrail.challengers[0].reason_metric == "fast");
  // Also when the caps are reached, and after units were counted no more.
  auto late = one_challenger(-0.7, 0, 60);
  late.rule.max_units = 10;
  CHECK(judge(late).verdict == verdict::rolled_back);
}

TEST_CASE("arms without their shares make it invalid", "[experiment]") {
  // Before anything else: this one would be promoted, that one rolled back.
  for (const auto gain : {0.2, -0.6}) {
    auto in = one_challenger(gain, 0, 4000);
    in.assigned = {{{0.5, 0.5}, {2400, 2000}}};
    const auto assigned = judge(in);
    CHECK(assigned.verdict == verdict::invalid);
    CHECK_THAT(
      assigned.sentence,
      Contains("units that were assigned") &&
        Contains("against a bound of 3e+03"));
    in = one_challenger(gain, 0, 4000);
    in.matured = {{{0.5, 0.5}, {2000, 1600}}};
    CHECK_THAT(judge(in).sentence, Contains("units that matured"));
    in = one_challenger(gain, 0, 4000);
    in.assigned.push_back({{1, 0}, {10, 1}});
    CHECK_THAT(judge(in).sentence, Contains("no share of the traffic"));
    in = one_challenger(gain, 0, 4000);
    in.excluded = 8; // Twice what may be is no evidence yet.
    CHECK(judge(in).verdict != verdict::invalid);
    in.excluded = 40;
    const auto excluded = judge(in);
    CHECK(excluded.verdict == verdict::invalid);
    CHECK_THAT(
      excluded.sentence,
      Contains("0.99 % of the units have no logged propensity") &&
        Contains("against a bound of 3e+03"));
  }
}

TEST_CASE("it always ends", "[experiment]") {
  auto in = one_challenger(0.01, 0, 4000);
  in.rule.max_units = 4000;
  const auto by_units = judge(in);
  CHECK(by_units.verdict == verdict::keep_champion);
  CHECK_THAT(
    by_units.sentence,
    Contains("keep the champion: after 4000 units") &&
      Contains("the most that is allowed (4000 units)") &&
      Contains("v8 is better by 0.01"));
  in.rule.max_units = 4001;
  CHECK(judge(in).verdict == verdict::keep_running);
  in.elapsed = in.rule.max_duration;
  const auto by_time = judge(in);
  CHECK(by_time.verdict == verdict::keep_champion);
  CHECK_THAT(by_time.sentence, Contains("the most that is allowed (28d)"));
  // Nothing came at all.
  experiment_inputs empty;
  empty.rule.primary.name = "accuracy";
  empty.challengers = {{"v8", false, {pair_evidence{}}}};
  CHECK(judge(empty).verdict == verdict::keep_running);
  CHECK_THAT(judge(empty).sentence, Contains("not measured yet"));
  empty.elapsed = hours{24 * 28};
  CHECK(judge(empty).verdict == verdict::keep_champion);
}

TEST_CASE("of several challengers the best for certain wins", "[experiment]") {
  const auto both = judge(two_challengers(0.1, 0.15, 4000));
  CHECK(both.verdict == verdict::promote);
  CHECK(both.winner == "v9");
  CHECK(both.promote_bound == Approx(std::log(2 / 0.0303963550927013)));
  CHECK_THAT(both.sentence, Contains("with 2 challengers"));
  CHECK(judge(two_challengers(0.15, 0.1, 4000)).winner == "v8");
  // One that does harm is out, and does not end it for the other.
  const auto one_left = judge(two_challengers(-0.5, 0.02, 4000));
  CHECK(one_left.verdict == verdict::keep_running);
  CHECK(one_left.challengers[0].harmful);
  CHECK_FALSE(one_left.challengers[1].harmful);
  CHECK_THAT(
    one_left.sentence,
    Contains("v9 is better by 0.02") &&
      Contains("; v8 does harm: its accuracy is worse by 0.5"));
  CHECK(judge(two_challengers(-0.5, 0.15, 4000)).winner == "v9");
  CHECK(
    judge(two_challengers(-0.5, -0.5, 4000)).verdict == verdict::rolled_back);
  // Out is out, whatever its evidence says later.
  auto in = two_challengers(0.15, 0.02, 4000);
  in.challengers[0].rolled_back = true;
  CHECK(judge(in).verdict == verdict::keep_running);
}

TEST_CASE("units that were taken back are worth a warning", "[experiment]") {
  auto in = one_challenger(0.1, 0, 4000);
  in.challengers[0].metrics[0].taken_back = 40;
  CHECK(judge(in).warning.empty());
  in.challengers[0].metrics[0].taken_back = 41;
  CHECK_THAT(judge(in).warning, Contains("1 % of the units were taken back"));
  CHECK(judge(in).verdict == verdict::promote);
}

TEST_CASE("a decision is verified to the bit", "[experiment]") {
  const auto in = one_challenger(0.1, 0, 4000);
  const auto decision = judge(in);
  const auto refused = [&](const auto& recorded, const std::string& text) {
    const auto verified = verify_decision(recorded, in);
    REQUIRE_FALSE(verified.ok());
    CHECK(verified.err().code == errc::conflict);
    CHECK_THAT(verified.err().message, Contains(text));
  };
  auto other = decision;
  other.challengers[0].metrics[1].harm =
    std::nextafter(other.challengers[0].metrics[1].harm, 0);
  refused(other, "v8, fast: harm was");
  other = decision;
  other.units -= 1;
  refused(other, "units was 3999 when the decision was made, and is 4000");
  other = decision;
  other.verdict = verdict::keep_champion;
  refused(other, "verdict was keep champion");
  other = decision;
  other.challengers[0].metrics[0].effect.reset();
  refused(other, "v8, accuracy: effect was none");
  other = decision;
  other.challengers.clear();
  refused(other, "");
  other = decision;
  other.formulas = 99;
  refused(other, "formulas 99");
  // One unit more in the history than when it was made.
  auto more = in;
  REQUIRE(open_epoch(more.challengers[0].metrics[0], 0.5).ok());
  REQUIRE(add(more.challengers[0].metrics[0], {arm::champion, 1, {}}).ok());
  CHECK_FALSE(verify_decision(decision, more).ok());
}

TEST_CASE("experiments that make no sense are refused", "[experiment]") {
  const auto sound = one_challenger(0.1, 0, 400);
  const auto refused = [](const experiment_inputs& in) {
    const auto decision = evaluate_experiment(in);
    REQUIRE_FALSE(decision.ok());
    CHECK(decision.err().code == errc::invalid_argument);
  };
  const auto with = [&](auto change) {
    auto in = sound;
    change(in);
    refused(in);
  };
  with([](auto& in) { in.challengers.clear(); });
  with([](auto& in) { in.challengers[0].metrics.pop_back(); });
  with([](auto& in) { in.challengers[0].metrics[0].rule.min_propensity = 0; });
  with([](auto& in) { in.rule.alpha = 0; });
  with([](auto& in) { in.rule.guardrail_alpha = 1; });
  with([](auto& in) { in.rule.harm_alpha = std::nan(""); });
  with([](auto& in) { in.rule.ratio_alpha = -1; });
  with([](auto& in) { in.rule.primary.min_effect = 1; });
  with([](auto& in) { in.rule.guardrails[0].min_effect = -2; });
  with([](auto& in) { in.rule.guardrails[0].plan.planned_units = 0; });
  with([](auto& in) { in.rule.max_units = 0; });
  with([](auto& in) { in.rule.max_duration = duration::zero(); });
  with([](auto& in) { in.trial = 0; });
  with([](auto& in) { in.promoted_before = 1; });
  with([](auto& in) { in.assigned = {{{1. / 3, 1. / 3, 1. / 3}, {1, 1, 1}}}; });
  with([](auto& in) { in.matured = {{{0.5, 0.6}, {1, 1}}}; });
}

TEST_CASE("two equal challengers are rarely promoted", "[experiment][rates]") {
  // The whole decision, asked every 10 units of 3,000, at an error rate of 0.2
  // so that it has room to be wrong.
  const auto runs = run_count(60);
  std::uint64_t promoted = 0;
  std::uint64_t rolled_back = 0;
  for (auto seed = first_seed(); seed < first_seed() + runs; ++seed) {
    unit_draws draws{seed};
    auto in = two_challengers(0, 0, 0);
    in.rule.alpha = 0.2 / 0.6079271018540267; // 0.2 for the first.
    in.rule.max_units = 3000;
    in.matured = {{{1. / 3, 1. / 3, 1. / 3}, {0, 0, 0}}};
    in.assigned = in.matured;
    for (auto& challenger : in.challengers)
      challenger.metrics[0] = {{0.5, 0}, {}, {}, 0};
    experiment_decision decision;
    std::uint64_t epoch_end = 0;
    for (std::uint64_t n = 0; decision.verdict == verdict::keep_running; ++n) {
      if (n == epoch_end) {
        for (auto& challenger : in.challengers)
          must(open_epoch(challenger.metrics[0], 0.5));
        epoch_end += epoch_limit(n);
      }
      const auto served = static_cast<std::size_t>(3 * draws.next());
      const auto outcome = draws.happens(0.6) ? 1.0 : 0.0;
      in.matured[0].counts[served] += 1;
      in.assigned[0].counts[served] += 1;
      for (std::size_t k = 0; k < 2; ++k)
        if (served == 0)
          must(add(in.challengers[k].metrics[0], {arm::champion, outcome, {}}));
        else if (served == k + 1)
          must(
            add(in.challengers[k].metrics[0], {arm::challenger, outcome, {}}));
      if (n % 10 == 9)
        decision = *evaluate_experiment(in);
    }
    promoted += decision.verdict == verdict::promote ? 1 : 0;
    rolled_back += decision.verdict == verdict::rolled_back ? 1 : 0;
  }
  const auto share = static_cast<double>(promoted) / static_cast<double>(runs);
  WARN(
    "equal challengers: " << share << " promoted at 0.2, " << rolled_back
                          << " of " << runs << " rolled back");
  CHECK(share <= 0.2 + three_errors(0.2, runs));
  CHECK(rolled_back <= 1 + runs / 50);
}
