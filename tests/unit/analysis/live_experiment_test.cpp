#include "analysis/live_experiment.hpp"

#include "analysis/hash.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <numeric>
#include <string>
#include <vector>

using namespace ratchet;
using namespace ratchet::analysis;
using namespace std::chrono_literals;
using verdict = experiment_verdict;

namespace {

const auto start = from_ms(1'790'000'000'000);

experiment_settings settings() {
  experiment_settings made;
  made.rule.primary.name = "accuracy";
  made.rule.min_units = 50;
  return made;
}

live_experiment
begun(experiment_settings how, std::vector<std::string> names = {"2"}) {
  return *begin_experiment(std::move(how), names, 1, 0, start);
}

/// `n` units of each open arm in turn, whose outcomes are right at the arm's
/// rate, spread evenly.
void mature(
  live_experiment& experiment, std::size_t n, std::vector<double> rates) {
  std::vector<double> owed(rates.size(), 0.5);
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t k = 0; k < rates.size(); ++k) {
      if (experiment.shares[k] == 0)
        continue;
      owed[k] += rates[k];
      const auto right = owed[k] >= 1;
      owed[k] -= right ? 1 : 0;
      REQUIRE(count_assigned(experiment, k, experiment.shares));
      REQUIRE(
        count_matured(experiment, {k, experiment.shares, {right ? 1.0 : 0.0}}));
    }
}

} // namespace

