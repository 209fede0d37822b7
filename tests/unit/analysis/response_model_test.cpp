#include "analysis/response_model.hpp"

#include "analysis/response.hpp"
#include "tests/unit/analysis/random_values.hpp"

#include <catch2/catch.hpp>

#include <cmath>
#include <span>
#include <vector>

using namespace ratchet;
using namespace ratchet::analysis;

TEST_CASE("the fit is scikit-learn's", "[response]") {
  // scikit-learn 1.2.1, LogisticRegression(C = 1 / ridge, tol = 1e-14, solver =
  // "newton-cholesky").
  std::vector<double> covariates;
  std::vector<bool> answered;
  for (int i = 0; i < 60; ++i) {
    const auto first = (i * 37 % 50) / 50.0;
    covariates.push_back(first);
    covariates.push_back((i * i * 13 % 29) / 29.0);
    answered.push_back((i * 29 % 60) / 60.0 < 0.15 + 0.6 * first);
  }
  const auto one = fit_response_model(covariates, 2, answered);
  REQUIRE(one.ok());
  CHECK(one->intercept == Approx(-0.57021764).margin(1e-7));
  CHECK(one->weights[0] == Approx(0.85219788).margin(1e-7));
  CHECK(one->weights[1] == Approx(-0.56458857).margin(1e-7));
  CHECK(
    one->probability(std::span{covariates}.first(2)) ==
    Approx(0.36118661).margin(1e-7));
  const auto weak = fit_response_model(covariates, 2, answered, 0.01);
  CHECK(weak->intercept == Approx(-0.75423804).margin(1e-7));
  CHECK(weak->weights[0] == Approx(1.60326451).margin(1e-7));
  CHECK(weak->weights[1] == Approx(-1.00846099).margin(1e-7));
}

TEST_CASE("answers stand for those like them who are silent", "[response]") {
  // Whether a unit answers and whether it is pleased both depend on x; the mean
  // over all is .5, over those who answer far more.
  testing::random_values random{8};
  std::vector<double> covariates;
  std::vector<bool> answered;
  std::vector<double> values;
  for (int i = 0; i < 20'000; ++i) {
    const auto x = random.normal();
    covariates.push_back(x);
    answered.push_back(random.chance(1 / (1 + std::exp(0.5 - x))));
    values.push_back(random.chance(1 / (1 + std::exp(-x))) ? 1 : 0);
  }
  const auto model = fit_response_model(covariates, 1, answered);
  REQUIRE(model.ok());
  CHECK(model->intercept == Approx(-0.5).margin(0.06));
  CHECK(model->weights[0] == Approx(1).margin(0.06));
  std::vector<weighted_response> responses;
  double plain = 0;
  for (std::size_t i = 0; i < values.size(); ++i)
    if (answered[i]) {
      responses.push_back(
        {values[i], model->probability(std::span{covariates}.subspan(i, 1))});
      plain += values[i];
    }
  CHECK(plain / static_cast<double>(responses.size()) > 0.58);
  CHECK(*reweighted_mean(responses) == Approx(0.5).margin(0.025));
}

TEST_CASE("covariates that separate have a finite fit", "[response]") {
  const std::vector<double> x{-2, -1, 1, 2};
  const std::vector<bool> answered{false, false, true, true};
  const auto model = fit_response_model(x, 1, answered, 1e-3);
  REQUIRE(model.ok());
  CHECK(std::isfinite(model->weights[0]));
  CHECK(model->probability(std::span{x}.first(1)) < 0.01);
  const std::vector<double> far{1e6};
  CHECK(model->probability(far) < 1);
}

TEST_CASE("a response model needs something to learn from", "[response]") {
  const std::vector<double> x{1, 2};
  const auto refused = [](const result<response_model>& r) {
    return r.err().code == errc::invalid_argument;
  };
  CHECK(refused(fit_response_model(x, 1, {true, true})));
  CHECK(refused(fit_response_model(x, 1, {false, false})));
  CHECK(refused(fit_response_model(x, 1, {true, false, true})));
  CHECK(refused(fit_response_model(x, 1, {true, false}, 0)));
  CHECK(refused(fit_response_model({}, 0, {true, false})));
  CHECK(refused(
    fit_response_model(std::vector{1, std::nan("")}, 1, {true, false})));
}
