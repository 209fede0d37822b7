#include "analysis/preference.hpp"

#include "tests/unit/analysis/simulation.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

using namespace ratchet;
using namespace ratchet::analysis;
using namespace ratchet::analysis::testing;
using Catch::Matchers::Contains;

namespace {

void meet(
  std::vector<comparison>& all, const std::string& first,
  const std::string& second, int wins, int losses) {
  for (int i = 0; i < wins + losses; ++i)
    all.push_back({first, second, i < wins ? 1. : 0., {}});
}

/// The example of Wikipedia, Bradley-Terry model (2024).
std::vector<comparison> four_teams() {
  std::vector<comparison> all;
  meet(all, "A", "B", 2, 3);
  meet(all, "A", "D", 1, 4);
  meet(all, "B", "C", 5, 3);
  meet(all, "C", "D", 1, 3);
  return all;
}

strength_table fit(const std::vector<comparison>& all) {
  auto table = bradley_terry(all);
  REQUIRE(table.ok());
  return *table;
}

std::vector<length_pair> ten_pairs() {
  return {{1, 300},   {0.8, 120}, {0.3, -50}, {0, -200}, {0.6, 80},
          {0.1, -20}, {1, 10},    {0.4, 200}, {0, -310}, {0.7, 5}};
}

} // namespace

TEST_CASE("strengths are the published ones", "[preference]") {
  const auto table = fit(four_teams());
  REQUIRE(table.items.size() == 4);
  CHECK_FALSE(table.separated);
  // Wikipedia: 0.640, 1.043, 0.660, 2.270. Digits beyond and errors: mpmath
  // 1.3, Newton's method and the sandwich.
  const double strengths[]{
    -0.44654511234975, 0.042402695128537, -0.41580292274009, 0.8199453399613};
  const double errors[]{
    0.54434286385863, 0.48465467896199, 0.5281730161436, 0.62396944962661};
  const double published[]{0.640, 1.043, 0.660, 2.270};
  for (std::size_t i = 0; i < 4; ++i) {
    const auto& item = table.items[i];
    CHECK(item.strength == Approx(strengths[i]).margin(1e-10));
    CHECK(item.standard_error == Approx(errors[i]).epsilon(1e-8));
    CHECK(std::exp(item.strength) == Approx(published[i]).margin(6e-4));
    CHECK(item.elo == Approx(item.strength * 173.717792761));
  }
  const auto gap = difference_of(table, 3, 0);
  CHECK(gap.difference == Approx(0.8199453399613 + 0.44654511234975));
  CHECK(gap.standard_error == Approx(0.89261308920902).epsilon(1e-8));
  CHECK(gap.win_probability == Approx(1 / (1 + std::exp(-gap.difference))));
}

TEST_CASE("baseball of 1987 comes out as in Agresti", "[preference]") {
  // Agresti, Categorical Data Analysis, table 10.10 (2nd edition): wins of row
  // over column; strengths against Baltimore.
  const std::vector<std::string> teams{"Milwaukee", "Detroit", "Toronto",
                                       "New York",  "Boston",  "Cleveland",
                                       "Baltimore"};
  const int wins[7][7]{{0, 7, 9, 7, 7, 9, 11}, {6, 0, 7, 5, 11, 9, 9},
                       {4, 6, 0, 7, 7, 8, 12}, {6, 8, 6, 0, 6, 7, 10},
                       {6, 2, 6, 7, 0, 7, 12}, {4, 4, 5, 6, 6, 0, 6},
                       {2, 4, 1, 3, 1, 7, 0}};
  std::vector<comparison> all;
  for (std::size_t i = 0; i < 7; ++i)
    for (std::size_t j = 0; j < 7; ++j)
      meet(all, teams[i], teams[j], wins[i][j], 0);
  const auto table = fit(all);
  const auto place = [&](const std::string& name) {
    return static_cast<std::size_t>(
      std::find_if(
        table.items.begin(), table.items.end(),
        [&](const auto& item) { return item.name == name; }) -
      table.items.begin());
  };
  const double published[]{1.58, 1.44, 1.29, 1.25, 1.11, 0.68, 0};
  for (std::size_t i = 0; i < 7; ++i)
    CHECK(
      difference_of(table, place(teams[i]), place("Baltimore")).difference ==
      Approx(published[i]).margin(0.0051));
}

