#include "actors/detail/loop_record.hpp"

#include "actors/detail/experiment_setup.hpp"
#include "storage/history.hpp"
#include "storage/loop_journal.hpp"
#include "storage/registry.hpp"

#include <string>
#include <utility>
#include <variant>

namespace ratchet::actors::detail {

namespace {

struct writer {
  const services& node;
  const hosted_loop& loop;
  const version_lineage& lineage;
  storage::write_batch& batch;
  std::uint64_t index = 0; ///< Of the event.

  /// Most events are their own record and nothing more.
  template <class Event>
  result<void> operator()(const Event&) const {
    return {};
  }

  result<void> operator()(const workflows::iteration_requested& e) const {
    const workflows::iteration_event first =
      workflows::first_event(loop.name, e);
    storage::record(batch, loop.number, e.number, 0, first);
    workflows::iteration it;
    workflows::apply(loop.plan->definition, it, first);
    storage::put_summary(batch, loop.number, workflows::summarize(it));
    if (!e.request.empty())
      storage::put_request(batch, loop.number, e.request, e.number);
    return {};
  }

  result<void> operator()(const workflows::version_registered& e) const {
    return node.registry->add_version(
      batch, loop.number,
      {.number = e.version,
       .loop = loop.name,
       .source = e.source,
       .iteration = e.iteration,
       .artifact = e.artifact,
       .created = e.at,
       .parent = lineage.parent,
       .dataset_digest = lineage.dataset_digest,
       .note = lineage.note,
       .who = lineage.who});
  }

  result<void> operator()(const workflows::champion_moved& e) const {
    if (e.kind == workflows::move_kind::rollback)
      node.registry->add_rollback(
        batch, loop.number, {e.from, e.to, e.at, e.who, e.reason, index});
    return node.registry->move_alias(
      batch, loop.number,
      {.alias = std::string{storage::champion_alias},
       .expected = e.from,
       .to = e.to,
       .at = e.at,
       .who = e.who,
       .reason = e.reason});
  }

  result<void> operator()(const workflows::experiment_begun& e) const {
    const auto& fingerprint = e.request.fingerprint;
    auto plan = fingerprint == loop.plan->fingerprint
      ? result<workflows::loop_definition>{loop.plan->definition}
      : node.journal->load_definition(loop.number, fingerprint);
    if (!plan)
      return plan.err();
    const auto made = make_experiment(*plan, e, node.history->end(loop.number));
    if (!made)
      return made.err();
    storage::put_experiment(batch, loop.number, summary_of(e, *made));
    storage::put_experiment(batch, loop.number, *made);
    return {};
  }

  result<void> operator()(const workflows::experiment_ended& e) const {
    const auto number = e.verdict.experiment;
    if (number.value == 0)
      return {}; // It never began.
    auto summary =
      storage::load_experiment_summary(*node.store, loop.number, number);
    if (!summary)
      return summary.err();
    summary->ended = e.at;
    summary->verdict = e.verdict;
    storage::put_experiment(batch, loop.number, *summary);
    if (lineage.decision)
      storage::put_experiment(batch, loop.number, *lineage.decision);
    storage::erase_units(batch, loop.number, number);
    return {};
  }
};

} // namespace

result<storage::write_batch> record_loop_events(
  const services& node, const hosted_loop& loop, workflows::loop_state& state,
  const std::vector<workflows::loop_event>& events,
  const version_lineage& lineage) {
  storage::write_batch batch;
  const auto first = state.event_count;
  writer write{node, loop, lineage, batch, first};
  for (const auto& event : events) {
    storage::record(batch, loop.number, write.index, event);
    if (auto written = std::visit(write, event); !written)
      return written.err();
    ++write.index;
  }
  for (const auto& event : events)
    workflows::apply(state, event);
  if (storage::state_is_due(first, state))
    storage::put_state(batch, loop.number, state);
  return batch;
}

} // namespace ratchet::actors::detail
