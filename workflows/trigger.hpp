#pragma once

#include "base/clock.hpp"
#include "base/ids.hpp"
#include "workflows/definition.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace ratchet::workflows {

/// What a trigger looks at: totals since the loop began, as the monitor had
/// them when its cursor stood at `cursor`. Recorded with each decision.
struct trigger_inputs {
  sequence cursor;
  /// Feedback that has been joined to its interaction, by channel.
  std::map<std::string, std::uint64_t> joined;

  friend bool
  operator==(const trigger_inputs&, const trigger_inputs&) = default;
};

/// What a trigger remembers: the totals at the last start, and when that was.
struct trigger_state {
  trigger_inputs baseline;
  time_point first_seen;     ///< When the loop was first hosted.
  time_point last_start;     ///< Epoch: never.
  time_point last_end;       ///< Epoch: never.
  time_point champion_since; ///< Epoch: no champion yet.
  /// Starts by the trigger, the oldest first: as many as a budget may ask for.
  std::vector<time_point> starts;

  friend bool operator==(const trigger_state&, const trigger_state&) = default;
};

enum class trigger_outcome : std::uint8_t {
  fire = 1,
  not_met = 2,      ///< The condition does not hold yet.
  too_few = 3,      ///< It holds, but `minimum` is not reached.
  cooling_down = 4, ///< It holds, but the last end is too recent.
  over_budget = 5,  ///< It holds, but there were enough starts lately.
};

/// The most starts that a budget may allow in its window: as many are kept in
/// the state, which is stored with each event.
inline constexpr std::uint32_t most_budgeted = 100;

[[nodiscard]] std::string_view to_string(trigger_outcome outcome);

struct trigger_verdict {
  trigger_outcome outcome = trigger_outcome::not_met;
  /// One sentence with the numbers: "correction gained 312 of 300".
  std::string sentence;
  /// When time alone may change the verdict; epoch: never. Not a promise: the
  /// caller asks again then, and with every new input.
  time_point look_again;
};

/// Whether an iteration should start. Pure, and a function of what is
/// recorded: a replay of the inputs gives the same verdict.
///
/// `feedback_count` compares against the baseline; `every` and `cron` count
/// from the last start, or from `first_seen` before the first. A start that
/// was skipped counts as one there. Order of the checks: condition, minimum,
/// cooldown, budget.
[[nodiscard]] trigger_verdict evaluate(
  const trigger_policy& policy, const trigger_state& state,
  const trigger_inputs& inputs, time_point now);

} // namespace ratchet::workflows
