#include "api/monitored_loop.hpp"

#include "actors/client.hpp"
#include "storage/loop_journal.hpp"

#include <utility>

namespace ratchet::api {

result<monitored_loop>
monitored_loop_of(const api_context& context, const request& request) {
  auto loop = known_loop_of(context, request);
  if (!loop)
    return loop.err();
  auto state = context.node.journal().load_state(loop->number);
  if (!state)
    return state.err();
  auto monitor = storage::load_monitor(context.node.store(), loop->number);
  if (!monitor)
    return monitor.err();
  return monitored_loop{
    std::move(*loop), std::move(*state), std::move(*monitor)};
}

} // namespace ratchet::api