TEST_CASE("units get their arms in the shares asked for", "[experiment]") {
  const std::vector<double> shares{0.5, 0.3, 0.2};
  std::array<double, 3> counts{};
  for (int i = 0; i < 100'000; ++i)
    ++counts[assign_arm("user-" + std::to_string(i), "digits.7", shares)];
  // Four standard errors.
  CHECK(counts[0] / 1e5 == Approx(0.5).margin(0.0064));
  CHECK(counts[1] / 1e5 == Approx(0.3).margin(0.0058));
  CHECK(counts[2] / 1e5 == Approx(0.2).margin(0.0051));
  CHECK(assign_arm("u", "s", std::vector<double>{0, 1, 0}) == 1);
}

TEST_CASE("units move only to arms that gained", "[experiment]") {
  const std::vector<double> before{0.9, 0.05, 0.05};
  const std::vector<double> after{0.5, 0.3, 0.2};
  std::size_t moved = 0;
  for (int i = 0; i < 20'000; ++i) {
    const auto unit = std::to_string(i);
    const auto was = assign_arm(unit, "x", before);
    const auto is = assign_arm(unit, "x", after);
    moved += was != is ? 1 : 0;
    // Champion lost; the first challenger gained most.
    if (was != 0)
      REQUIRE(is != 0);
    if (was == 1)
      REQUIRE(is == 1);
  }
  // No more move than have to, but for challenger 2, which loses to 1.
  CHECK(moved / 20'000.0 == Approx(0.4).margin(0.02));
}

TEST_CASE("another experiment draws its units afresh", "[experiment]") {
  const std::vector<double> half{0.5, 0.5};
  int same = 0;
  for (int i = 0; i < 10'000; ++i) {
    const auto unit = std::to_string(i);
    same += assign_arm(unit, "a", half) == assign_arm(unit, "b", half) ? 1 : 0;
  }
  CHECK(same / 10'000.0 == Approx(0.5).margin(0.02));
}

TEST_CASE("a ramp raises the challenger's share step by step", "[experiment]") {
  auto how = settings();
  how.ramp = {{0.05, 1h}, {0.25, 4h}, {0.5, {}}};
  const auto e = begun(how);
  CHECK(e.shares == std::vector<double>{0.95, 0.05});
  CHECK(shares_due(e, start + 1h - 1ms) == e.shares);
  CHECK(shares_due(e, start + 1h) == std::vector<double>{0.75, 0.25});
  CHECK(shares_due(e, start + 5h) == std::vector<double>{0.5, 0.5});
  CHECK(shares_due(e, start + 500h) == std::vector<double>{0.5, 0.5});
}

TEST_CASE("what the scores can count on of the shares", "[experiment]") {
  auto how = settings();
  CHECK(least_propensity(how, 1) == 0.5);
  // A third each of the challengers' half, against the champion's.
  CHECK(least_propensity(how, 3) == Approx(0.25));
  how.ramp = {{0.05, 1h}, {0.5, {}}};
  CHECK(least_propensity(how, 1) == Approx(0.05));
  how.ramp = {{0.9, {}}};
  CHECK(least_propensity(how, 1) == Approx(0.1));
  how.ramp = {{0.5, {}}};
  how.allocation = {.method = allocation_method::thompson, .floor = 0.2};
  CHECK(least_propensity(how, 2) == Approx(0.1 / 0.6));
}

TEST_CASE("a gain is promoted, a loss taken back", "[experiment]") {
  auto better = begun(settings());
  mature(better, 400, {0.5, 0.8});
  const auto promoted = judge(better, start + 1h);
  REQUIRE(promoted);
  CHECK(promoted->verdict == verdict::promote);
  CHECK(promoted->winner == "2");
  CHECK(verify_decision(*promoted, inputs_of(better, start + 1h)));

  auto worse = begun(settings());
  mature(worse, 30, {0.9, 0.2});
  const auto harmful = judge(worse, start + 1h);
  REQUIRE(harmful);
  CHECK(harmful->verdict == verdict::rolled_back);
  CHECK(worse.challengers[0].rolled_back);
  // Nobody is served by it from here on.
  CHECK(shares_due(worse, start + 1h) == std::vector<double>{1, 0});
}

TEST_CASE("one of two does harm, and the other goes on", "[experiment]") {
  auto e = begun(settings(), {"2", "3"});
  CHECK(e.shares == std::vector<double>{0.5, 0.25, 0.25});
  mature(e, 60, {0.9, 0.1, 0.9});
  const auto decision = judge(e, start + 1h);
  REQUIRE(decision);
  CHECK(decision->verdict == verdict::keep_running);
  CHECK(e.challengers[0].rolled_back);
  CHECK_FALSE(e.challengers[1].rolled_back);
  const auto due = shares_due(e, start + 1h);
  CHECK(due == std::vector<double>{0.5, 0, 0.5});
  set_shares(e, due);
  mature(e, 60, {0.5, 0, 0.9});
  CHECK(e.challengers[1].metrics[0].sums.challenger_units == 120);
  CHECK(e.challengers[0].metrics[0].sums.challenger_units == 60);
}

TEST_CASE("shares follow the rule, and rest in between", "[experiment]") {
  auto how = settings();
  how.allocation.method = allocation_method::thompson;
  how.allocation.nursery_units = 100;
  how.allocation_units = 300;
  how.ramp = {{0.6, {}}};
  auto e = begun(how, {"2", "3"});
  mature(e, 99, {0.7, 0.5, 0.9});
  CHECK(shares_due(e, start + 1h) == e.shares);
  mature(e, 101, {0.7, 0.5, 0.9});
  const auto due = shares_due(e, start + 1h);
  CHECK(due[0] == Approx(0.4));
  CHECK(due[1] + due[2] == Approx(0.6));
  CHECK(due[2] > due[1]);
  CHECK(due[1] >= how.min_propensity);
  set_shares(e, due);
  CHECK(shares_due(e, start + 1h) == due);
}

TEST_CASE("each change of the shares is an epoch", "[experiment]") {
  auto how = settings();
  how.ramp = {{0.25, 1h}, {0.5, {}}};
  auto e = begun(how);
  mature(e, 10, {1, 1});
  set_shares(e, shares_due(e, start + 1h));
  mature(e, 10, {1, 1});
  REQUIRE(e.matured.size() == 2);
  CHECK(e.matured[0].probabilities == std::vector<double>{0.75, 0.25});
  CHECK(e.matured[1].counts == std::vector<std::uint64_t>{10, 10});
  const auto& frames = e.challengers[0].metrics[0].frames;
  REQUIRE(frames.size() == 2);
  CHECK(frames[0].propensity == 0.25);
  CHECK(frames[1].propensity == 0.5);
  CHECK(frames[1].units_before == 20);
}

TEST_CASE("a unit that is not sound changes nothing", "[experiment]") {
  auto e = begun(settings());
  const std::vector<double> half{0.5, 0.5};
  CHECK_FALSE(count_assigned(e, 2, half));
  CHECK_FALSE(count_assigned(e, 0, std::vector<double>{0.5, 0.6}));
  CHECK_FALSE(count_matured(e, {0, half, {1.5}}));
  CHECK_FALSE(count_matured(e, {0, half, {}}));
  CHECK_FALSE(count_matured(e, {0, {0.99, 0.01}, {1.0}}));
  CHECK(e.assigned.empty());
  CHECK(e.matured.empty());
  CHECK(e.challengers[0].metrics[0].frames.empty());
  // Without its shares a unit is left out, and counted.
  CHECK(count_matured(e, {0, {}, {1.0}}));
  CHECK(e.excluded == 1);
  // Without an answer it is a unit, and tells nothing of the metric.
  CHECK(count_matured(e, {0, half, {std::nullopt}}));
  CHECK(e.matured[0].counts[0] == 1);
  CHECK(e.challengers[0].metrics[0].sums.units() == 0);
}

TEST_CASE("settings that cannot be are refused", "[experiment]") {
  const auto refused = [](auto change, std::size_t challengers = 1) {
    auto how = settings();
    change(how);
    return !check(how, challengers).ok();
  };
  CHECK_FALSE(refused([](auto&) {}));
  CHECK(refused([](auto&) {}, 0));
  CHECK(refused([](auto&) {}, 11)); // 0.05 for each is more than 0.5.
  CHECK(refused([](auto& s) { s.min_propensity = 0; }));
  CHECK(refused([](auto& s) { s.harm_margins = {0, 0}; }));
  CHECK(refused([](auto& s) { s.ramp.clear(); }));
  CHECK(refused([](auto& s) { s.ramp = {{0.01, {}}}; }));
  CHECK(refused([](auto& s) { s.ramp = {{0.99, {}}}; }));
  CHECK(refused([](auto& s) { s.ramp = {{0.5, 1h}, {0.2, {}}}; }));
  CHECK(refused([](auto& s) { s.ramp = {{0.2, 0h}, {0.5, {}}}; }));
  CHECK(refused([](auto& s) { s.allocation.max_factor = 0; }));
}
