#include "analysis/detail/distributions.hpp"

#include <boost/math/distributions/chi_squared.hpp>
#include <boost/math/distributions/normal.hpp>
#include <boost/math/distributions/students_t.hpp>

namespace ratchet::analysis::detail {

double normal_cdf(double z) {
  return boost::math::cdf(boost::math::normal{}, z);
}

double normal_quantile(double p) {
  return boost::math::quantile(boost::math::normal{}, p);
}

double student_cdf(double t, double df) {
  return boost::math::cdf(boost::math::students_t{df}, t);
}

double student_quantile(double p, double df) {
  return boost::math::quantile(boost::math::students_t{df}, p);
}

double chi_square_tail(double x, double df) {
  return boost::math::cdf(
    boost::math::complement(boost::math::chi_squared{df}, x));
}

} // namespace ratchet::analysis::detail