TEST_CASE("turning pairs and their order leaves no trace", "[preference]") {
  auto all = four_teams();
  for (std::size_t i = 0; i < all.size(); ++i) {
    all[i].prompt = i % 3 == 0 ? "" : "p" + std::to_string(i % 5);
    if (i % 4 == 0)
      all[i].preference = 0.3;
  }
  const auto table = fit(all);
  auto other = all;
  std::reverse(other.begin(), other.end());
  for (auto& c : other)
    if (c.preference != 0.3) {
      std::swap(c.first, c.second);
      c.preference = 1 - c.preference;
    }
  const auto again = fit(other);
  for (std::size_t i = 0; i < table.items.size(); ++i) {
    CHECK(table.items[i].strength == again.items[i].strength);
    CHECK(table.items[i].standard_error == again.items[i].standard_error);
  }
}

TEST_CASE("pairs of one prompt count as one in the errors", "[preference]") {
  // Every pair ten times: the same strengths, and the same errors if the ten
  // are known to belong together, but smaller ones by sqrt(10) if not.
  const auto once = four_teams();
  std::vector<comparison> apart;
  std::vector<comparison> together;
  for (std::size_t i = 0; i < once.size(); ++i)
    for (int copy = 0; copy < 10; ++copy) {
      apart.push_back(once[i]);
      together.push_back(once[i]);
      together.back().prompt = "p" + std::to_string(i);
    }
  const auto expected = fit(once);
  const auto naive = fit(apart);
  const auto clustered = fit(together);
  for (std::size_t i = 0; i < 4; ++i) {
    const auto error = expected.items[i].standard_error;
    CHECK(
      clustered.items[i].strength ==
      Approx(expected.items[i].strength).margin(1e-5));
    CHECK(clustered.items[i].standard_error == Approx(error).epsilon(1e-5));
    CHECK(
      naive.items[i].standard_error ==
      Approx(error / std::sqrt(10)).epsilon(1e-5));
  }
}

TEST_CASE("the strengths' errors cover", "[preference][rates]") {
  // Three items in a row with true gaps of 0.5 and 1: 95 % intervals.
  const auto runs = run_count(200);
  std::uint64_t covered = 0;
  for (auto seed = first_seed(); seed < first_seed() + runs; ++seed) {
    unit_draws draws{seed};
    const double truth[]{0, 0.5, 1.5};
    const char* names[]{"a", "b", "c"};
    std::vector<comparison> all;
    for (int i = 0; i < 300; ++i) {
      const auto first = static_cast<std::size_t>(3 * draws.next());
      const auto second = (first + 1 + (draws.happens(0.5) ? 1 : 0)) % 3;
      const auto p = 1 / (1 + std::exp(truth[second] - truth[first]));
      all.push_back(
        {names[first], names[second], draws.happens(p) ? 1. : 0., {}});
    }
    const auto gap = difference_of(fit(all), 2, 0);
    covered += std::abs(gap.difference - 1.5) <= 1.96 * gap.standard_error;
  }
  const auto share = static_cast<double>(covered) / static_cast<double>(runs);
  CHECK(share >= 0.95 - three_errors(0.06, runs));
  CHECK(share <= 0.95 + three_errors(0.05, runs));
}

TEST_CASE("who never lost is marked and stays finite", "[preference]") {
  std::vector<comparison> all;
  meet(all, "best", "a", 3, 0);
  meet(all, "a", "b", 2, 2);
  const auto table = fit(all);
  CHECK(table.separated);
  CHECK(std::isfinite(table.items[2].strength));
  CHECK(table.items[2].strength > 5);
  // One tie is enough of a loss.
  all.push_back({"best", "b", 0.5, {}});
  CHECK_FALSE(fit(all).separated);
  CHECK(fit({{"a", "b", 1, {}}}).separated);
}

TEST_CASE("what nothing connects has no common scale", "[preference]") {
  std::vector<comparison> all;
  meet(all, "a", "b", 1, 1);
  meet(all, "c", "d", 1, 1);
  meet(all, "d", "e", 1, 1);
  const auto refused = bradley_terry(all);
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.err().code == errc::invalid_argument);
  CHECK_THAT(refused.err().message, Contains("a, b | c, d, e"));
  CHECK_FALSE(bradley_terry({}).ok());
  CHECK_FALSE(bradley_terry(std::vector{comparison{"a", "a", 1, {}}}).ok());
  for (const auto bad : {-0.1, 1.1, std::nan("")})
    CHECK_FALSE(bradley_terry(std::vector{comparison{"a", "b", bad, {}}}).ok());
}

