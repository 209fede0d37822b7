#pragma once

#include "actors/supervisor.hpp"

#include <memory>
#include <string>

/// What the supervisor's parts share: how a command becomes a record, and what
/// follows from it. Runs in the supervisor.

namespace ratchet::actors::detail {

using supervisor_pointer = supervisor_actor::stateful_pointer<supervisor_state>;
using command_done = std::function<void(const caf::error*, bool changed)>;

[[nodiscard]] inline time_point now(const supervisor_state& st) {
  return st.peers.node->clock->now();
}
[[nodiscard]] inline std::string text(iteration_number n) {
  return std::to_string(n.value);
}
inline void ignore(const caf::error*, bool) {}

/// Decides a command when its turn comes and, if there is something to
/// record, records it. `done` hears of a refusal, and whether anything
/// changed.
void carry_out(
  supervisor_pointer self, workflows::loop_command command,
  version_lineage lineage, command_done done);

/// The same for an operator, whose request goes into the audit log with what
/// became of it.
void carry_out_for(
  supervisor_pointer self, const operator_request& request,
  workflows::loop_command command, version_lineage lineage, command_done done);

/// Makes an entry of the audit log durable that changes nothing else, then
/// calls `done`, with an error if it could not.
void record_audit(
  supervisor_pointer self, const workflows::audit_entry& entry,
  std::function<void(const caf::error*)> done);

/// All that the trigger looks at, as it is now.
[[nodiscard]] workflows::trigger_inputs inputs_now(const supervisor_state& st);

/// Tells the root how often the champion has moved forward.
void tell_promotions(supervisor_pointer self);

/// Asks the trigger. Called whenever anything that it looks at has changed.
void consider(supervisor_pointer self);

/// Starts an iteration's actor. One that has ended takes nothing up: it waits
/// for the retry that reopened it.
void start_iteration(
  supervisor_pointer self, std::shared_ptr<const hosted_plan> plan,
  workflows::iteration machine, bool take_up = true);

/// Shows the champion, and who is compared with it, to those who ask for their
/// assignment.
[[nodiscard]] result<void> serve_champion(const supervisor_state& st);

} // namespace ratchet::actors::detail
