#include "actors/slots.hpp"

#include <caf/all.hpp>

namespace ratchet::actors {

namespace {

using self_pointer = slots_actor::stateful_pointer<slots_state>;

void serve(self_pointer self) {
  auto& st = self->state;
  while (st.open) {
    const auto attempt = st.core.grant();
    if (!attempt)
      break;
    auto holder = st.waiting.extract(*attempt);
    if (!holder.empty())
      self->send(holder.mapped(), slot_granted{});
  }
  st.board->set(st.core.pools());
}

void look_later(self_pointer self) {
  auto& st = self->state;
  if (st.look_is_due || st.young.empty())
    return;
  st.look_is_due = true;
  const auto wait = st.young.front().first + long_wait - self->clock().now();
  self->delayed_send(
    self, std::max(wait, caf::actor_clock::duration_type{0}), poll_atom{});
}

void claim(
  self_pointer self, const workflows::slot_claim& claim,
  const slot_holder& holder) {
  auto& st = self->state;
  if (st.core.holds(claim.attempt)) {
    self->send(holder, slot_granted{});
    return;
  }
  st.core.claim(claim);
  st.waiting[claim.attempt] = holder;
  serve(self);
  if (!st.core.waits(claim.attempt))
    return;
  st.young.emplace_back(self->clock().now(), claim.attempt);
  look_later(self);
}

/// Tells those who have waited for long that they wait.
void look(self_pointer self) {
  auto& st = self->state;
  st.look_is_due = false;
  const auto before = self->clock().now() - long_wait;
  while (!st.young.empty() && st.young.front().first <= before) {
    const auto it = st.waiting.find(st.young.front().second);
    if (it != st.waiting.end())
      self->send(it->second, slot_awaited{});
    st.young.pop_front();
  }
  look_later(self);
}

} // namespace

workflows::slot_claim claim_for(
  const hosted_loop& loop, const workflows::stage_definition& stage,
  std::string attempt, time_point since) {
  const auto& settings = loop.plan->definition;
  return {
    .attempt = std::move(attempt),
    .loop = loop.name,
    .label = stage.label,
    .priority = stage.priority.value_or(settings.priority),
    .loop_limit = settings.concurrency,
    .since = since,
  };
}

slots_actor::behavior_type slots(
  self_pointer self, const workflows::slot_limits& limits, slot_board* board) {
  self->state.core = workflows::dispatcher{limits};
  self->state.board = board;
  serve(self);
  return {
    [self](const claim_slot& wish, const slot_holder& holder) {
      claim(self, wish.claim, holder);
    },
    [self](const take_slot& taken) {
      self->state.waiting.erase(taken.claim.attempt);
      self->state.core.take(taken.claim);
      serve(self);
    },
    [self](const release_slot& released) {
      self->state.waiting.erase(released.attempt);
      self->state.core.release(released.attempt);
      serve(self);
    },
    [self](begin_atom) {
      self->state.open = true;
      serve(self);
    },
    [self](close_atom) { self->state.open = false; },
    [self](poll_atom) { look(self); },
  };
}

} // namespace ratchet::actors
