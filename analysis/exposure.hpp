#pragma once

#include "analysis/join.hpp"
#include "base/clock.hpp"
#include "base/event.hpp"
#include "base/ids.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// What captured events say about an experiment: which arm served an
/// interaction, with which propensity, and what came of it.

namespace ratchet::analysis {

/// From when on units got these shares. Recorded before they are served.
struct share_move {
  time_point at;
  std::uint64_t units = 0;    ///< Matured by then.
  std::vector<double> shares; ///< One an arm, the champion first.

  friend bool operator==(const share_move&, const share_move&) = default;
};

/// An interaction that an arm served.
struct exposure {
  std::size_t arm = 0;
  /// As they were logged; empty: the application did not say its propensity,
  /// or which arm a challenger's version was served as.
  std::vector<double> shares;

  friend bool operator==(const exposure&, const exposure&) = default;
};

/// What an interaction is to an experiment.
enum class exposure_kind : std::uint8_t {
  none,    ///< Feedback, or served by no arm of it.
  unknown, ///< By an arm, with a propensity that it never had: of an
           ///< experiment before, or garbled by the application.
  exposed,
};

struct exposure_finding {
  exposure_kind kind = exposure_kind::none;
  exposure what; ///< exposed
};

/// `arms` are versions, the champion first; `moves` the oldest first.
///
/// The champion's version without an arm, or with propensity 1, was served
/// outside of the experiment. The shares are those of the last move before the
/// interaction that gave its arm this propensity, else of any.
[[nodiscard]] exposure_finding exposure_of(
  const stored_event& event, std::span<const version_number> arms,
  std::span<const share_move> moves);

/// The name of an arm in assignments and interactions.
[[nodiscard]] constexpr std::string_view arm_name(std::size_t arm) {
  return arm == 0 ? "champion" : "challenger";
}

/// The unit that an interaction belongs to: its subject; empty: itself alone.
[[nodiscard]] inline const std::string& unit_of(const event& interaction) {
  return interaction.subject;
}

/// How a metric is read off feedback.
struct metric_reading {
  std::string metric;
  std::string channel;
  bool higher_is_better = true;
  double min = 0; ///< Of the channel's values; a boolean is 0 or 1.
  double max = 1;
  std::optional<double> default_outcome;

  friend bool
  operator==(const metric_reading&, const metric_reading&) = default;
};

/// The outcome of a unit, in [0, 1], turned so that more is better: the mean
/// over what was said of `interaction` on the metric's channel, received within
/// `horizon` of it; else the default, if there is one.
/// Shape: any order of `feedback`; other channels are passed over. Values
///        outside of the bounds, which a channel refuses, are clipped.
[[nodiscard]] std::optional<double> outcome_of(
  const metric_reading& reading, const stored_event& interaction,
  std::span<const event_ptr> feedback, duration horizon);

} // namespace ratchet::analysis
