#include "analysis/slice_confirm.hpp"

#include "analysis/slices.hpp"
#include "tests/unit/analysis/simulation.hpp"
#include "tests/unit/analysis/slice_tables.hpp"

#include <catch2/catch.hpp>

#include <cmath>
#include <string>
#include <vector>

using namespace ratchet;
using namespace ratchet::analysis;

namespace {

struct halves {
  slice_table discovery;
  slice_table confirmation;
};

halves split(const slice_table& table) {
  std::vector<bool> keep;
  for (std::size_t i = 0; i < table.rows(); ++i)
    keep.push_back(in_discovery_half("unit-" + std::to_string(i), "areas"));
  auto other = keep;
  other.flip();
  return {select_rows(table, keep), select_rows(table, other)};
}

double mean_error(const slice_table& table) {
  return profile(table, {}).error;
}

/// What is found in one half and confirmed in the other.
std::vector<slice> confirmed_slices(const slice_table& table) {
  const auto [discovery, confirmation] = split(table);
  std::vector<slice> found;
  const auto search = find_slices(discovery, {.max_slices = 10});
  REQUIRE(search.ok());
  for (const auto& s : search->slices)
    found.push_back(s.predicates);
  const auto tests =
    confirm_slices(confirmation, found, mean_error(discovery) + 0.02, 0.1);
  REQUIRE(tests.ok());
  std::vector<slice> confirmed;
  for (std::size_t i = 0; i < found.size(); ++i)
    if ((*tests)[i].confirmed)
      confirmed.push_back(found[i]);
  return confirmed;
}

} // namespace

TEST_CASE("a slice's evidence is the mean of its bets", "[slices]") {
  // By hand: two errors and a success against a bound of .3.
  const slice_table table{
    .columns = {{"c", {"a", "b"}, {0, 0, 1, 0}}}, .errors = {1, 1, 0, 0}};
  double sum = 0;
  for (int j = 0; j < 8; ++j) {
    const auto bet = 3 * std::exp2(-j);
    sum += (1 + bet * 0.7) * (1 + bet * 0.7) * (1 - bet * 0.3);
  }
  const auto tests = confirm_slices(table, {{{0, 0}}}, 0.3);
  CHECK(tests->front().rows == 3);
  CHECK(*tests->front().error == Approx(2.0 / 3));
  CHECK(tests->front().ln_e == Approx(std::log(sum / 8)).epsilon(1e-12));
  CHECK_FALSE(tests->front().confirmed);
  // A slice that has no row here says nothing.
  const auto none = select_rows(table, {false, false, true, false});
  const auto empty = confirm_slices(none, {{{0, 0}}}, 0.3);
  CHECK(empty->front().rows == 0);
  CHECK_FALSE(empty->front().error);
  CHECK(empty->front().ln_e == 0);
}

TEST_CASE("the lower bound of a slice's error covers it", "[slices]") {
  const auto runs = testing::run_count(400);
  std::uint64_t missed = 0;
  double sum = 0;
  for (std::uint64_t seed = 1; seed <= runs; ++seed) {
    testing::random_values random{seed};
    slice_table table{.columns = {{"c", {"a"}, {}}}};
    for (int i = 0; i < 300; ++i) {
      table.columns[0].codes.push_back(0);
      table.errors.push_back(random.chance(0.3) ? 1 : 0);
    }
    const auto c = confirm_slices(table, {{{0, 0}}}, 0.2)->front();
    CHECK(c.error_low < *c.error);
    // It is where the evidence is just ln 20.
    const auto there = confirm_slices(table, {{{0, 0}}}, c.error_low)->front();
    CHECK(there.ln_e == Approx(std::log(20)).margin(1e-6));
    missed += c.error_low > 0.3 ? 1 : 0;
    sum += c.error_low;
  }
  CHECK(
    static_cast<double>(missed) / static_cast<double>(runs) <=
    0.05 + testing::three_errors(0.05, runs));
  // Near enough to be of use: two standard errors are .053.
  CHECK(sum / static_cast<double>(runs) > 0.2);
  const slice_table perfect{
    .columns = {{"c", {"a"}, {0, 0}}}, .errors = {0, 0}};
  CHECK(confirm_slices(perfect, {{{0, 0}}}, 0.2)->front().error_low == 0);
}

TEST_CASE("evidence does not depend on the order of rows", "[slices]") {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    CAPTURE(seed);
    testing::random_values random{seed};
    const auto table = testing::random_table(random, 200, 2, 3, 255, 0.3, 0.3);
    std::vector<std::size_t> order;
    for (std::size_t i = 0; i < 200; ++i)
      order.push_back(i);
    random.shuffle(order);
    auto shuffled = table;
    for (std::size_t i = 0; i < 200; ++i) {
      shuffled.errors[i] = table.errors[order[i]];
      for (std::size_t c = 0; c < 2; ++c)
        shuffled.columns[c].codes[i] = table.columns[c].codes[order[i]];
    }
    const std::vector<slice> slices{{{0, 0}}, {{0, 1}, {1, 0}}};
    const auto a = confirm_slices(table, slices, 0.2);
    const auto b = confirm_slices(shuffled, slices, 0.2);
    for (std::size_t i = 0; i < 2; ++i)
      CHECK((*a)[i].ln_e == (*b)[i].ln_e);
  }
}

TEST_CASE("no area is confirmed where there is none (T8)", "[slices]") {
  // Of 200 tables without any pattern at most a tenth may confirm one.
  const auto runs = testing::run_count(200);
  std::uint64_t tables_with_any = 0;
  for (std::uint64_t seed = 1; seed <= runs; ++seed) {
    testing::random_values random{seed};
    const auto table = testing::random_table(random, 1'500, 5, 4, 1, 0.2, 0);
    tables_with_any += confirmed_slices(table).empty() ? 0 : 1;
  }
  WARN("T8: " << tables_with_any << " of " << runs << " tables without areas");
  CHECK(
    static_cast<double>(tables_with_any) <= 0.1 * static_cast<double>(runs));
}

TEST_CASE("a planted area is found and confirmed (T8)", "[slices]") {
  const auto runs = testing::run_count(20);
  std::uint64_t hits = 0;
  for (std::uint64_t seed = 1; seed <= runs; ++seed) {
    testing::random_values random{seed};
    auto table = testing::random_table(random, 4'000, 5, 4, 1, 0.15, 0);
    const slice planted{{1, 1}, {3, 0}};
    for (std::size_t i = 0; i < table.rows(); ++i)
      if (
        table.columns[1].codes[i] == 1 && table.columns[3].codes[i] == 0 &&
        random.chance(0.4))
        table.errors[i] = 1;
    const auto confirmed = confirmed_slices(table);
    hits += !confirmed.empty() && confirmed.front() == planted ? 1 : 0;
  }
  WARN(
    "T8: the planted area first and confirmed in " << hits << " of " << runs);
  CHECK(static_cast<double>(hits) >= 0.85 * static_cast<double>(runs));
}

TEST_CASE("confirmation refuses bounds outside of (0, 1)", "[slices]") {
  const slice_table table{.columns = {}, .errors = {0, 1}};
  CHECK(confirm_slices(table, {}, 0.5)->empty());
  for (const auto bad : {0.0, 1.0, std::nan("")}) {
    CHECK_FALSE(confirm_slices(table, {}, bad).ok());
    CHECK_FALSE(confirm_slices(table, {}, 0.5, bad).ok());
  }
  CHECK_FALSE(confirm_slices({}, {}, 0.5).ok());
}
