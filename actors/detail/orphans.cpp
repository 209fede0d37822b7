#include "actors/detail/orphans.hpp"

#include "actors/detail/audit.hpp"
#include "storage/audit_log.hpp"
#include "storage/loop_journal.hpp"

#include <utility>

namespace ratchet::actors::detail {

result<orphan_change>
archive_orphan(const services& node, operator_request request) {
  const auto loop = node.journal->find_loop(request.loop);
  if (!loop)
    return loop.err();
  auto state = node.journal->load_state(*loop);
  if (!state)
    return state.err();
  const auto last = storage::last_audit_stamp(*node.store, *loop);
  if (!last)
    return last.err();
  const auto now = node.clock->now();
  request.audit = last->next(now);
  orphan_change out;
  const auto events = workflows::decide(
    {}, *state, workflows::archive_loop{request.who, request.reason}, now);
  if (!events) {
    out.refusal = events.err();
    storage::put_audit(out.batch, *loop, audit_of(request, events.err()));
    return out;
  }
  for (const auto& event : *events) {
    storage::record(out.batch, *loop, state->event_count, event);
    workflows::apply(*state, event);
  }
  out.answer.changed = !events->empty();
  if (out.answer.changed)
    storage::put_state(out.batch, *loop, *state);
  storage::put_audit(
    out.batch, *loop,
    audit_of(
      request,
      out.answer.changed ? workflows::audit_outcome::accepted
                         : workflows::audit_outcome::unchanged));
  return out;
}

} // namespace ratchet::actors::detail
