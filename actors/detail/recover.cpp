#include "actors/detail/recover.hpp"

#include "storage/loop_journal.hpp"

#include <utility>
#include <variant>

namespace ratchet::actors::detail {

namespace {

result<std::shared_ptr<const hosted_plan>> plan_of(
  const services& node, const hosted_loop& loop,
  const std::string& fingerprint) {
  if (fingerprint == loop.plan->fingerprint)
    return loop.plan;
  if (auto known = loop.earlier->find(fingerprint))
    return known;
  auto definition = node.journal->load_definition(loop.number, fingerprint);
  if (!definition)
    return definition.err();
  return loop.earlier->share(make_plan(std::move(*definition), {}));
}

} // namespace

iteration_loaded load_iteration(
  const services& node, const hosted_loop& loop, iteration_number number) {
  iteration_loaded loaded{.number = number};
  const auto events = node.journal->iteration_events(loop.number, number);
  if (!events) {
    loaded.failure = events.err();
    return loaded;
  }
  // The journal begins with its start, or it would have been refused.
  const auto& start = std::get<workflows::iteration_started>(events->front());
  auto plan = plan_of(node, loop, start.fingerprint);
  if (!plan) {
    loaded.failure = plan.err();
    return loaded;
  }
  for (const auto& event : *events)
    workflows::apply((*plan)->definition, loaded.state, event);
  loaded.plan = std::move(*plan);
  return loaded;
}

} // namespace ratchet::actors::detail
