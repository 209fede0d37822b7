#pragma once

#include "workflows/iteration.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// An iteration over time: each try of each stage, as the events tell it.

namespace ratchet::workflows {

/// One try of a stage, or the time that a stage waits for the world: that has
/// no number, and no `started`. It waits from `queued`, runs from `started` and
/// has ended at `ended`; after it the stage backs off until `retry_at`. What
/// has not come, or never does, is the epoch.
struct attempt_record {
  std::uint32_t number = 0; ///< 0: a wait.
  time_point queued;        ///< Since when it waited for a slot, if for long.
  time_point started;
  time_point ended;
  /// running, queued, waiting, suspended, succeeded, failed, lost, refused,
  /// skipped, canceled, withdrawn (by a pause).
  std::string_view outcome = "running";
  std::optional<attempt_failure> failure;
  time_point retry_at;

  friend bool
  operator==(const attempt_record&, const attempt_record&) = default;
};

using attempts_by_stage = std::map<std::string, std::vector<attempt_record>>;

/// The attempts of each stage or unit that has had one, in their order.
[[nodiscard]] attempts_by_stage
attempts_of(const std::vector<iteration_event>& events);

/// A time in which nothing new started.
struct pause_record {
  time_point from;
  time_point to; ///< Epoch: it lasts.
  bool at_once = false;
  std::string who;
  std::string reason;

  friend bool operator==(const pause_record&, const pause_record&) = default;
};

/// In their order. One that was made to stop what runs is two.
[[nodiscard]] std::vector<pause_record>
pauses_of(const std::vector<iteration_event>& events);

} // namespace ratchet::workflows
