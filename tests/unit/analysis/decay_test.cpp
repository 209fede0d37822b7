#include "analysis/decay.hpp"
#include "tests/unit/analysis/random_values.hpp"

#include <catch2/catch.hpp>

#include <cmath>
#include <limits>
#include <vector>

using namespace ratchet;
using namespace ratchet::analysis;
using namespace std::chrono_literals;

namespace {

struct seen {
  time_point time;
  double value = 0;
};

decayed_moments cell_of(const std::vector<seen>& list) {
  decayed_moments cell{.half_life = 1h};
  for (const auto& s : list)
    REQUIRE(add(cell, s.time, s.value).ok());
  return cell;
}

void check_same(const decayed_moments& a, const decayed_moments& b) {
  const auto now = from_ms(0) + 3h;
  CHECK(weight_at(a, now) == Approx(weight_at(b, now)).epsilon(1e-12));
  CHECK(*mean(a) == Approx(*mean(b)).epsilon(1e-12));
  // The last bits of a mean of a million are some 1e-10.
  CHECK(*variance(a) == Approx(*variance(b)).epsilon(1e-8));
  CHECK(effective_count(a) == Approx(effective_count(b)).epsilon(1e-12));
}

} // namespace

TEST_CASE("an observation counts half after its half-life", "[decay]") {
  // By hand: weights 1/4, 1/2 and 1 for the values 1, 2 and 4 two hours on.
  const auto t = from_ms(0);
  const auto cell = cell_of({{t, 1}, {t + 1h, 2}, {t + 2h, 4}});
  CHECK(weight_at(cell, t + 2h) == Approx(1.75));
  CHECK(weight_at(cell, t + 3h) == Approx(0.875));
  CHECK(*mean(cell) == Approx(5.25 / 1.75));
  CHECK(*variance(cell) == Approx((0.25 + 2 + 16) / 1.75 - 9));
  CHECK(effective_count(cell) == Approx(1.75 * 1.75 / (0.0625 + 0.25 + 1)));
}

TEST_CASE("decayed moments do not depend on order or cutting", "[decay]") {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    CAPTURE(seed);
    testing::random_values random{seed};
    std::vector<seen> list;
    for (int i = 0; i < 60; ++i)
      list.push_back(
        {from_ms(static_cast<std::int64_t>(random.below(10'800'000))),
         1e6 + random.normal()});
    const auto whole = cell_of(list);
    random.shuffle(list);
    check_same(cell_of(list), whole);
    auto left = cell_of({list.begin(), list.begin() + 25});
    REQUIRE(merge(left, cell_of({list.begin() + 25, list.end()})).ok());
    check_same(left, whole);
  }
}

TEST_CASE("the landmark moves before weights overflow", "[decay]") {
  const auto t = from_ms(0);
  auto cell = cell_of({{t, 10}});
  // 3,000 half-lives on, 2^3000 would be no double.
  for (int i = 1; i <= 30; ++i)
    REQUIRE(add(cell, t + i * 100h, i).ok());
  const auto now = t + 3'000h;
  CHECK(weight_at(cell, now) == Approx(1 + std::exp2(-100)));
  CHECK(*mean(cell) == Approx(30));
  // One so old that it weighs nothing changes nothing.
  REQUIRE(add(cell, t, -5).ok());
  CHECK(*mean(cell) == Approx(30));
}

TEST_CASE("decayed moments refuse what they cannot count", "[decay]") {
  decayed_moments cell{.half_life = 1h};
  CHECK_FALSE(mean(cell));
  CHECK_FALSE(variance(cell));
  CHECK(effective_count(cell) == 0);
  const auto before = cell;
  for (const auto bad : {std::nan(""), std::numeric_limits<double>::infinity()})
    CHECK(add(cell, from_ms(0), bad).err().code == errc::invalid_argument);
  CHECK(cell == before);
  decayed_moments other{.half_life = 2h};
  CHECK(add(other, from_ms(0), 1).ok());
  CHECK(merge(cell, other).err().code == errc::invalid_argument);
  decayed_moments none;
  CHECK(add(none, from_ms(0), 1).err().code == errc::invalid_argument);
}
