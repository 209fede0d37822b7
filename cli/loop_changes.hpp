#pragma once

#include "cli/loop_view.hpp"

#include <string>
#include <vector>

namespace ratchet::cli {

/// What happened between two looks at a loop, a sentence each, in the order
/// it must have happened: the live view where there is no terminal.
///
/// Looks are apart, so what came and went between them is not told, but no
/// iteration's end, promotion or pause is passed over. With a default
/// `before` it tells where the loop stands. Feedback is told at every tenth
/// of what the trigger needs. Pure.
[[nodiscard]] std::vector<std::string>
changes(const loop_view& before, const loop_view& after);

} // namespace ratchet::cli
