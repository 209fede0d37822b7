#include "actors/detail/recover.hpp"

#include "storage/loop_journal.hpp"

#include <utility>

namespace ratchet::actors::detail {

namespace {

result<std::shared_ptr<const hosted_plan>> plan_of(
  const services& node, const hosted_loop& loop,
  const std::string& fingerprint) {
  if (fingerprint == loop.plan->fingerprint)
    return loop.plan;
  auto definition = node.journal->load_definition(loop.number, fingerprint);
  if (!definition)
    return definition.err();
  return make_plan(std::move(*definition), {});
}

} // namespace

iteration_loaded load_iteration(
  const services& node, const hosted_loop& loop, iteration_number number) {
  iteration_loaded loaded{.number = number};
  const auto summary = node.journal->load_summary(loop.number, number);
  if (!summary) {
    loaded.failure = summary.err();
    return loaded;
  }
  auto plan = plan_of(node, loop, summary->start.fingerprint);
  if (!plan) {
    loaded.failure = plan.err();
    return loaded;
  }
  auto state =
    node.journal->load_iteration(loop.number, number, (*plan)->definition);
  if (!state) {
    loaded.failure = state.err();
    return loaded;
  }
  loaded.plan = std::move(*plan);
  loaded.state = std::move(*state);
  return loaded;
}

} // namespace ratchet::actors::detail
