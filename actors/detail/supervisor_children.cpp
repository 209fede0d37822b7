#include "actors/detail/supervisor_children.hpp"

#include "actors/errors.hpp"
#include "storage/loop_journal.hpp"

#include <caf/all.hpp>

#include <utility>

namespace ratchet::actors::detail {

namespace {

result<child_ended> end_of(const supervisor_state& st, iteration_number n) {
  const auto summary =
    st.peers.node->journal->load_summary(st.peers.loop->number, n);
  if (!summary)
    return summary.err();
  return child_ended{summary->outcome, summary->version, summary->verdict};
}

/// Answers all who asked for the same iteration while it was being recorded.
void answer_start(
  supervisor_pointer self, const std::string& request,
  const caf::error* failure) {
  auto waiting = self->state.starting.extract(request);
  if (waiting.empty())
    return;
  for (auto& promise : waiting.mapped())
    if (failure != nullptr)
      promise.deliver(*failure);
    else
      promise.deliver(child_started{self->state.machine.last_iteration});
}

} // namespace

caf::result<child_started>
start_child_iteration(supervisor_pointer self, const start_child& wish) {
  auto& st = self->state;
  const auto known =
    st.peers.node->journal->find_request(st.peers.loop->number, wish.request);
  if (!known)
    return to_caf(known.err());
  const auto under_way = st.starting.find(wish.request);
  if (known->value != 0 || (wish.only_find && under_way == st.starting.end()))
    return child_started{*known};
  auto promise = self->make_response_promise<child_started>();
  if (under_way != st.starting.end()) {
    under_way->second.push_back(promise);
    return promise;
  }
  st.starting[wish.request].push_back(promise);
  carry_out(
    self,
    workflows::start_iteration{
      .who = wish.who,
      .reason = wish.reason,
      .inputs = inputs_now(st),
      .request = wish.request},
    {}, [self, request = wish.request](const caf::error* failure, bool) {
      answer_start(self, request, failure);
    });
  return promise;
}

caf::result<child_ended>
await_child_iteration(supervisor_pointer self, const await_child& wish) {
  auto& st = self->state;
  if (!st.machine.running.contains(wish.number)) {
    const auto end = end_of(st, wish.number);
    if (!end)
      return to_caf(end.err());
    return *end;
  }
  auto promise = self->make_response_promise<child_ended>();
  st.awaited.emplace(wish.number, promise);
  return promise;
}

void tell_end(supervisor_pointer self, iteration_number number) {
  auto& waiting = self->state.awaited;
  const auto [first, last] = waiting.equal_range(number);
  if (first == last)
    return;
  const auto end = end_of(self->state, number);
  for (auto each = first; each != last; ++each)
    if (end)
      each->second.deliver(*end);
    else
      each->second.deliver(to_caf(end.err()));
  waiting.erase(first, last);
}

void refuse_waiting(supervisor_pointer self, const error& reason) {
  auto& st = self->state;
  for (auto& [number, promise] : std::exchange(st.awaited, {}))
    promise.deliver(to_caf(reason));
  for (auto& [request, promises] : std::exchange(st.starting, {}))
    for (auto& promise : promises)
      promise.deliver(to_caf(reason));
}

} // namespace ratchet::actors::detail
