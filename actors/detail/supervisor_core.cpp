#include "actors/detail/supervisor_core.hpp"

#include "actors/detail/audit.hpp"
#include "actors/detail/supervisor_areas.hpp"
#include "actors/detail/supervisor_children.hpp"
#include "actors/detail/supervisor_experiments.hpp"
#include "actors/errors.hpp"
#include "base/log.hpp"
#include "storage/audit_log.hpp"
#include "storage/history.hpp"
#include "storage/registry.hpp"

#include <caf/all.hpp>

#include <algorithm>
#include <chrono>
#include <utility>
#include <variant>

namespace ratchet::actors::detail {

namespace {

using namespace std::chrono_literals;
using event_list = std::vector<workflows::loop_event>;

/// What follows from an event that is durable now.
struct effect_runner {
  supervisor_pointer self;

  template <class Event>
  void operator()(const Event&) const {}

  void operator()(const workflows::iteration_requested& e) const {
    auto& st = self->state;
    workflows::iteration machine;
    workflows::apply(
      st.peers.loop->plan->definition, machine,
      workflows::first_event(st.peers.loop->name, e));
    ++st.peers.node->stats->iterations_started;
    start_iteration(self, st.peers.loop->plan, std::move(machine));
    log(
      log_level::info, "iteration started",
      {{"loop", st.peers.loop->name},
       {"iteration", text(e.number)},
       {"reason", e.reason}});
  }

  void operator()(const workflows::iteration_closed& e) const {
    auto& st = self->state;
    ++st.peers.node->stats->iterations_ended;
    log(
      log_level::info, "iteration ended",
      {{"loop", st.peers.loop->name},
       {"iteration", text(e.number)},
       {"outcome", std::string{to_string(e.outcome)}}});
    st.compute.erase(e.number);
    tell_end(self, e.number);
    const auto it = st.iterations.find(e.number);
    if (it == st.iterations.end())
      return;
    self->demonitor(it->second.address());
    self->send_exit(it->second, caf::exit_reason::user_shutdown);
    st.iterations.erase(it);
  }

  void operator()(const workflows::experiment_begun& e) const {
    take_effect(self, e);
  }
  void operator()(const workflows::experiment_ended& e) const {
    take_effect(self, e);
  }

  void operator()(const workflows::champion_moved& e) const {
    auto& st = self->state;
    if (auto served = serve_champion(st); !served)
      log(
        log_level::error, "cannot serve the new champion",
        {{"loop", st.peers.loop->name}, {"error", served.err().message}});
    tell_promotions(self);
    log(
      e.alarm ? log_level::error : log_level::info,
      e.alarm ? "champion taken back" : "champion moved",
      {{"loop", st.peers.loop->name},
       {"kind", std::string{to_string(e.kind)}},
       {"from", std::to_string(e.from.value)},
       {"to", std::to_string(e.to.value)},
       {"reason", e.reason}});
  }

  void operator()(const workflows::loop_adopted&) const {
    look_for_areas(self);
  }
  void operator()(const workflows::areas_looked& e) const {
    log(
      log_level::info, "looked for areas",
      {{"loop", self->state.peers.loop->name},
       {"areas", std::to_string(e.look.areas.size())},
       {"sentence", e.sentence}});
  }

  void operator()(const workflows::drop_raised& e) const {
    log(
      e.reading.level == workflows::drop_level::alarm ? log_level::error
                                                      : log_level::warning,
      e.reading.level == workflows::drop_level::alarm
        ? "a metric dropped"
        : "a metric may have dropped",
      {{"loop", self->state.peers.loop->name},
       {"metric", e.metric},
       {"version", std::to_string(e.reading.version.value)},
       {"sentence", e.sentence}});
  }
};

void serve_queue(supervisor_pointer self);

/// Makes `events` durable, carries out what they ask for, and calls `done`.
/// They are applied already; until they are durable no other message is taken,
/// so nobody sees that.
void record(
  supervisor_pointer self, event_list events, storage::write_batch batch,
  const command_done& done) {
  auto& st = self->state;
  st.recording = true;
  self->request(st.peers.journal, 60s, commit_batch{std::move(batch)})
    .await(
      [self, events = std::move(events), done](committed) {
        self->state.recording = false;
        for (const auto& event : events)
          std::visit(effect_runner{self}, event);
        done(nullptr, true);
        consider(self);
        serve_queue(self);
      },
      [self, done](caf::error& failure) {
        // What reached the disk is unknown: the root starts anew from it.
        done(&failure, false);
        self->quit(failure);
      });
}

/// Says how far the history goes at the moment of the decision.
struct end_stamp {
  sequence end;

