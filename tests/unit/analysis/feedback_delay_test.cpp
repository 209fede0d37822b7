#include "analysis/feedback_delay.hpp"
#include "tests/unit/analysis/random_values.hpp"

#include <catch2/catch.hpp>

#include <cmath>
#include <vector>

using namespace ratchet;
using namespace ratchet::analysis;
using namespace std::chrono_literals;

namespace {

exposure_delay came(std::int64_t after) {
  return {duration{after}, duration{1'000'000}};
}
exposure_delay watched(std::int64_t for_long) {
  return {std::nullopt, duration{for_long}};
}

} // namespace

TEST_CASE("the curve is that of the leukemia trial", "[feedback_delay]") {
  // Freireich et al. (1963), 21 patients on 6-MP, weeks in remission: the
  // example of most textbooks (Kalbfleisch, Prentice), with R's survfit.
  const std::vector<exposure_delay> weeks{
    came(6),     came(6),     came(6),     watched(6), came(7),     watched(9),
    came(10),    watched(10), watched(11), came(13),   came(16),    watched(17),
    watched(19), watched(20), came(22),    came(23),   watched(25), watched(32),
    watched(32), watched(34), watched(35)};
  struct row {
    int week;
    double without, error;
  };
  const std::vector<row> expected{{6, 0.857, 0.0764},  {7, 0.807, 0.0869},
                                  {10, 0.753, 0.0963}, {13, 0.690, 0.1068},
                                  {16, 0.627, 0.1141}, {22, 0.538, 0.1282},
                                  {23, 0.448, 0.1346}};
  const auto curve = delay_curve(weeks);
  REQUIRE(curve.size() == expected.size());
  for (std::size_t i = 0; i < curve.size(); ++i) {
    CHECK(curve[i].after == duration{expected[i].week});
    CHECK(curve[i].without == Approx(expected[i].without).margin(5.1e-4));
    CHECK(curve[i].standard_error == Approx(expected[i].error).margin(5.1e-5));
  }
}

TEST_CASE("without censoring the curve is the shares", "[feedback_delay]") {
  const std::vector<exposure_delay> list{came(5), came(1), came(1), came(9)};
  const auto curve = delay_curve(list);
  REQUIRE(curve.size() == 3);
  CHECK(curve[0].without == Approx(0.5));
  CHECK(curve[0].standard_error == Approx(0.25)); // sqrt(p q / n)
  CHECK(curve[2].without == 0);
  CHECK(curve[2].standard_error == 0);
  CHECK(delay_quantile(curve, 0.5) == 1ms);
  CHECK(delay_quantile(curve, 0.75) == 5ms);
  CHECK(delay_quantile(curve, 0.95) == 9ms);
  CHECK(delay_curve({}).empty());
  CHECK_FALSE(delay_quantile({}, 0.5));
}

TEST_CASE("feedback after the watch counts as none", "[feedback_delay]") {
  const std::vector<exposure_delay> list{came(5), {duration{50}, duration{20}}};
  const auto curve = delay_curve(list);
  REQUIRE(curve.size() == 1);
  CHECK(curve[0].without == Approx(0.5));
}

TEST_CASE("the horizon is that of patience", "[feedback_delay]") {
  // Delays are exponential with a mean of one hour, and two in three units
  // never answer; some were exposed a moment ago.
  testing::random_values random{4};
  std::vector<exposure_delay> list;
  for (int i = 0; i < 6'000; ++i) {
    exposure_delay e{
      .watched = duration{static_cast<std::int64_t>(random.unit() * 40e6)}};
    if (random.chance(1.0 / 3))
      e.feedback_after = duration{
        static_cast<std::int64_t>(-3.6e6 * std::log(1 - random.unit()))};
    list.push_back(e);
  }
  const auto horizon = feedback_horizon(list, 4h);
  REQUIRE(horizon);
  CHECK(
    static_cast<double>(horizon->count()) ==
    Approx(3.6e6 * std::log(20)).epsilon(0.1));
  CHECK_FALSE(feedback_horizon(list, 10'000h));
}
