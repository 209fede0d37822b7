#include "analysis/cusum.hpp"
#include "tests/unit/analysis/random_values.hpp"

#include <catch2/catch.hpp>

#include <cmath>
#include <limits>

using namespace ratchet;
using namespace ratchet::analysis;

TEST_CASE("run lengths are the published ones", "[cusum]") {
  // Twice the two-sided 168 and 465 of Montgomery, Introduction to statistical
  // quality control, with the digits that later tables give.
  CHECK(cusum_run_length(0.5, 4, 0) == Approx(335.37).margin(0.005));
  CHECK(cusum_run_length(0.5, 4, 1) == Approx(8.38).margin(0.005));
  CHECK(cusum_run_length(0.5, 5, 0) == Approx(930.89).margin(0.005));
  CHECK(cusum_run_length(0.5, 5, 1) == Approx(10.38).margin(0.005));
}

TEST_CASE("the run length is that of simulated charts", "[cusum]") {
  constexpr int runs = 2'000;
  double sum = 0;
  double squares = 0;
  for (std::uint64_t seed = 1; seed <= runs; ++seed) {
    testing::random_values random{seed};
    cusum_chart chart{.allowance = 0.25, .limit = 3};
    double n = 1;
    while (!*observe(chart, 0.3 + random.normal()))
      ++n;
    sum += n;
    squares += n * n;
  }
  const auto mean = sum / runs;
  const auto error = std::sqrt((squares / runs - mean * mean) / runs);
  CHECK(cusum_run_length(0.25, 3, 0.3) == Approx(mean).margin(3 * error));
}

TEST_CASE("the limit gives the run length asked for", "[cusum]") {
  CHECK(*cusum_limit(0.5, 930.89) == Approx(5).margin(1e-4));
  const auto limit = *cusum_limit(0.5, 1e6);
  CHECK(cusum_run_length(0.5, limit, 0) == Approx(1e6).epsilon(1e-6));
  // With an allowance this large, one batch alone rarely gives an alarm.
  CHECK(*cusum_limit(4, 2) > 0);
  const auto nan = std::numeric_limits<double>::quiet_NaN();
  for (const auto& bad : {1.0, 1e13, nan})
    CHECK(cusum_limit(0.5, bad).err().code == errc::invalid_argument);
  CHECK(cusum_limit(-1, 100).err().code == errc::invalid_argument);
  CHECK(cusum_limit(0, 1e9).err().code == errc::invalid_argument);
}

TEST_CASE("a chart adds what exceeds the allowance", "[cusum]") {
  cusum_chart chart{.allowance = 0.5, .limit = 2};
  CHECK_FALSE(*observe(chart, 2));
  CHECK(chart.sum == 1.5);
  CHECK_FALSE(*observe(chart, 1));
  CHECK(chart.sum == 2); // The limit itself is no alarm.
  CHECK(*observe(chart, 1));
  CHECK_FALSE(*observe(chart, -9));
  CHECK(chart.sum == 0);
  CHECK_FALSE(observe(chart, std::nan("")).ok());
  CHECK(chart.sum == 0);
}
