#pragma once

#include "actors/detail/supervisor_core.hpp"

/// Which of a loop's iterations have an actor, and how the others come back.
/// Runs in the supervisor.
///
/// An iteration asks to rest and takes no other message until it has the
/// answer. Yes, if nothing that was sent to it is still unanswered: from then
/// on it has no actor, its place is in `absent`, and what is meant for it
/// waits in `held` until it is read back. So no message finds an actor that
/// is about to leave, and none finds two.

namespace ratchet::actors::detail {

/// The token of the sleepers' alarm; that of the trigger is 0.
inline constexpr std::uint64_t sleepers_token = 1;

/// True if it may leave; then it counts as asleep.
[[nodiscard]] bool let_rest(
  supervisor_pointer self, const iteration_rests& wish,
  const caf::actor_addr& asker);

/// Takes over the sleepers that the journal knows.
void take_sleepers(
  supervisor_pointer self,
  const std::map<iteration_number, time_point>& asleep);

/// Reads an iteration without an actor back; it comes as iteration_loaded.
/// Harmless if it is on its way.
void wake(supervisor_pointer self, iteration_number number);

/// The sleepers' alarm.
void wake_due(supervisor_pointer self);

/// One that was to be read has arrived: makes room for the next.
void count_arrival(supervisor_pointer self, iteration_number number);

} // namespace ratchet::actors::detail