TEST_CASE("a judge that contradicts itself calls a tie", "[preference]") {
  CHECK(settled_preference({1, 1}) == 1);
  CHECK(settled_preference({0.9, 0.7}) == Approx(0.8));
  CHECK(settled_preference({0, 0.2}) == Approx(0.1));
  CHECK(settled_preference({1, 0}) == 0.5);
  CHECK(settled_preference({0.5, 1}) == 0.5);
}

TEST_CASE("being shown first is measured", "[preference]") {
  // By hand: shifts 0, 0.5, 0.5, 0, mean 0.25, deviation sqrt(1/12).
  const auto bias =
    position_bias_of(std::vector<judged_pair>{{1, 1}, {1, 0}, {1, 0}, {0, 0}});
  CHECK(bias.pairs == 4);
  CHECK(bias.disagreements == 2);
  CHECK(bias.shift == Approx(0.25));
  CHECK(*bias.standard_error == Approx(std::sqrt(1. / 12) / 2));
  CHECK_FALSE(
    position_bias_of(std::vector<judged_pair>{{1, 0}}).standard_error);
  CHECK(position_bias_of({}).pairs == 0);
}

TEST_CASE("a win rate is a mean with its error", "[preference]") {
  // As in AlpacaEval, whose preferences are these plus 1: share and standard
  // error in parts of 1; mpmath 1.3 for the ten pairs.
  const auto rate = win_rate_of(ten_pairs());
  REQUIRE(rate.ok());
  CHECK(rate->pairs == 10);
  CHECK(rate->wins == 5);
  CHECK(rate->draws == 0);
  CHECK(rate->share == Approx(0.49));
  CHECK(rate->standard_error == Approx(0.12242911781471).epsilon(1e-10));
}

TEST_CASE("length is taken out by the penalized regression", "[preference]") {
  // mpmath 1.3, the same model: level -0.19268789456518.
  auto pairs = ten_pairs();
  const auto rate = win_rate_of(pairs);
  REQUIRE(rate->length_controlled);
  CHECK(*rate->length_controlled == Approx(0.45197652163477).epsilon(1e-10));
  CHECK(
    *rate->length_controlled_error == Approx(0.099624893615509).epsilon(1e-8));
  CHECK_FALSE(rate->needs_review);
  std::reverse(pairs.begin(), pairs.end());
  CHECK(*win_rate_of(pairs)->length_controlled == *rate->length_controlled);
}

TEST_CASE("wins by length alone are found out", "[preference]") {
  // Whoever is longer wins with 0.9, the challenger is longer in 7 of 10, and
  // is worse at equal lengths.
  unit_draws draws{4};
  std::vector<length_pair> pairs;
  for (int i = 0; i < 2000; ++i) {
    const auto longer = draws.happens(0.7);
    const auto extra = (longer ? 200 : -200) * (0.5 + draws.next());
    const auto wins = draws.happens(longer ? 0.75 : 0.1);
    pairs.push_back({wins ? 1. : 0., extra});
  }
  const auto rate = win_rate_of(pairs);
  CHECK(rate->share > 0.52);
  CHECK(*rate->length_controlled < 0.45);
  CHECK(rate->needs_review);
}

TEST_CASE("lengths that tell nothing change nothing", "[preference]") {
  std::vector<length_pair> pairs(6, {1, 50});
  pairs[0].preference = 0;
  CHECK_FALSE(win_rate_of(pairs)->length_controlled);
  // All wins: nothing to correct, and no number runs away.
  for (auto& pair : pairs)
    pair.preference = 1;
  pairs[1].extra_length = -50;
  const auto rate = win_rate_of(pairs);
  CHECK(rate->share == 1);
  CHECK(*rate->length_controlled > 0.999);
  CHECK(*rate->length_controlled <= 1);
}

TEST_CASE("pairs that make no sense have no win rate", "[preference]") {
  CHECK_FALSE(win_rate_of({}).ok());
  CHECK_FALSE(win_rate_of(std::vector<length_pair>{{1, 1}}).ok());
  CHECK_FALSE(win_rate_of(std::vector<length_pair>{{1, 1}, {1.5, 1}}).ok());
  CHECK_FALSE(
    win_rate_of(std::vector<length_pair>{{1, 1}, {1, std::nan("")}}).ok());
}
