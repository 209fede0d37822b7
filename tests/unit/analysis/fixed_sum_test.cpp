#include "analysis/fixed_sum.hpp"

#include "analysis/detail/portable_log.hpp"
#include "analysis/hash.hpp"

#include <catch2/catch.hpp>

#include <cmath>
#include <vector>

using namespace ratchet::analysis;

TEST_CASE("a fixed sum forgets the order of its parts", "[fixed_sum]") {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    CAPTURE(seed);
    std::vector<double> values;
    for (std::uint64_t i = 0; i < 60; ++i)
      values.push_back((to_unit(draw(seed, i)) - 0.5) * 0x1p22);
    fixed_sum forward;
    fixed_sum backward;
    fixed_sum left;
    fixed_sum right;
    for (std::size_t i = 0; i < values.size(); ++i) {
      add(forward, values[i]);
      add(backward, values[values.size() - 1 - i]);
      add(i % 3 == 0 ? left : right, values[i]);
    }
    CHECK(forward == backward);
    merge(left, right);
    CHECK(left == forward);
    for (const auto value : values)
      add(left, value, -1);
    CHECK(left == fixed_sum{});
  }
}

TEST_CASE("a fixed sum multiplies as it adds", "[fixed_sum]") {
  fixed_sum once;
  for (int i = 0; i < 1000; ++i)
    add(once, -0.1);
  fixed_sum at_once;
  add(at_once, -0.1, 1000);
  CHECK(once == at_once);
  // 1000 times the multiple of 2^-40 nearest to 0.1.
  CHECK(value_of(once) == -1000 * (std::llround(0.1 * 0x1p40) * 0x1p-40));
  CHECK(value_of(once) == Approx(-100).margin(1000 * 0x1p-41));
}

TEST_CASE("a fixed sum holds 2^60 of the widest values", "[fixed_sum]") {
  fixed_sum sum;
  const auto widest = std::nextafter(0x1p22, 0);
  const auto many = std::int64_t{1} << 60;
  add(sum, -widest, many);
  CHECK(value_of(sum) == Approx(-0x1p82));
  add(sum, widest, many);
  add(sum, 1.5);
  CHECK(value_of(sum) == 1.5);
}

TEST_CASE("the portable logarithm is the logarithm", "[fixed_sum]") {
  CHECK(detail::portable_log(1) == 0);
  CHECK(detail::portable_log(2) == 0x1.62e42fefa39efp-1);
  for (std::uint64_t i = 0; i < 20'000; ++i) {
    const auto x =
      std::exp((to_unit(draw(3, i)) - 0.5) * (i % 2 == 0 ? 1 : 60));
    CAPTURE(x);
    const auto expected = std::log(x);
    CHECK(
      std::abs(detail::portable_log(x) - expected) <=
      4 * 0x1p-52 * std::max(std::abs(expected), 0x1p-3));
  }
}
