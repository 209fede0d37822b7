#pragma once

#include "actors/detail/supervisor_core.hpp"

/// A loop's experiments, as its supervisor sees them: who asks for one, whose
/// follower runs, and what is served meanwhile. Runs in the supervisor.

namespace ratchet::actors::detail {

/// The token of the alarm that starts a follower again.
inline constexpr std::uint64_t experiment_token = 2;

/// Starts the follower of the experiment that runs, if it has none.
void follow_experiment(supervisor_pointer self);

/// Its follower is gone, though it runs: starts another in a moment. False if
/// it was somebody else who went down.
bool experiment_down(supervisor_pointer self, const caf::down_msg& down);

/// From an iteration.
void handle_wanted(supervisor_pointer self, const experiment_wanted& wish);
void handle_left(supervisor_pointer self, const experiment_left& word);

/// From the follower.
void handle_shares(supervisor_pointer self, const experiment_shares& told);
void handle_over(supervisor_pointer self, const experiment_is_over& told);

/// Effects of events that are durable.
void take_effect(
  supervisor_pointer self, const workflows::experiment_begun& event);
void take_effect(
  supervisor_pointer self, const workflows::experiment_ended& event);

/// The arms beside the champion, for assignments; null: no experiment runs, or
/// its shares are not known to be durable yet.
[[nodiscard]] result<std::shared_ptr<const served_experiment>>
served_arms(const supervisor_state& st);

} // namespace ratchet::actors::detail
