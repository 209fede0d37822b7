#pragma once

#include "actors/detail/stage_core.hpp"

/// An attempt that is a command: a process of its own, found again by its
/// attempt's id. Runs in the stage.

namespace ratchet::actors::detail {

void launch_command(stage_pointer self);
/// A command was started or found: watches it to its end.
void watch_command(stage_pointer self);
/// Looks whether it still runs, and again after a while.
void look_at_command(stage_pointer self);
void send_signal(stage_pointer self, int signal);

} // namespace ratchet::actors::detail
