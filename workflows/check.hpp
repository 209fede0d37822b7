#pragma once

#include "base/result.hpp"
#include "workflows/definition.hpp"

#include <chrono>
#include <cstdint>
#include <string>

/// Whether a definition can run at all: what is known before anything starts.

namespace ratchet::workflows {

/// Bounds that no honest definition meets; they keep arithmetic with times
/// and the size of state safe.
inline constexpr std::uint32_t most_labels = 10'000;
inline constexpr std::size_t most_stages = 1'000;
inline constexpr std::size_t most_declared = 1'000; ///< Channels; metrics.
inline constexpr std::size_t deepest_trigger = 16;
inline constexpr std::size_t deepest_condition = 16;
inline constexpr std::uint32_t most_in_flight = 100'000;
inline constexpr std::uint32_t highest_priority = 9;
inline constexpr duration longest_time = std::chrono::hours{24 * 3650};

/// Checks, in this order, and reports the first breach:
///
/// - names: a loop is `[a-z0-9][a-z0-9_-]{0,62}`; channels, metrics and stages
///   are `[A-Za-z0-9][A-Za-z0-9 _.-]{0,62}` without a blank at the end. They
///   become directories, URLs and variables, so also: two stages may not have
///   one input variable (`input_variable`);
/// - channels and metrics: no name twice, labels, bounds, a metric's channel
///   is declared and has a mean;
/// - timing: bounds, and one iteration at a time where it is synchronous;
/// - the loop's priority, and those of its stages: 0 to 9;
/// - what is kept of the history: positive bounds, no age below the join
///   window;
/// - improvement areas: a metric with bounds, attributes, shares and counts;
/// - the trigger: declared channels, positive counts and intervals, names of
///   webhooks and other loops, hysteresis only where it can matter;
/// - each stage by itself: command line, options, times, retries; a wait has a
///   deadline, and says what happens then;
/// - an experiment: one at most and before the promotion; metrics with values
///   in [0, 1] or bounds to scale them by; shares, caps and error rates;
/// - a probation: shorter than the days between false alarms of every metric
///   that is watched, of which there is one;
/// - cleanup stages: commands or functions, one compensation per stage;
/// - the graph: known names, no cycle, a gate after something to judge, at
///   most one promotion, and that after something;
/// - conditions: each asks only stages before its own;
/// - stages that run for each item: commands or functions, with items that can
///   be had from stages before, and a policy that can be met;
/// - stages that choose: after a gate, and after something to choose from.
///
/// Errors: `invalid_argument`: loop, place and remedy.
[[nodiscard]] result<void> check(const loop_definition& definition);

/// The variable that tells a stage where the outputs of `stage` are:
/// "RATCHET_INPUT_NO_REGRESSION" for "no regression".
[[nodiscard]] std::string input_variable(const std::string& stage);

} // namespace ratchet::workflows
