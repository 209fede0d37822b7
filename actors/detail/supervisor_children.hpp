#pragma once

#include "actors/detail/supervisor_core.hpp"

/// Iterations that stages of other loops run (`.run_loop`). Each is started
/// once: the request's id is recorded with the start, under a key of its own.
/// Runs in the supervisor.

namespace ratchet::actors::detail {

/// Errors: those of a start by hand: `conflict` while the loop is paused or has
/// as many iterations as may run; those of the journal.
[[nodiscard]] caf::result<child_started>
start_child_iteration(supervisor_pointer self, const start_child& wish);

/// Errors: those of the journal.
[[nodiscard]] caf::result<child_ended>
await_child_iteration(supervisor_pointer self, const await_child& wish);

/// An iteration has ended, and that is durable.
void tell_end(supervisor_pointer self, iteration_number number);

/// Nobody is kept waiting by a supervisor that ends.
void refuse_waiting(supervisor_pointer self, const error& reason);

} // namespace ratchet::actors::detail
