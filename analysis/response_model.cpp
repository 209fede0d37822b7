#include "analysis/response_model.hpp"

#include <Eigen/Dense>

#include <algorithm>
#include <cmath>
#include <string>

namespace ratchet::analysis {

namespace {

using matrix =
  Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

double logistic(double x) {
  return 1 / (1 + std::exp(-x));
}

error invalid(std::string message) {
  return {errc::invalid_argument, std::move(message)};
}

result<void> check(
  std::span<const double> covariates, std::size_t width,
  const std::vector<bool>& answered, double ridge) {
  if (!(ridge > 0))
    return invalid("a ridge of " + std::to_string(ridge) + " is not above 0");
  if (covariates.size() != width * answered.size())
    return invalid(
      std::to_string(covariates.size()) + " covariates are not " +
      std::to_string(width) + " for each of " +
      std::to_string(answered.size()) + " units");
  const auto finite = [](double x) { return std::isfinite(x); };
  if (!std::all_of(covariates.begin(), covariates.end(), finite))
    return invalid("a covariate is not a finite number");
  const auto yes = std::count(answered.begin(), answered.end(), true);
  if (yes == 0 || static_cast<std::size_t>(yes) == answered.size())
    return invalid(
      "all units answered or none did: who answers cannot be learned");
  return {};
}

/// The covariates with a column of ones before them.
matrix design(std::span<const double> covariates, std::size_t width) {
  const auto columns = static_cast<Eigen::Index>(width);
  const auto rows =
    width == 0 ? 0 : static_cast<Eigen::Index>(covariates.size()) / columns;
  matrix x = matrix::Ones(rows, columns + 1);
  x.rightCols(columns) =
    Eigen::Map<const matrix>(covariates.data(), rows, columns);
  return x;
}

/// The penalized negative log-likelihood.
double loss(
  const Eigen::VectorXd& scores, const Eigen::VectorXd& answered,
  const Eigen::VectorXd& penalty, const Eigen::VectorXd& weights) {
  double sum = 0;
  for (Eigen::Index i = 0; i < scores.size(); ++i) {
    // ln(1 + e^s) without overflow.
    const auto s = scores(i);
    sum +=
      std::max(s, 0.0) + std::log1p(std::exp(-std::abs(s))) - answered(i) * s;
  }
  return sum + penalty.cwiseProduct(weights).dot(weights) / 2;
}

} // namespace

double response_model::probability(std::span<const double> covariates) const {
  RATCHET_ASSERT(covariates.size() == weights.size());
  auto score = intercept;
  for (std::size_t i = 0; i < weights.size(); ++i)
    score += weights[i] * covariates[i];
  return std::clamp(logistic(score), 1e-12, 1 - 1e-12);
}

result<response_model> fit_response_model(
  std::span<const double> covariates, std::size_t width,
  const std::vector<bool>& answered, double ridge) {
  if (auto ok = check(covariates, width, answered, ridge); !ok)
    return ok.err();
  if (width == 0)
    return invalid("without a covariate there is nothing to weigh by");
  const auto x = design(covariates, width);
  Eigen::VectorXd y(x.rows());
  for (Eigen::Index i = 0; i < y.size(); ++i)
    y(i) = answered[static_cast<std::size_t>(i)] ? 1 : 0;
  Eigen::VectorXd penalty = Eigen::VectorXd::Constant(x.cols(), ridge);
  penalty(0) = 0;
  Eigen::VectorXd weights = Eigen::VectorXd::Zero(x.cols());
  Eigen::VectorXd scores = x * weights;
  for (int step = 0; step < 50; ++step) {
    const Eigen::VectorXd p = scores.unaryExpr(&logistic);
    const Eigen::VectorXd gradient =
      x.transpose() * (p - y) + penalty.cwiseProduct(weights);
    if (gradient.cwiseAbs().maxCoeff() < 1e-10 * static_cast<double>(y.size()))
      break;
    const Eigen::VectorXd spread = p.array() * (1 - p.array());
    Eigen::MatrixXd curvature = x.transpose() * spread.asDiagonal() * x;
    curvature.diagonal() += penalty;
    const Eigen::VectorXd move = curvature.ldlt().solve(gradient);
    // The loss is convex, but a full step may overshoot where it is flat.
    const auto before = loss(scores, y, penalty, weights);
    double length = 1;
    for (; length > 1e-6; length /= 2) {
      const Eigen::VectorXd next = weights - length * move;
      if (loss(x * next, y, penalty, next) <= before)
        break;
    }
    weights -= length * move;
    scores = x * weights;
  }
  return response_model{
    weights(0), {weights.data() + 1, weights.data() + weights.size()}};
}

} // namespace ratchet::analysis
