#pragma once

#include "base/clock.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace ratchet::workflows {

/// Where a metric of the champion is looked at for improvement areas: traffic,
/// told apart by attributes, in which it is worse than elsewhere
/// (analysis/area_look.hpp has what is done and what it promises).
struct area_options {
  std::string metric;
  /// Attributes of interactions; empty: those of `slice_by`.
  std::vector<std::string> by{};
  duration every{std::chrono::hours{6}};
  /// How far back interactions count.
  duration look_back{std::chrono::hours{30 * 24}};
  double min_volume = 0.01; ///< Share of the traffic that matters.
  double min_gap = 0.02;    ///< Above the mean error that matters.
  /// Of areas that a look confirms, those that are none, on average.
  double false_discovery_rate = 0.1;
  std::uint32_t most = 5;           ///< Areas of one look.
  std::uint32_t max_predicates = 2; ///< Attributes that make one area.
  std::uint32_t examples = 5;       ///< Interactions shown of each area.
  /// Beyond so many interactions a sample of them is looked at.
  std::uint32_t max_rows = 50'000;
  /// Of a subject's interactions only the first confirms: they are alike. False
  /// where they are not, and subjects are few.
  bool one_per_subject = true;

  friend bool operator==(const area_options&, const area_options&) = default;
};

/// What a trigger asks of an area before it counts.
struct area_demand {
  /// What the metric would gain, in [0, 1] of its range, were the area as good
  /// as the mean.
  double impact = 0;
  std::uint64_t rows = 0; ///< With feedback, of those looked at.

  friend bool operator==(const area_demand&, const area_demand&) = default;
};

} // namespace ratchet::workflows
