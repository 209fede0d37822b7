#include "analysis/off_policy.hpp"

#include "tests/unit/analysis/open_bandit.hpp"
#include "tests/unit/analysis/simulation.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <span>
#include <vector>

using namespace ratchet;
using namespace ratchet::analysis;
using namespace ratchet::analysis::testing;
using Catch::Matchers::Contains;
using refusal = off_policy_refusal;

namespace {

off_policy_estimate
judge(const std::vector<logged_decision>& rows, const off_policy_rule& rule) {
  auto e = estimate_off_policy(rows, rule);
  REQUIRE(e.ok());
  UNSCOPED_INFO(e->sentence);
  return *e;
}

/// Two actions with rates 0.3 and 0.6; the logged policy takes the second with
/// 0.2, the other one with 0.8: it earns 0.54, the logged one 0.36.
std::vector<logged_decision>
two_actions(std::uint64_t seed, std::size_t n, bool with_model) {
  unit_draws draws{seed};
  std::vector<logged_decision> rows;
  for (std::size_t i = 0; i < n; ++i) {
    const auto second = draws.happens(0.2);
    logged_decision row;
    row.logged = second ? 0.2 : 0.8;
    row.target = second ? 0.8 : 0.2;
    row.reward = draws.happens(second ? 0.6 : 0.3) ? 1 : 0;
    // Off by 0.05, so that it must be corrected.
    if (with_model)
      row.model = reward_model{second ? 0.55 : 0.35, 0.2 * 0.35 + 0.8 * 0.55};
    rows.push_back(row);
  }
  return rows;
}

} // namespace

TEST_CASE("a small log's estimates are those by hand", "[off_policy]") {
  // 480 rows of four kinds, 120 each.
  std::vector<logged_decision> rows;
  for (int i = 0; i < 120; ++i)
    for (const auto& [w, r] : {std::pair{2., 1.}, {2., 0.}, {.5, 1.}, {.5, 0.}})
      rows.push_back({0.25, 0.25 * w, r, reward_model{0.5, 0.5}});
  off_policy_rule rule;
  rule.clip = 1;
  // The mean weight is 1.25: the probabilities of the log are not right.
  const auto refused = judge(rows, rule);
  CHECK(refused.refusal == refusal::weights_do_not_fit);
  CHECK(refused.mean_weight.value == Approx(1.25));
  CHECK(
    refused.mean_weight.standard_error ==
    Approx(std::sqrt(0.5625 / 479)).epsilon(1e-12));
  // With 240 more rows of weight 0.5 it is 1.
  for (int i = 0; i < 240; ++i)
    rows.push_back({0.5, 0.25, i % 2 == 0 ? 1. : 0., reward_model{0.5, 0.5}});
  const auto e = judge(rows, rule);
  REQUIRE(e.refusal == refusal::none);
  CHECK(e.mean_weight.value == Approx(1));
  // Sums over 720 rows: w = 720, w^2 = 240 * 4 + 480 * 0.25 = 1080.
  CHECK(e.effective == Approx(480));
  CHECK(e.largest_share == Approx(2. / 720));
  // w r: 120 * 2 + 240 * 0.5 = 360 of 720.
  CHECK(e.weighted->value == Approx(0.5));
  CHECK(e.normalized->value == Approx(0.5));
  // The root of the sum of w^2 (r - 0.5)^2 = 1080 / 4, over the sum of w.
  CHECK(e.normalized->standard_error == Approx(std::sqrt(270.) / 720));
  // 0.5 + w (r - 0.5): the deviations are w / 2.
  CHECK(e.doubly_robust->value == Approx(0.5));
  CHECK(e.doubly_robust->standard_error == Approx(std::sqrt(270. / 719 / 720)));
  // Clipped at 1, w r is 1 on 120 rows and 0.5 on 240.
  CHECK(e.clipped_away == Approx(0.5 - 1. / 3));
  const auto variance = (120 + 240 * 0.25 - 720 / 9.) / 719;
  CHECK(
    *e.lower ==
    Approx(
      1. / 3 - std::sqrt(2 * variance * std::log(40) / 720) -
      7 * std::log(40) / (3 * 719)));
}

