#pragma once

#include <chrono>
#include <sys/types.h>

namespace ratchet::process::detail {

/// Kills the group of `leader`, an ended and unreaped child of this process,
/// and every descendant that came to this process because its parent is gone
/// (so this process must be a subreaper). Waits until they are gone, at most
/// `patience`.
void end_descendants(pid_t leader, std::chrono::milliseconds patience);

} // namespace ratchet::process::detail
