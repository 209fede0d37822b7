#pragma once

#include "actors/hosted.hpp"
#include "actors/interfaces.hpp"
#include "workflows/dispatch.hpp"

#include <caf/stateful_actor.hpp>

#include <deque>
#include <map>
#include <string>
#include <utility>

namespace ratchet::actors {

/// A shorter wait for a slot is not recorded: most are over in a moment, and
/// a record costs more.
inline constexpr duration long_wait{1000};

struct slots_state {
  static inline const char* name = "slots";

  workflows::dispatcher core{workflows::slot_limits{}};
  slot_board* board = nullptr;
  bool open = false; ///< Else, slots are only taken and released.
  std::map<std::string, slot_holder> waiting; ///< By attempt.
  /// Attempts that have not waited for long, with when they asked.
  std::deque<std::pair<caf::actor_clock::time_point, std::string>> young;
  bool look_is_due = false;
};

/// What an attempt asks of its node. The loop's settings are those of today,
/// whatever definition its iteration began with.
[[nodiscard]] workflows::slot_claim claim_for(
  const hosted_loop& loop, const workflows::stage_definition& stage,
  std::string attempt, time_point since);

/// A shell over workflows/dispatch.hpp: who gets which slot of this node, and
/// when. Shows its pools on `board`.
///
/// Gives nothing before `begin_atom`: at the start of a node the commands that
/// still run take their slots first; nor after `close_atom`, or a stage that
/// ends with the node would make room for one that then ends with it. A holder
/// that goes down gives its slot back itself (actors/stage.cpp).
slots_actor::behavior_type slots(
  slots_actor::stateful_pointer<slots_state> self,
  const workflows::slot_limits& limits, slot_board* board);

} // namespace ratchet::actors
