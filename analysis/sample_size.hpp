#pragma once

#include "analysis/evidence.hpp"
#include "base/result.hpp"

#include <cstdint>

/// How many units an experiment takes: to plan with, and to tell a user before
/// it starts that it would take a year.

namespace ratchet::analysis {

/// What is to be found: an effect of this size, with this probability.
struct detection_goal {
  double effect = 0; ///< The gain that must not be missed, above 0.
  double alpha = 0.05;
  double power = 0.8;
};

/// Units *an arm* for a test that looks once: two-sided, two rates.
/// Errors: `invalid_argument` if the rates, `base` and `base + effect`, are not
///         inside [0, 1], or the goal is out of range.
/// Source: Fleiss, Levin, Paik (2003), Statistical methods for rates and
///         proportions, section 4.2, without the correction for continuity.
[[nodiscard]] result<std::uint64_t>
fixed_sample_size(double base, const detection_goal& goal);

/// Units of *both arms* after which evidence of a gain will be there with the
/// goal's probability, for an experiment that may be looked at all the time and
/// stops by itself, typically before. `variance` is that of a score.
/// Errors: `invalid_argument` for a goal, plan or rule out of range, or if
///         2^40 units are not enough.
[[nodiscard]] result<std::uint64_t> sequential_sample_size(
  double variance, const detection_goal& goal, const evidence_plan& plan,
  const score_rule& rule);

} // namespace ratchet::analysis
