#include "analysis/learning_curve.hpp"

#include <catch2/catch.hpp>

#include <cmath>
#include <vector>

using namespace ratchet::analysis;

TEST_CASE("a power law is found again", "[learning_curve]") {
  std::vector<curve_point> points;
  for (const auto n : {100.0, 400.0, 1'000.0})
    points.push_back({n, 2 * std::pow(n, -0.4)});
  const auto curve = fit_learning_curve(points);
  REQUIRE(curve);
  CHECK(curve->exponent == Approx(0.4).epsilon(1e-10));
  CHECK(std::exp(curve->log_scale) == Approx(2).epsilon(1e-10));
  CHECK(curve->exponent_variance == Approx(0).margin(1e-20));
  CHECK(curve->error_at(900) == Approx(2 * std::pow(900, -0.4)));
  CHECK(
    expected_gain(*curve, 1'000, 500) ==
    Approx(2 * (std::pow(1'000, -0.4) - std::pow(1'500, -0.4))));
}

TEST_CASE("from five points on the gain is a lower bound") {
  // NumPy 1.24 lstsq on the logarithms, with the covariance s^2 (X'X)^-1 and a
  // numerical gradient; SciPy 1.10.1 t.ppf(.8, 3).
  const std::vector<curve_point> points{
    {500, 0.31}, {1'000, 0.25}, {2'000, 0.21}, {4'000, 0.165}, {8'000, 0.14}};
  const auto curve = fit_learning_curve(points);
  REQUIRE(curve);
  CHECK(curve->log_scale == Approx(0.62184163).epsilon(1e-7));
  CHECK(curve->exponent == Approx(0.28931448).epsilon(1e-7));
  CHECK(curve->scale_variance == Approx(4.55809971e-03).epsilon(1e-7));
  CHECK(curve->covariance == Approx(5.89867931e-04).epsilon(1e-7));
  CHECK(curve->exponent_variance == Approx(7.76049863e-05).epsilon(1e-7));
  CHECK(
    expected_gain(*curve, 8'000, 4'000) ==
    Approx(0.015030048248362895).epsilon(1e-6));
  const auto few =
    fit_learning_curve(std::vector(points.begin(), points.end() - 1));
  CHECK(
    expected_gain(*few, 4'000, 4'000) ==
    Approx(few->error_at(4'000) - few->error_at(8'000)));
}

TEST_CASE("what is no curve gives none", "[learning_curve]") {
  CHECK_FALSE(fit_learning_curve({}));
  const std::vector<curve_point> two{{100, 0.3}, {200, 0.2}};
  CHECK_FALSE(fit_learning_curve(two));
  const std::vector<curve_point> same{{100, 0.3}, {100, 0.2}, {100, 0.25}};
  CHECK_FALSE(fit_learning_curve(same));
  // No error left: finite all the same.
  const std::vector<curve_point> perfect{{100, 0.3}, {200, 0}, {400, 0}};
  CHECK(std::isfinite(fit_learning_curve(perfect)->exponent));
  const std::vector<curve_point> rising{{100, 0.1}, {200, 0.2}, {400, 0.4}};
  CHECK(expected_gain(*fit_learning_curve(rising), 400, 400) < 0);
}
