#include "analysis/quantiles.hpp"
#include "tests/unit/analysis/random_values.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

using namespace ratchet;
using namespace ratchet::analysis;

namespace {

quantile_sketch
sketch_of(const std::vector<double>& values, double accuracy = 0.01) {
  quantile_sketch sketch{accuracy};
  for (const auto value : values)
    REQUIRE(sketch.add(value).ok());
  return sketch;
}

std::vector<double> random_list(std::uint64_t seed, std::size_t n) {
  testing::random_values random{seed};
  std::vector<double> values;
  for (std::size_t i = 0; i < n; ++i) {
    const auto magnitude = std::exp(3 * random.normal());
    values.push_back(random.chance(0.3) ? -magnitude : magnitude);
    if (random.chance(0.05))
      values.back() = 0;
  }
  return values;
}

} // namespace

TEST_CASE("bins cover ranges as published", "[quantiles]") {
  // sketches-java, README: at 2 %, 275 bins for 1 ms to 1 min and 802 bins for
  // 1 ns to 1 day; one more or less, as the first bin's border falls.
  const quantile_sketch sketch{0.02};
  const auto bins = [&](double low, double high) {
    return sketch.bin_of(high) - sketch.bin_of(low);
  };
  CHECK(std::abs(bins(1e-3, 60) - 275) <= 1);
  CHECK(std::abs(bins(1e-9, 86'400) - 802) <= 1);
  for (const auto accuracy : {0.001, 0.01, 0.05, 0.3})
    CHECK(quantile_sketch{accuracy}.bin_of(1) == 0);
}

TEST_CASE("every quantile is within the accuracy", "[quantiles]") {
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    CAPTURE(seed);
    auto values = random_list(seed, 300);
    const auto accuracy = seed % 2 == 0 ? 0.01 : 0.05;
    const auto sketch = sketch_of(values, accuracy);
    std::sort(values.begin(), values.end());
    for (std::size_t i = 0; i < values.size(); ++i) {
      const auto q =
        static_cast<double>(i) / static_cast<double>(values.size() - 1);
      // Rounding may put q (n - 1) just below i: then i - 1 is asked for.
      const auto rank =
        static_cast<std::size_t>(q * static_cast<double>(values.size() - 1));
      const auto truth = values[rank];
      CHECK(
        std::abs(*sketch.quantile(q) - truth) <=
        accuracy * std::abs(truth) * (1 + 1e-9));
    }
  }
}

TEST_CASE("bins hold their borders at all magnitudes", "[quantiles]") {
  const quantile_sketch sketch;
  for (std::uint64_t i = 0; i < 20'000; ++i) {
    const auto x = std::exp(730 * to_unit(draw(7, i)) - 20.7);
    const auto k = sketch.bin_of(x);
    REQUIRE(std::abs(sketch.value_of(k) - x) <= 0.01 * x * (1 + 1e-9));
  }
  const auto most = std::numeric_limits<double>::max();
  CHECK(sketch.value_of(sketch.bin_of(most)) == Approx(most).epsilon(0.0101));
}

TEST_CASE("a sketch forgets order and what is taken back", "[quantiles]") {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    CAPTURE(seed);
    auto values = random_list(seed, 200);
    const auto whole = sketch_of(values);
    testing::random_values{seed}.shuffle(values);
    CHECK(sketch_of(values).contents() == whole.contents());
    auto left = sketch_of({values.begin(), values.begin() + 70});
    const auto before = left.contents();
    const auto right = sketch_of({values.begin() + 70, values.end()});
    REQUIRE(left.merge(right).ok());
    CHECK(left.contents() == whole.contents());
    for (std::size_t i = 70; i < values.size(); ++i)
      REQUIRE(left.remove(values[i]).ok());
    CHECK(left.contents() == before);
  }
}

TEST_CASE("the smallest magnitudes share a bin when bins run out") {
  std::vector<double> values;
  for (int i = -40; i <= 40; ++i)
    values.push_back(std::exp(i));
  auto sketch = sketch_of(values);
  CHECK(sketch.contents().collapsed);
  CHECK(sketch.contents().positive.counts.size() == quantile_sketch::max_bins);
  CHECK(sketch.count() == values.size());
  CHECK(*sketch.quantile(1) == Approx(std::exp(40)).epsilon(0.01));
  CHECK(*sketch.quantile(0.6) == Approx(std::exp(8)).epsilon(0.01));
  const auto forward = sketch.contents();
  std::reverse(values.begin(), values.end());
  CHECK(sketch_of(values).contents() == forward);
  REQUIRE(sketch.remove(std::exp(-40)).ok());
  CHECK(sketch.count() == values.size() - 1);
  // All of one sketch below all bins of another.
  auto low = sketch_of({1e-8, 2e-8});
  REQUIRE(low.merge(sketch_of({1e30})).ok());
  CHECK(low.count() == 3);
  CHECK(low.contents().collapsed);
}

TEST_CASE("a sketch refuses what it cannot count", "[quantiles]") {
  auto sketch = sketch_of({1, 2, -3});
  const auto before = sketch.contents();
  for (const auto bad : {std::nan(""), std::numeric_limits<double>::infinity()})
    CHECK(sketch.add(bad).err().code == errc::invalid_argument);
  for (const auto absent : {5.0, 0.0, -1.0, 1e300})
    CHECK(sketch.remove(absent).err().code == errc::invalid_argument);
  CHECK(sketch.remove(1, 2).err().code == errc::invalid_argument);
  CHECK(
    sketch.merge(quantile_sketch{0.02}).err().code == errc::invalid_argument);
  CHECK(sketch.contents() == before);
  CHECK_FALSE(quantile_sketch{}.quantile(0.5));
}
