#pragma once

#include "base/clock.hpp"
#include "workflows/iteration.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// What an iteration waits for, for whoever asks.

namespace ratchet::workflows {

enum class wait_kind : std::uint8_t {
  approval, ///< A person's yes or no.
  signal,
  sleep,      ///< Time to pass.
  back_off,   ///< The next attempt after a failed one.
  slot,       ///< Room to run an attempt.
  child,      ///< The end of an iteration of another loop.
  resume,     ///< The end of its pause, by an operator.
  experiment, ///< A verdict, or its turn.
};

[[nodiscard]] std::string_view to_string(wait_kind kind);

struct wait_info {
  /// Or one of its items, "train[3]". Empty: the whole iteration waits.
  std::string stage;
  wait_kind kind = wait_kind::approval;
  /// back_off: the one that failed; slot, child: the one that waits.
  std::uint32_t attempt = 0;
  std::string signal; ///< Its name.
  time_point since;
  /// Epoch: for ever, or, experiment: until so long after its begin as is
  /// declared, which its loop decides on.
  time_point until;
  std::string then;   ///< What happens then; empty: it has no deadline.
  std::string detail; ///< back_off: how the attempt failed; resume: why.
  std::string runs{}; ///< child: the loop whose iteration it is.

  friend bool operator==(const wait_info&, const wait_info&) = default;
};

/// Of `it` itself, if it is paused, and of each stage of it that waits, in the
/// order of the plan, cleanup last; of a stage that runs for many items, of
/// each item that does.
/// None for an iteration that has ended, or where nothing waits.
/// Cost: one pass over the stages, and the items that are under way.
[[nodiscard]] std::vector<wait_info>
waits_of(const loop_definition& plan, const iteration& it);

} // namespace ratchet::workflows
