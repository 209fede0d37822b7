#pragma once

#include "actors/detail/supervisor_core.hpp"

/// A loop's looks for areas, as its supervisor sees them. Runs in the
/// supervisor.

namespace ratchet::actors::detail {

/// The token of the alarm that starts who looks again.
inline constexpr std::uint64_t areas_token = 3;

/// Starts who looks, if looks are declared and nobody does.
void look_for_areas(supervisor_pointer self);

/// Who looks is gone: starts another in a moment. False if it was somebody else
/// who went down.
bool areas_down(supervisor_pointer self, const caf::down_msg& down);

/// Records it, if it says anything new.
void handle_look(supervisor_pointer self, const area_look_made& made);

} // namespace ratchet::actors::detail
