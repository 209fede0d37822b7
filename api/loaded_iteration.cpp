#include "api/loaded_iteration.hpp"

#include "actors/client.hpp"
#include "api/handlers.hpp"
#include "api/known_loop.hpp"
#include "storage/loop_journal.hpp"

#include <utility>
#include <variant>

namespace ratchet::api {

result<loaded_iteration>
load_iteration(const api_context& context, const request& request) {
  loaded_iteration out;
  const auto loop = known_loop_of(context, request);
  if (!loop)
    return loop.err();
  out.loop = loop->name;
  out.number = loop->number;
  const auto number = iteration_of_path(request);
  if (!number)
    return number.err();
  const auto& journal = context.node.journal();
  // Before the events: an end that comes in between is told the next time.
  const auto state = journal.load_state(out.number);
  if (!state)
    return state.err();
  auto events = journal.iteration_events(out.number, *number);
  if (!events) {
    if (events.err().code != errc::not_found)
      return events.err();
    return error{
      errc::not_found,
      "loop \"" + out.loop + "\" has no iteration " +
        std::to_string(number->value)};
  }
  out.events = std::move(*events);
  if (
    state->running.contains(*number) &&
    std::holds_alternative<workflows::iteration_ended>(out.events.back()))
    out.events.pop_back();
  // Its own definition, which may be older than the one that is hosted.
  const auto& start =
    std::get<workflows::iteration_started>(out.events.front());
  auto plan = journal.load_definition(out.number, start.fingerprint);
  if (!plan)
    return plan.err();
  out.plan = std::move(*plan);
  for (const auto& event : out.events)
    workflows::apply(out.plan, out.state, event);
  auto rolled_back =
    context.node.registry().rollback_of(out.number, out.state.version());
  if (!rolled_back)
    return rolled_back.err();
  out.rolled_back = std::move(*rolled_back);
  return out;
}

} // namespace ratchet::api
