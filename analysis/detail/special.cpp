#include "analysis/detail/special.hpp"

#include "base/assert.hpp"

#include <boost/math/special_functions/beta.hpp>
#include <boost/math/special_functions/gamma.hpp>
#include <boost/math/tools/toms748_solve.hpp>

#include <cmath>
#include <cstdint>

namespace ratchet::analysis::detail {

namespace {

// Doubles all through: promotion to 80 bits would tie the bits to x86.
using quiet = boost::math::policies::policy<
  boost::math::policies::promote_double<false>,
  boost::math::policies::domain_error<boost::math::policies::ignore_error>,
  boost::math::policies::pole_error<boost::math::policies::ignore_error>,
  boost::math::policies::overflow_error<boost::math::policies::ignore_error>,
  boost::math::policies::evaluation_error<boost::math::policies::ignore_error>>;

} // namespace

double log_gamma(double x) {
  return boost::math::lgamma(x, quiet{});
}

double log_beta(double a, double b) {
  return log_gamma(a) + log_gamma(b) - log_gamma(a + b);
}

double log_gamma_p(double a, double x) {
  const auto p = boost::math::gamma_p(a, x, quiet{});
  return p > 1e-300 ? std::log(p) : -HUGE_VAL;
}

double incomplete_beta(double a, double b, double x) {
  return boost::math::ibeta(a, b, x, quiet{});
}

double incomplete_beta_inverse(double a, double b, double p) {
  return boost::math::ibeta_inv(a, b, p, quiet{});
}

double
find_root(const std::function<double(double)>& f, double low, double high) {
  const auto at_low = f(low);
  const auto at_high = f(high);
  if (at_low == 0)
    return low;
  if (at_high == 0)
    return high;
  RATCHET_ASSERT((at_low < 0) != (at_high < 0));
  std::uintmax_t steps = 200;
  const auto [left, right] = boost::math::tools::toms748_solve(
    f, low, high, at_low, at_high, boost::math::tools::eps_tolerance<double>{},
    steps, quiet{});
  return left + (right - left) / 2;
}

} // namespace ratchet::analysis::detail
