#pragma once

#include "analysis/evidence.hpp"
#include "analysis/hash.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <ostream>
#include <string>
#include <vector>

/// Traffic with a known truth, for tests that count how often a verdict is
/// wrong and how soon a right one comes.

namespace ratchet::analysis::testing {

/// How many runs a simulation takes: `normal`, a tenth under a sanitizer, or
/// what RATCHET_TEST_SEEDS says.
inline std::uint64_t run_count(std::uint64_t normal) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  normal = std::max<std::uint64_t>(normal / 10, 1);
#endif
  const char* many = std::getenv("RATCHET_TEST_SEEDS");
  return many == nullptr ? normal : std::strtoull(many, nullptr, 10);
}

/// The seed of the first run: RATCHET_TEST_SEED, or 1.
inline std::uint64_t first_seed() {
  const char* seed = std::getenv("RATCHET_TEST_SEED");
  return seed == nullptr ? 1 : std::strtoull(seed, nullptr, 10);
}

/// Numbers in [0, 1), the same for a seed on every machine.
class unit_draws {
public:
  explicit unit_draws(std::uint64_t seed) : key_(mix64(seed)) {}
  double next() { return to_unit(draw(key_, counter_++)); }
  bool happens(double probability) { return next() < probability; }

private:
  std::uint64_t key_;
  std::uint64_t counter_ = 0;
};

/// Three standard errors of a share that was counted in `runs` runs.
inline double three_errors(double share, std::uint64_t runs) {
  return 3 * std::sqrt(share * (1 - share) / static_cast<double>(runs));
}

inline double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values.empty() ? HUGE_VAL : values[values.size() / 2];
}

/// For what a simulation does millions of times and must never be refused.
inline void must(const result<void>& done) {
  if (!done.ok())
    FAIL(done.err().message);
}

/// ln E >= `level`, for `effect_above_ln_e` with an effect of 0. ln E is at
/// most s^2 / 2v, which spares nearly all of the looks their computation.
inline bool
reaches(const pair_evidence& e, const gamma_exponential& m, double level) {
  const auto s = value_of(e.sums.scores);
  const auto v = value_of(e.sums.spread);
  return s > 0 && s * s >= 2 * v * level && m.ln_e(s, v) >= level;
}

} // namespace ratchet::analysis::testing