TEST_CASE("a real log's estimates are the reference's", "[off_policy]") {
  // The random log says what Thompson sampling would have earned, taking for
  // its probabilities how often it showed each item at each position.
  // Reference: Python 3.11, from the formulas, on the same rows. In truth it
  // earned 0.0069 on its own 10,000 rows, the random policy 0.0046.
  std::vector<logged_decision> rows;
  for (std::size_t position = 0; position < 3; ++position) {
    const auto cells = std::span{bandit_log}.subspan(34 * position, 34);
    double shown = 0;
    for (const auto& cell : cells)
      shown += cell.shown_by_ts;
    for (const auto& cell : cells)
      for (std::uint32_t i = 0; i < cell.shown; ++i)
        rows.push_back(
          {1. / 34, cell.shown_by_ts / shown, i < cell.clicked ? 1. : 0., {}});
  }
  REQUIRE(rows.size() == 10'000);
  const auto e = judge(rows, {});
  REQUIRE(e.refusal == refusal::none);
  CHECK(e.weighted->value == Approx(0.005656266700835461));
  CHECK(e.weighted->standard_error == Approx(0.0013975995323738768));
  CHECK(e.normalized->value == Approx(0.0057398647019513424));
  CHECK(e.effective == Approx(2869.2752717879634));
  CHECK(e.largest_share == Approx(0.0007594892195110001));
  CHECK(e.mean_weight.value == Approx(0.9854355450072784));
}

TEST_CASE("another policy's value is found", "[off_policy][rates]") {
  const auto runs = run_count(100);
  std::uint64_t below = 0;
  std::uint64_t near = 0;
  std::uint64_t near_with_model = 0;
  for (auto seed = first_seed(); seed < first_seed() + runs; ++seed) {
    const auto e = judge(two_actions(seed, 2000, true), {});
    REQUIRE(e.refusal == refusal::none);
    below += *e.lower <= 0.54 ? 1 : 0;
    const auto within = [](const value_estimate& v) {
      return std::abs(v.value - 0.54) <= 2.576 * v.standard_error ? 1 : 0;
    };
    near += within(*e.normalized);
    near_with_model += within(*e.doubly_robust);
    CHECK(e.normalized->standard_error < e.weighted->standard_error);
  }
  const auto count = static_cast<double>(runs);
  CHECK(static_cast<double>(below) / count >= 0.95 - three_errors(0.05, runs));
  // 99 %.
  CHECK(static_cast<double>(near) / count >= 0.99 - three_errors(0.02, runs));
  CHECK(
    static_cast<double>(near_with_model) / count >=
    0.99 - three_errors(0.02, runs));
}

TEST_CASE("the order of the log leaves no trace", "[off_policy]") {
  auto rows = two_actions(3, 1000, true);
  const auto forward = judge(rows, {});
  std::reverse(rows.begin(), rows.end());
  const auto backward = judge(rows, {});
  CHECK(forward.weighted->value == backward.weighted->value);
  CHECK(
    forward.doubly_robust->standard_error ==
    backward.doubly_robust->standard_error);
  CHECK(*forward.lower == *backward.lower);
  CHECK(forward.sentence == backward.sentence);
  CHECK_THAT(
    forward.sentence,
    Contains("would earn 0.602 (standard error ") &&
      Contains("on 1000 rows that count for"));
}

TEST_CASE("a log that cannot tell is refused with the reason", "[off_policy]") {
  const auto sound = two_actions(1, 1000, false);
  const auto with = [&](auto change) {
    auto rows = sound;
    change(rows);
    const auto e = judge(rows, {});
    CHECK_FALSE(e.weighted);
    CHECK_FALSE(e.normalized);
    CHECK_FALSE(e.lower);
    CHECK_THAT(e.sentence, Contains("no estimate: "));
    return e;
  };
  CHECK(judge(sound, {}).refusal == refusal::none);
  CHECK_FALSE(judge(sound, {}).doubly_robust);
  CHECK(with([](auto& r) { r.resize(199); }).refusal == refusal::too_few_rows);
  CHECK(with([](auto& r) { r.clear(); }).refusal == refusal::too_few_rows);
  CHECK(
    with([](auto& r) { r[7].logged = 0; }).refusal == refusal::no_propensity);
  const auto sure = with([](auto& rows) {
    for (auto& r : rows)
      r.logged = r.target = 1;
  });
  CHECK(sure.refusal == refusal::not_randomized);
  const auto one = with([](auto& r) { r[7].logged = 1e-6; });
  CHECK(one.refusal == refusal::one_row_decides);
  CHECK_THAT(one.sentence, Contains("% of all weight"));
  // 40 rows that the logged policy hardly ever does.
  const auto few = with([](auto& rows) {
    for (std::size_t i = 0; i < rows.size(); ++i) {
      rows[i].logged = i < 40 ? 0.04 : 0.96;
      rows[i].target = i < 40 ? 0.96 : 0.04;
    }
  });
  CHECK(few.refusal == refusal::small_effective);
  const auto wrong = with([](auto& rows) {
    for (auto& r : rows)
      r.logged = 0.5;
  });
  CHECK(wrong.refusal == refusal::weights_do_not_fit);
  const auto nothing = with([](auto& rows) {
    for (auto& r : rows)
      r.target = 0;
  });
  CHECK(nothing.refusal == refusal::small_effective);
}

TEST_CASE("rows and rules out of range are refused", "[off_policy]") {
  const auto refused =
    [](const logged_decision& row, const off_policy_rule& rule) {
      const auto e = estimate_off_policy(std::vector{row}, rule);
      REQUIRE_FALSE(e.ok());
      CHECK(e.err().code == errc::invalid_argument);
    };
  refused({0.5, 0.5, 1.1, {}}, {});
  refused({0.5, 0.5, -0.1, {}}, {});
  refused({1.5, 0.5, 1, {}}, {});
  refused({0.5, std::nan(""), 1, {}}, {});
  refused({0.5, 0.5, 1, reward_model{HUGE_VAL, 0}}, {});
  refused({0.5, 0.5, 1, {}}, {0});
  refused({0.5, 0.5, 1, {}}, {1, 0.5});
  refused({0.5, 0.5, 1, {}}, {1, 20, 0});
  refused({0.5, 0.5, 1, {}}, {1, 20, 0.05, 1});
}
