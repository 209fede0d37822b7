#include "api/trigger_inputs.hpp"

#include "actors/client.hpp"
#include "storage/loop_journal.hpp"

#include <algorithm>

namespace ratchet::api {
namespace {

/// How long the attempts of an iteration have run until `now`.
duration ran_until(const workflows::iteration& it, time_point now) {
  auto ran = it.ran;
  for (const auto since : it.running_since())
    ran += std::max(now - since, duration{0});
  return ran;
}

result<duration> read_in_flight(
  const api_context& context, const workflows::loop_state& state,
  loop_number number) {
  const auto& journal = context.node.journal();
  duration sum{0};
  for (const auto n : state.running) {
    const auto summary = journal.load_summary(number, n);
    if (!summary)
      return summary.err();
    const auto plan =
      journal.load_definition(number, summary->start.fingerprint);
    if (!plan)
      return plan.err();
    const auto iteration = journal.load_iteration(number, n, *plan);
    if (!iteration)
      return iteration.err();
    const auto ran = ran_until(*iteration, context.clock.now());
    const auto counted = state.accounted.find(n);
    sum += counted == state.accounted.end()
      ? ran
      : ran - std::min(counted->second, ran);
  }
  return sum;
}

} // namespace

result<workflows::trigger_inputs> read_trigger_inputs(
  const api_context& context, const workflows::loop_definition& definition,
  const workflows::loop_state& state, loop_number number,
  const storage::monitor_state& monitor) {
  auto inputs = storage::inputs_of(monitor);
  const auto& journal = context.node.journal();
  for (const auto& other : workflows::sources_of(
         definition.trigger, workflows::condition_kind::promoted)) {
    const auto of = journal.find_loop(other);
    if (!of)
      return of.err();
    const auto theirs = journal.load_state(*of);
    if (!theirs)
      return theirs.err();
    inputs.promotions[other] = theirs->promotions;
  }
  if (definition.trigger.compute.running != duration{0}) {
    const auto ran = read_in_flight(context, state, number);
    if (!ran)
      return ran.err();
    inputs.in_flight = *ran;
  }
  return workflows::complete_inputs(state, std::move(inputs));
}

} // namespace ratchet::api
