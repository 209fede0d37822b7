#include "analysis/drop_detector.hpp"

#include <algorithm>
#include <numeric>
#include <string>

namespace ratchet::analysis {

namespace {

/// The paper works in logarithms. Products do as well and need no library
/// function: each factor is above 0.46 and each sum is at least the factor, so
/// nothing underflows, and far above any threshold the evidence stops growing.
constexpr double saturation = 1e300;

/// 0.02 * 1.6^j.
constexpr std::array<double, drop_detector::bets> bet_sizes = [] {
  std::array<double, drop_detector::bets> sizes{};
  double size = 0.02;
  for (auto& s : sizes) {
    s = size;
    size *= 1.6;
  }
  return sizes;
}();

} // namespace

result<drop_detector> make_drop_detector(double reference, detector_form form) {
  if (!(reference > 0 && reference <= 1))
    return error{
      errc::invalid_argument,
      "a drop below " + std::to_string(reference) +
        " cannot be watched for: give a reference above 0 and at most 1"};
  return drop_detector{.reference = reference, .form = form};
}

result<void> observe(drop_detector& detector, double value, double weight) {
  // Written so that NaN, which compares false, is refused too.
  if (!(value >= 0 && value <= 1))
    return error{
      errc::invalid_argument,
      "value " + std::to_string(value) +
        " is not in [0, 1], where a drop detector's metric lives"};
  ++detector.observations;
  for (std::size_t j = 0; j < drop_detector::bets; ++j) {
    auto& m = detector.evidence[j];
    const auto start =
      detector.form == detector_form::cusum ? std::max(m, weight) : m + weight;
    const auto factor = 1 + bet_sizes[j] * (detector.reference - value);
    m = std::min(start * factor, saturation);
  }
  return {};
}

double evidence(const drop_detector& detector) {
  const auto& m = detector.evidence;
  return std::accumulate(m.begin(), m.end(), 0.0) / m.size();
}

} // namespace ratchet::analysis