  template <class Command>
  void operator()(Command& command) const {
    if constexpr (requires { command.history_end; })
      command.history_end = end;
  }
};

using waiting_command = supervisor_state::waiting_command;

/// It was so already.
void leave_unchanged(supervisor_pointer self, const waiting_command& turn) {
  if (!turn.asked) {
    turn.done(nullptr, false);
    return;
  }
  record_audit(
    self, audit_of(*turn.asked, workflows::audit_outcome::unchanged),
    [done = turn.done](const caf::error* failure) { done(failure, false); });
}

void refuse(
  supervisor_pointer self, const waiting_command& turn, const error& why) {
  const auto refused = to_caf(why);
  if (!turn.asked) {
    turn.done(&refused, false);
    return;
  }
  record_audit(
    self, audit_of(*turn.asked, why),
    [done = turn.done, refused](const caf::error* failure) {
      done(failure != nullptr ? failure : &refused, false);
    });
}

void decide_now(supervisor_pointer self, waiting_command& turn) {
  auto& st = self->state;
  std::visit(
    end_stamp{st.peers.node->history->end(st.peers.loop->number)},
    turn.command);
  auto events = workflows::decide(
    st.peers.loop->plan->definition, st.machine, turn.command, now(st));
  if (events && events->empty()) {
    leave_unchanged(self, turn);
    return;
  }
  auto batch = events
    ? record_loop_events(
        *st.peers.node, *st.peers.loop, st.machine, *events, turn.lineage)
    : result<storage::write_batch>{events.err()};
  if (!batch) {
    // Of what the loop decides by itself nobody else would hear.
    if (events)
      log(
        log_level::error, "cannot record what was decided",
        {{"loop", st.peers.loop->name}, {"error", batch.err().message}});
    refuse(self, turn, batch.err());
    return;
  }
  if (turn.asked)
    storage::put_audit(
      *batch, st.peers.loop->number,
      audit_of(*turn.asked, workflows::audit_outcome::accepted));
  record(self, std::move(*events), std::move(*batch), turn.done);
}

void serve_queue(supervisor_pointer self) {
  auto& st = self->state;
  while (!st.recording && !st.queue.empty()) {
    auto turn = std::move(st.queue.front());
    st.queue.pop_front();
    decide_now(self, turn);
  }
}

void set_alarm(supervisor_pointer self) {
  auto& st = self->state;
  const auto next = workflows::next_look(
    st.peers.loop->plan->definition, st.machine, inputs_now(st), now(st));
  if (next == st.look_again)
    return;
  st.look_again = next;
  if (to_ms(st.look_again) != 0)
    self->send(
      st.peers.timers, wake_at{st.look_again, 0}, timer_listener{self});
}

} // namespace

void start_iteration(
  supervisor_pointer self, std::shared_ptr<const hosted_plan> plan,
  workflows::iteration machine, bool take_up) {
  auto& st = self->state;
  const auto number = machine.start.number;
  auto peers = st.peers;
  peers.plan = std::move(plan);
  auto actor = self->spawn<caf::linked>(
    iteration, self->address(), std::move(peers), std::move(machine));
  self->monitor(actor);
  if (take_up)
    self->send(actor, begin_atom{});
  st.iterations[number] = std::move(actor);
}

result<void> serve_champion(const supervisor_state& st) {
  const auto champion = st.machine.champion;
  if (champion.value == 0)
    return {};
  const auto& node = *st.peers.node;
  const auto version = node.registry->version(st.peers.loop->number, champion);
  if (!version)
    return version.err();
  auto arms = served_arms(st);
  if (!arms)
    return arms.err();
  node.assignments->set(
    st.peers.loop->name,
    {champion, version->artifact.digest, version->artifact.name,
     std::move(*arms)});
  return {};
}

void carry_out(
  supervisor_pointer self, workflows::loop_command command,
  version_lineage lineage, command_done done) {
  self->state.queue.push_back(
    {std::move(command), std::move(lineage), std::move(done), std::nullopt});
  serve_queue(self);
}

workflows::trigger_inputs inputs_now(const supervisor_state& st) {
  auto inputs = st.inputs;
  inputs.promotions = st.promotions;
  const auto at = now(st);
  for (const auto& [number, told] : st.compute) {
    auto ran = told.ended;
    for (const auto since : told.running)
      ran += std::max(at - since, duration{0});
    const auto counted = st.machine.accounted.find(number);
    if (counted != st.machine.accounted.end())
      ran -= std::min(counted->second, ran);
    inputs.in_flight += ran;
  }
  return inputs;
}

void tell_promotions(supervisor_pointer self) {
  const auto& st = self->state;
  if (!st.root)
    return;
  self->send(
    st.root, loop_promoted{st.peers.loop->name, st.machine.promotions});
}

void carry_out_for(
  supervisor_pointer self, const operator_request& request,
  workflows::loop_command command, version_lineage lineage, command_done done) {
  self->state.queue.push_back(
    {std::move(command), std::move(lineage), std::move(done), request});
  serve_queue(self);
}

void record_audit(
  supervisor_pointer self, const workflows::audit_entry& entry,
  std::function<void(const caf::error*)> done) {
  auto& st = self->state;
  storage::write_batch batch;
  storage::put_audit(batch, st.peers.loop->number, entry);
  st.recording = true;
  self->request(st.peers.journal, 60s, commit_batch{std::move(batch)})
    .await(
      [self, done](committed) {
        self->state.recording = false;
        done(nullptr);
        serve_queue(self);
      },
      [self, done](caf::error& failure) {
        done(&failure);
        self->quit(failure);
      });
}

void consider(supervisor_pointer self) {
  set_alarm(self);
  carry_out(
    self, workflows::consider_start{inputs_now(self->state)}, {}, ignore);
}

} // namespace ratchet::actors::detail
