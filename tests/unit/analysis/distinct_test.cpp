#include "analysis/distinct.hpp"

#include "analysis/hash.hpp"

#include <catch2/catch.hpp>

#include <cmath>
#include <string>

using namespace ratchet::analysis;

namespace {

distinct_count
count_of(std::uint64_t seed, std::uint64_t first, std::uint64_t last) {
  distinct_count count;
  for (auto i = first; i < last; ++i)
    count.add_hash(draw(seed, i));
  return count;
}

} // namespace

TEST_CASE("few values are counted as good as exactly", "[distinct]") {
  CHECK(distinct_count{}.estimate() == 0);
  distinct_count count;
  for (int i = 1; i <= 100; ++i) {
    count.add("user-" + std::to_string(i));
    // Two in one register, of 16,384, are not told apart.
    CHECK(count.estimate() == Approx(i).margin(1.5));
  }
}

TEST_CASE("the estimate has the error of 2^14 registers", "[distinct]") {
  // Flajolet et al. (2007): one standard error is 1.04 / sqrt(m) = 0.81 %.
  // Ertl's estimator has no bias, also not around 2.5 m = 40,960, where the
  // original one changes its method.
  const auto n = GENERATE(1'000, 16'000, 41'000, 150'000);
  constexpr int runs = 40;
  double sum = 0;
  double squares = 0;
  for (std::uint64_t seed = 1; seed <= runs; ++seed) {
    const auto error =
      count_of(seed, 0, static_cast<std::uint64_t>(n)).estimate() / n - 1;
    sum += error;
    squares += error * error;
  }
  CAPTURE(n);
  CHECK(std::abs(sum / runs) < 3 * 0.0081 / std::sqrt(runs));
  CHECK(std::sqrt(squares / runs) < 0.0081 * 1.35);
}

TEST_CASE("only which values came decides", "[distinct]") {
  const auto whole = count_of(3, 0, 5'000);
  auto twice = whole;
  for (std::uint64_t i = 5'000; i-- > 0;)
    twice.add_hash(draw(3, i));
  CHECK(twice == whole);
  auto left = count_of(3, 0, 3'000);
  left.merge(count_of(3, 2'000, 5'000));
  CHECK(left == whole);
  distinct_count restored;
  restored.restore(whole.packed());
  CHECK(restored.estimate() == whole.estimate());
}

TEST_CASE("registers at the ends and the highest rank hold", "[distinct]") {
  distinct_count count;
  count.add_hash(0);
  CHECK((count.packed()[0] & 63) == 51);
  count.add_hash(~std::uint64_t{0});
  CHECK(count.packed().back() >> 2 == 1);
  // The rank of a hash whose other bits are zero, in the last register.
  count.add_hash(~std::uint64_t{0} << 50);
  CHECK(count.packed().back() >> 2 == 51);
  CHECK(std::isfinite(count.estimate()));
}
