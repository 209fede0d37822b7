#include "actors/root.hpp"

#include "actors/detail/end_children.hpp"
#include "actors/detail/orphans.hpp"
#include "actors/detail/recover.hpp"
#include "actors/errors.hpp"
#include "actors/monitor.hpp"
#include "actors/retention.hpp"
#include "actors/slots.hpp"
#include "base/log.hpp"
#include "storage/audit_log.hpp"
#include "storage/loop_journal.hpp"
#include "storage/store.hpp"

#include <caf/all.hpp>

#include <chrono>
#include <set>
#include <utility>

namespace ratchet::actors {

namespace {

using namespace std::chrono_literals;
using self_pointer = root_actor::stateful_pointer<root_state>;

constexpr duration restart_delay = 1s;

/// Commands that outlived the engine hold slots, so that what waits does not
/// run beside them. Their stages give the slots back, also of those that turn
/// out to have ended.
void take_slots(self_pointer self, const loop_start& start) {
  for (const auto& loaded : start.running) {
    if (loaded.failure)
      continue;
    const auto take = [&](
                        const std::string& stage_name, const std::string& unit,
                        const workflows::stage_state& state) {
      const auto* stage = loaded.plan->definition.any_stage(stage_name);
      if (
        stage != nullptr && stage->kind == workflows::stage_kind::command &&
        state.status == workflows::stage_status::running)
        self->send(
          self->state.shared.slots,
          take_slot{claim_for(
            *start.loop, *stage,
            workflows::unit_attempt_id(
              start.loop->name, loaded.number, unit, state.attempt),
            state.started)});
    };
    for (const auto& [name, state] : loaded.state.stages)
      take(name, name, state);
    for (const auto& [name, units] : loaded.state.fan_outs)
      for (const auto index : units.under_way)
        take(name, workflows::unit_name(name, index), units.units[index]);
  }
}

/// The loops whose promotions this one's trigger looks at.
std::set<std::string> waits_for(const hosted_loop& loop) {
  return workflows::sources_of(
    loop.plan->definition.trigger, workflows::condition_kind::promoted);
}

void pass_on(self_pointer self, const loop_promoted& told) {
  self->state.promotions[told.loop] = told.promotions;
  for (const auto& [name, running] : self->state.loops)
    if (waits_for(*running.loop).contains(told.loop))
      self->send(running.supervisor, told);
}

void start_loop(self_pointer self, loop_start& start) {
  auto& st = self->state;
  const auto loop = start.loop;
  take_slots(self, start);
  iteration_peers peers{
    .node = st.node,
    .loop = loop,
    .plan = loop->plan,
    .journal = st.shared.journal,
    .timers = st.shared.timers,
    .slots = st.shared.slots,
    .stage_threads = st.shared.stage_threads,
    .readers = st.shared.readers,
    .supervisor = {},
    .directory = directory_actor{root_actor{self}},
  };
  auto lead = self->spawn<caf::linked>(
    supervisor, self->address(),
    supervisor_start{
      std::move(peers), std::move(start.machine), std::move(start.running),
      std::move(start.asleep), std::move(start.ran), start.inputs(),
      promotion_listener{self}, start.audited});
  auto follower = self->spawn<caf::linked>(
    monitor, st.node, loop, std::move(start.totals), std::move(start.history),
    st.shared.journal, st.shared.readers, lead);
  self->monitor(lead);
  self->monitor(follower);
  self->send(lead, begin_atom{});
  for (const auto& other : waits_for(*loop))
    if (const auto said = st.promotions.find(other);
        said != st.promotions.end())
      self->send(lead, loop_promoted{other, said->second});
  self->send(st.shared.channels, loop->name, history_follower{follower});
  st.loops[loop->name] = {loop, lead, follower};
}

/// Reads the loop back on a reader's thread; it comes as loop_start.
void reload(self_pointer self, std::shared_ptr<const hosted_loop> loop) {
  // A store that has stopped stays so until the node is started again, which
  // `not_ready` says; trying on would only fill the log.
  if (!self->state.node->store->health())
    return;
  self->send(
    self->state.shared.readers,
    run_job{
      [node = self->state.node, loop = std::move(loop), me = root_actor{self}] {
        caf::anon_send(me, load_loop(*node, loop));
      }});
}

void take_start(self_pointer self, loop_start& start) {
  if (!start.failure) {
    start_loop(self, start);
    return;
  }
  log(
    log_level::error, "cannot read a loop back; trying again",
    {{"loop", start.loop->name}, {"error", start.failure->message}});
  self->delayed_send(self, restart_delay, reload_loop{start.loop});
}

/// What is left to do while the loops end: say so.
root_actor::behavior_type ending() {
  return {
    [](front_request& front) {
      front.done(error{errc::unavailable, "the engine is shutting down"});
    },
    [](const loop_start&) -> bool { return false; },
    [](const loop_promoted&) {},
    [](const find_loop&) -> caf::result<supervisor_actor> {
      return to_caf({errc::unavailable, "the engine is shutting down"});
    },
    [](const reload_loop&) {},
    [](begin_atom) {},
  };
}

void end(self_pointer self, const caf::error& reason) {
  std::set<caf::actor_addr> actors;
  for (const auto& [name, running] : self->state.loops) {
    actors.insert(running.supervisor.address());
    actors.insert(running.monitor.address());
  }
  if (self->state.retention)
    actors.insert(self->state.retention.address());
  self->become(ending());
  detail::end_children(self, std::move(actors), reason);
}

void start_retention(self_pointer self) {
  auto& st = self->state;
  if (st.bounded.empty())
    return;
  st.retention = self->spawn<caf::linked>(
    retention,
    retention_start{
      st.node, st.shared.journal, st.shared.timers, st.shared.readers,
      st.bounded});
  self->monitor(st.retention);
}

void actor_down(self_pointer self, const caf::down_msg& down) {
  auto& st = self->state;
  if (st.retention && st.retention.address() == down.source) {
    log(
      log_level::error, "the retention failed; starting it again",
      {{"reason", to_string(down.reason)}});
    st.retention = nullptr;
    self->delayed_send(self, restart_delay, begin_atom{});
    return;
  }
  for (const auto& [name, running] : st.loops) {
    if (
      running.supervisor.address() != down.source &&
      running.monitor.address() != down.source)
      continue;
    log(
      log_level::error, "a loop's actor failed; starting the loop again",
      {{"loop", name}, {"reason", to_string(down.reason)}});
    self->demonitor(running.supervisor.address());
    self->demonitor(running.monitor.address());
    self->send_exit(running.supervisor, caf::exit_reason::user_shutdown);
    self->send_exit(running.monitor, caf::exit_reason::user_shutdown);
    self->delayed_send(self, restart_delay, reload_loop{running.loop});
    st.loops.erase(name);
    return;
  }
}

caf::result<supervisor_actor> find(self_pointer self, const std::string& loop) {
  const auto it = self->state.loops.find(loop);
  if (it == self->state.loops.end())
    return to_caf(
      {errc::unavailable, "loop \"" + loop + "\" is just being taken up"});
  return it->second.supervisor;
}

/// Of a loop that nobody hosts. Other requests wait until it is durable, so
/// that the next one is decided on what this one left.
void archive(self_pointer self, const front_request& front) {
  auto change = detail::archive_orphan(*self->state.node, front.request);
  if (!change) {
    front.done(change.err());
    return;
  }
  self
    ->request(
      self->state.shared.journal, 60s, commit_batch{std::move(change->batch)})
    .await(
      [done = front.done, answer = change->answer,
       refusal = change->refusal](committed) {
        if (refusal)
          done(*refusal);
        else
          done(answer);
      },
      [done = front.done](caf::error& e) { done(from_caf(e)); });
}

void pass_on(self_pointer self, front_request& front) {
  if (front.orphan) {
    archive(self, front);
    return;
  }
  const auto it = self->state.loops.find(front.request.loop);
  if (it == self->state.loops.end()) {
    front.done(error{
      errc::unavailable,
      "loop \"" + front.request.loop + "\" is just being taken up; try again"});
    return;
  }
  self->request(it->second.supervisor, 90s, std::move(front.request))
    .then(
      [done = front.done](const operator_answer& answer) { done(answer); },
      [done = front.done](caf::error& e) { done(from_caf(e)); });
}

/// What the sleepers ran so far; the others tell it when they are there.
void read_ran(const services& node, loop_start& start) {
  for (const auto& [number, until] : start.asleep) {
    const auto summary = node.journal->load_summary(start.loop->number, number);
    if (!summary) {
      start.failure = summary.err();
      return;
    }
    start.ran[number] = summary->ran;
  }
}

} // namespace

loop_start
load_loop(const services& node, std::shared_ptr<const hosted_loop> loop) {
  loop_start start;
  start.loop = std::move(loop);
  auto machine = node.journal->load_state(start.loop->number);
  if (!machine) {
    start.failure = machine.err();
    return start;
  }
  auto totals = storage::load_monitor(*node.store, start.loop->number);
  if (!totals) {
    start.failure = totals.err();
    return start;
  }
  start.machine = std::move(*machine);
  start.totals = std::move(*totals);
  const auto audited =
    storage::last_audit_stamp(*node.store, start.loop->number);
  if (!audited) {
    start.failure = audited.err();
    return start;
  }
  start.audited = *audited;
  auto history = storage::load_history(*node.store, start.loop->number);
  if (!history) {
    start.failure = history.err();
    return start;
  }
  start.history = std::move(*history);
  auto asleep = node.journal->sleepers(start.loop->number);
  if (!asleep) {
    start.failure = asleep.err();
    return start;
  }
  for (const auto number : start.machine.running)
    if (auto sleeper = asleep->extract(number); !sleeper.empty())
      start.asleep.insert(start.asleep.end(), std::move(sleeper));
    else
      start.running.push_back(
        detail::load_iteration(node, *start.loop, number));
  if (start.loop->plan->definition.trigger.compute.running != duration{0})
    read_ran(node, start);
  return start;
}

root_actor::behavior_type root(
  self_pointer self, const services* node, shared_actors shared,
  const std::vector<std::shared_ptr<const hosted_loop>>& hosted) {
  self->state.node = node;
  self->state.shared = std::move(shared);
  for (const auto& loop : hosted)
    if (loop->plan->definition.keep != workflows::retention_limits{})
      self->state.bounded.push_back(loop);
  // Loops are linked, so that they end even if the root fails; their own ends
  // are told by down messages.
  // (anon_send_exit names the receiver itself as the source.)
  self->set_exit_handler([self](caf::exit_msg& message) {
    if (message.source == self->address())
      end(self, message.reason);
  });
  self->set_down_handler(
    [self](caf::down_msg& down) { actor_down(self, down); });
  start_retention(self);
  return {
    [self](front_request& front) { pass_on(self, front); },
    [self](loop_start& start) -> bool {
      take_start(self, start);
      return true;
    },
    [self](const loop_promoted& told) { pass_on(self, told); },
    [self](const find_loop& wish) { return find(self, wish.loop); },
    [self](reload_loop& wish) { reload(self, std::move(wish.loop)); },
    [self](begin_atom) { start_retention(self); },
  };
}

} // namespace ratchet::actors
