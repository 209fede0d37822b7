#include "actors/detail/end_children.hpp"

#include <utility>

namespace ratchet::actors::detail {

void end_children(
  caf::scheduled_actor* self, std::set<caf::actor_addr> children,
  const caf::error& reason) {
  if (children.empty()) {
    self->quit(reason);
    return;
  }
  for (const auto& child : children)
    self->send_exit(child, reason);
  self->set_down_handler(
    [reason, left = std::move(children)](
      caf::scheduled_actor* me, const caf::down_msg& down) mutable {
      left.erase(down.source);
      if (left.empty())
        me->quit(reason);
    });
}

} // namespace ratchet::actors::detail
