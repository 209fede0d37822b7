#include "actors/detail/attempt_orders.hpp"

#include "actors/detail/unit_results.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

namespace ratchet::actors::detail {

namespace {

using workflows::stage_status;

std::shared_ptr<const unit_results>
shared_results(iteration_state& st, const std::string& stage) {
  auto& known = st.results[stage];
  if (!known)
    known = results_of(st.machine.fan_outs.at(stage));
  return known;
}

/// What the units of `earlier` made: all of it, or for an item that is one of
/// theirs what that one made.
void add_units(
  iteration_state& st, attempt_order& order, const std::string& earlier) {
  auto results = shared_results(st, earlier);
  const auto& options = order.stage->for_each;
  const bool same_items = order.item && options &&
    options->source == workflows::item_source::units &&
    options->stage == earlier;
  if (!same_items) {
    order.joined.emplace_back(earlier, std::move(results));
    return;
  }
  const auto own = results->index_of.find(order.item->value);
  if (own == results->index_of.end())
    return;
  const auto& output = results->units[own->second].output;
  if (!output.artifacts.empty())
    order.inputs.emplace_back(earlier, output.artifacts);
}

void add_inputs(iteration_state& st, attempt_order& order) {
  const auto& plan = st.peers.plan->definition;
  for (const auto& earlier : st.peers.plan->before.at(order.stage->name)) {
    const auto& before = st.machine.stages.at(earlier);
    const auto& output = before.output;
    // A promotion past a gate that was skipped says so.
    const auto* definition = plan.stage(earlier);
    if (
      before.status == stage_status::skipped &&
      workflows::is_judge(definition->kind))
      order.evidence = workflows::skip_sentence(
        *definition, before.skipped_by, before.skip_reason);
    const auto units = st.machine.fan_outs.find(earlier);
    if (
      units != st.machine.fan_outs.end() && !units->second.items.empty() &&
      workflows::is_final(before.status))
      add_units(st, order, earlier);
    if (!output.artifacts.empty())
      order.inputs.emplace_back(earlier, output.artifacts);
    if (!output.values.empty())
      order.values.emplace_back(earlier, output.values);
    // It compared with the champion of its own time.
    if (
      definition->kind == workflows::stage_kind::experiment &&
      before.status == stage_status::succeeded)
      order.champion = workflows::champion_after(output);
    // Whoever approved stands beside what the gates found.
    if (!output.sentence.empty())
      order.evidence = definition->kind == workflows::stage_kind::approval &&
          !order.evidence.empty()
        ? order.evidence + "; " + output.sentence
        : output.sentence;
  }
}

/// The stage before it that chose one; null if none did.
const workflows::stage_state*
choice_before(const iteration_state& st, const std::string& stage) {
  const workflows::stage_state* found = nullptr;
  for (const auto& earlier : st.peers.plan->before.at(stage)) {
    const auto* definition = st.peers.plan->definition.stage(earlier);
    const auto& state = st.machine.stages.at(earlier);
    if (
      definition->kind == workflows::stage_kind::choose &&
      state.status == stage_status::succeeded)
      found = &state;
  }
  return found;
}

/// The version that a promotion takes: of the stage before it that chose one,
/// if any did; else the iteration's. 0: none.
version_number
version_before(const iteration_state& st, const std::string& stage) {
  const auto* choice = choice_before(st, stage);
  return choice == nullptr ? st.machine.version() : choice->output.version;
}

/// Who is compared with the champion: what the stage before it chose, else the
/// best that the gates passed, else what the iteration made.
std::vector<version_number>
challengers_before(const iteration_state& st, const std::string& stage) {
  const auto& plan = st.peers.plan->definition;
  const auto* definition = plan.stage(stage);
  std::vector<version_number> out;
  if (choice_before(st, stage) == nullptr)
    out = workflows::passed_challengers(plan, st.machine, *definition);
  const std::size_t most = definition->experiment->challengers;
  out.resize(std::min(out.size(), most));
  if (const auto made = version_before(st, stage);
      out.empty() && made.value != 0)
    out.push_back(made);
  return out;
}

} // namespace

experiment_wanted experiment_for(
  const iteration_state& st, const workflows::ask_experiment& effect) {
  workflows::experiment_request wish;
  wish.iteration = st.machine.start.number;
  wish.stage = effect.stage;
  wish.attempt = effect.attempt;
  wish.fingerprint = st.peers.plan->fingerprint;
  wish.challengers = challengers_before(st, effect.stage);
  return {std::move(wish)};
}

attempt_order order_for(
  iteration_state& st, const std::string& unit, std::uint32_t attempt,
  bool resumed) {
  const auto& state = *st.machine.find(unit);
  const auto ref = workflows::parse_unit(unit);
  const std::string stage{ref.stage};
  attempt_order order{
    .id = workflows::unit_attempt_id(
      st.peers.loop->name, st.machine.start.number, unit, attempt),
    .unit = unit,
    .stage = st.peers.plan->definition.any_stage(stage),
    .attempt = attempt,
    .resumed = resumed && state.status == stage_status::running,
    .canceled = st.machine.cancel_requested && !state.cleanup,
    .queued = state.status == stage_status::queued,
    .since = state.started,
    .start = st.machine.start,
    .champion = st.machine.start.champion,
    .version = st.machine.version(),
  };
  if (ref.index)
    order.item = attempt_order::item_to_run{
      *ref.index, st.machine.fan_outs.at(stage).items.at(*ref.index)};
  if (state.cleanup)
    order.ending =
      attempt_order::end_that_is_due{st.machine.ending, st.machine.end_reason};
  if (order.stage->kind == workflows::stage_kind::callable)
    order.steps = state.steps;
  if (order.stage->kind == workflows::stage_kind::choose)
    order.choice = workflows::choose_challenger(
      st.peers.plan->definition, st.machine, *order.stage);
  if (order.stage->kind == workflows::stage_kind::promote)
    order.version = version_before(st, stage);
  add_inputs(st, order);
  return order;
}

} // namespace ratchet::actors::detail
