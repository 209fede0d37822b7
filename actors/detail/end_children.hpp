#pragma once

#include <caf/all.hpp>

#include <set>

namespace ratchet::actors::detail {

/// Ends `children`, and `self` when the last of them is down. They must be
/// monitored by `self` and take an exit message from it for their end.
///
/// For an end from below: while its children finish what they have begun,
/// whoever they ask is still there, and none that goes down is taken for one
/// that failed. From here on `self` has no other use of down messages; that it
/// begins nothing new is up to the caller.
void end_children(
  caf::scheduled_actor* self, std::set<caf::actor_addr> children,
  const caf::error& reason);

} // namespace ratchet::actors::detail
