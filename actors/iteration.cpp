#include "actors/iteration.hpp"

#include "actors/detail/attempt.hpp"
#include "actors/detail/attempt_orders.hpp"
#include "actors/detail/audit.hpp"
#include "actors/detail/item_lookup.hpp"
#include "actors/detail/iteration_record.hpp"
#include "actors/detail/operator_command.hpp"
#include "actors/errors.hpp"
#include "actors/nested_stage.hpp"
#include "actors/stage.hpp"
#include "base/log.hpp"
#include "storage/audit_log.hpp"
#include "workflows/sleep.hpp"

#include <caf/all.hpp>

#include <chrono>
#include <functional>
#include <optional>
#include <utility>

namespace ratchet::actors {

namespace {

using namespace std::chrono_literals;
using self_pointer = iteration_actor::stateful_pointer<iteration_state>;
using event_list = std::vector<workflows::iteration_event>;

std::string number_text(const iteration_state& st) {
  return std::to_string(st.machine.start.number.value);
}

void run(
  self_pointer self, const workflows::run_attempt& effect, bool resumed) {
  auto& st = self->state;
  auto order = detail::order_for(st, effect.stage, effect.attempt, resumed);
  const bool nested = order.stage->kind == workflows::stage_kind::run_loop;
  auto actor = nested
    ? self->spawn<caf::linked>(
        nested_stage, st.peers, iteration_actor{self}, std::move(order))
    : self->spawn<caf::linked>(
        stage, st.peers, iteration_actor{self}, std::move(order));
  self->monitor(actor);
  self->send(actor, begin_atom{});
  st.attempts[effect.stage] = {effect.attempt, std::move(actor)};
  ++st.peers.node->stats->attempts_started;
}

/// Its answer comes as `items_found`.
void look_up(self_pointer self, const workflows::list_items& effect) {
  auto& st = self->state;
  const auto& options =
    *st.peers.plan->definition.stage(effect.stage)->for_each;
  const auto source = st.machine.stages.find(options.stage);
  auto made = source == st.machine.stages.end()
    ? std::vector<workflows::artifact_ref>{}
    : source->second.output.artifacts;
  self->send(
    st.peers.readers,
    run_job{[node = st.peers.node, loop = st.peers.loop, plan = st.peers.plan,
             effect, made = std::move(made), me = iteration_actor{self}] {
      const auto& wanted = *plan->definition.stage(effect.stage)->for_each;
      items_found found{effect.stage, effect.attempt, {}, {}};
      auto items = detail::look_up_items(*node, *loop, wanted, made);
      if (items)
        found.items = std::move(*items);
      else
        found.failure = workflows::attempt_failure{
          .code = items.err().code, .message = items.err().message};
      caf::anon_send(me, std::move(found));
    }});
}

void set_alarm(self_pointer self, const std::string& stage, time_point at) {
  auto& st = self->state;
  st.alarms[++st.last_token] = stage;
  self->send(st.peers.timers, wake_at{at, st.last_token}, timer_listener{self});
}

void carry_out(
  self_pointer self, const workflows::iteration_effect& effect, bool resumed) {
  auto& st = self->state;
  struct visitor {
    self_pointer self;
    iteration_state& st;
    bool resumed;

    void operator()(const workflows::run_attempt& e) { run(self, e, resumed); }
    void operator()(const workflows::stop_attempt& e) {
      // After a restart it may run on, and is found before it is stopped.
      if (resumed && !st.attempts.contains(e.stage))
        run(self, {e.stage, e.attempt, {}}, resumed);
      if (auto* actor = find(e.stage, e.attempt))
        self->send(*actor, stop_atom{});
    }
    void operator()(const workflows::launch_attempt& e) {
      if (auto* actor = find(e.stage, e.attempt))
        self->send(*actor, launch_atom{});
    }
    [[nodiscard]] stage_actor*
    find(const std::string& stage, std::uint32_t attempt) const {
      const auto it = st.attempts.find(stage);
      return it == st.attempts.end() || it->second.attempt != attempt
        ? nullptr
        : &it->second.actor;
    }
    void operator()(const workflows::wake_for_retry& e) {
      set_alarm(self, e.stage, e.at);
    }
    void operator()(const workflows::wake_for_deadline& e) {
      set_alarm(self, e.stage, e.at);
    }
    void operator()(const workflows::discard_outputs& e) {
      self->send(
        st.peers.readers,
        run_job{
          [directory = st.peers.node->attempts_dir /
             workflows::unit_attempt_id(
                         st.peers.loop->name, st.machine.start.number, e.stage,
                         e.attempt)] { detail::discard_files(directory); }});
    }
    void operator()(const workflows::list_items& e) { look_up(self, e); }
    void operator()(const workflows::ask_experiment& e) {
      self->send(st.peers.supervisor, detail::experiment_for(st, e));
    }
    void operator()(const workflows::leave_experiment& e) {
      self->send(
        st.peers.supervisor,
        experiment_left{st.machine.start.number, e.stage, e.attempt});
    }
    void operator()(const workflows::report_end& e) {
      st.end_reported = true;
      self->send(
        st.peers.supervisor,
        iteration_is_over{st.machine.start.number, e.outcome, st.machine.ran});
    }
  };
  std::visit(visitor{self, st, resumed}, effect);
}

/// Tells the supervisor what the attempts ran so far, if the loop has a budget
/// for that.
void tell_compute(self_pointer self) {
  const auto& st = self->state;
  const auto& policy = st.peers.loop->plan->definition.trigger;
  if (policy.compute.running == duration{0})
    return;
  attempts_ran told{
    st.machine.start.number, st.machine.ran, st.machine.running_since()};
  self->send(st.peers.supervisor, std::move(told));
}

/// Applies `events`; what they ask for.
std::vector<workflows::iteration_effect>
take(self_pointer self, const event_list& events) {
  auto& st = self->state;
  std::vector<workflows::iteration_effect> wanted;
  for (const auto& event : events) {
    workflows::apply(st.peers.plan->definition, st.machine, event);
    for (auto& effect : workflows::effects(st.machine, event))
      wanted.push_back(std::move(effect));
    if (std::holds_alternative<workflows::stage_reset>(event))
      st.results.clear();
  }
  return wanted;
}

/// An iteration that sleeps at least this long leaves memory: for less, leaving
/// and being read back cost more than they spare.
constexpr duration shortest_rest = 1s;

/// Asks its supervisor to let it go if it is asleep. Takes no other message
/// until the answer is there, which is bound to come: a time-out would leave
/// open whether the iteration has an actor.
void rest_if_asleep(self_pointer self) {
  auto& st = self->state;
  const auto until = workflows::asleep_until(st.machine);
  if (!until || *until - shortest_rest < st.peers.node->clock->now())
    return;
  self
    ->request(
      st.peers.supervisor, caf::infinite,
      iteration_rests{st.machine.start.number, *until})
    .await(
      [self](bool granted) {
        if (!granted)
          return;
        // An alarm holds its listener.
        self->send(
          self->state.peers.timers, forget_atom{}, timer_listener{self});
        self->quit();
      },
      [](const caf::error&) {}); // It is gone, and so is this actor soon.
}

/// Records `events`, then does what they ask for, answers, and rests if that is
/// all; `note` goes into the audit log with them, or alone if there are none.
/// They are applied first, because the batch tells of the state after them, and
/// a copy of it for every batch would cost more than the batch. No other
/// message is taken until they are durable, so nobody sees that.
void record(
  self_pointer self, const event_list& events,
  const std::function<void(const caf::error*)>& answer,
  const std::optional<workflows::audit_entry>& note = {}) {
  auto& st = self->state;
  const detail::record_place place{
    st.machine.event_count, workflows::asleep_until(st.machine)};
  auto wanted = take(self, events);
  auto batch =
    detail::record_iteration_events(*st.peers.loop, place, events, st.machine);
  if (note)
    storage::put_audit(batch, st.peers.loop->number, *note);
  self->request(st.peers.journal, 60s, commit_batch{std::move(batch)})
    .await(
      [self, wanted = std::move(wanted), answer](committed) {
        tell_compute(self);
        for (const auto& effect : wanted)
          carry_out(self, effect, false);
        answer(nullptr);
        rest_if_asleep(self);
      },
      [self, answer](caf::error& failure) {
        // What reached the disk is unknown: the supervisor reads it back.
        answer(&failure);
        self->quit(failure);
      });
}

/// A command of the engine's own: refusals are logged, not answered.
void handle(self_pointer self, const workflows::iteration_command& command) {
  auto& st = self->state;
  auto events = workflows::decide(
    st.peers.plan->definition, st.machine, command,
    st.peers.node->clock->now());
  if (!events) {
    log(
      log_level::warning, "an iteration refused a report",
      {{"loop", st.peers.loop->name},
       {"iteration", number_text(st)},
       {"reason", events.err().message}});
    rest_if_asleep(self);
  } else if (events->empty()) {
    rest_if_asleep(self);
  } else {
    record(self, *events, [](const caf::error*) {});
  }
}

using answer_promise = caf::typed_response_promise<operator_answer>;

/// What became of the request, for the audit log.
std::optional<workflows::audit_entry>
note_of(const operator_request& request, const result<event_list>& events) {
  if (!detail::is_audited(request.verb))
    return std::nullopt;
  if (!events)
    return detail::audit_of(request, events.err());
  return detail::audit_of(
    request,
    events->empty() ? workflows::audit_outcome::unchanged
                    : workflows::audit_outcome::accepted);
}

/// Answers once the request is in the audit log, in one batch with what it
/// changed. Rests only after the answer: for whom it has not answered it stays.
void serve(
  self_pointer self, const operator_request& request, answer_promise promise) {
  auto& st = self->state;
  auto events = workflows::decide(
    st.peers.plan->definition, st.machine,
    detail::iteration_command_of(request), st.peers.node->clock->now());
  const auto note = note_of(request, events);
  operator_answer answer{.iteration = st.machine.start.number};
  answer.version = st.machine.version();
  answer.changed = events && !events->empty();
  std::optional<caf::error> refused;
  if (!events)
    refused = to_caf(events.err());
  auto deliver = [promise, answer, refused](const caf::error* failure) mutable {
    if (failure != nullptr)
      promise.deliver(*failure);
    else if (refused)
      promise.deliver(*refused);
    else
      promise.deliver(answer);
  };
  if (answer.changed || note) {
    record(self, events ? *events : event_list{}, deliver, note);
    return;
  }
  deliver(nullptr);
  rest_if_asleep(self);
}

caf::result<operator_answer>
handle_operator(self_pointer self, const operator_request& request) {
  auto& st = self->state;
  // Its supervisor is about to close it: what it accepted now would be lost.
  if (st.end_reported)
    return to_caf(
      {errc::unavailable,
       "iteration " + number_text(st) + " is just ending; try again"});
  auto promise = self->make_response_promise<operator_answer>();
  serve(self, request, promise);
  return promise;
}

void forget_attempt(
  self_pointer self, const std::string& stage, std::uint32_t attempt) {
  auto& attempts = self->state.attempts;
  const auto it = attempts.find(stage);
  if (it == attempts.end() || it->second.attempt != attempt)
    return;
  self->demonitor(it->second.actor.address());
  attempts.erase(it);
}

/// What `stage`, or a unit, waited for is due, unless it waits no more, or the
/// clock was set back since the alarm rang: then it waits on.
void alarm_rang(self_pointer self, const std::string& stage) {
  auto& st = self->state;
  const auto* found = st.machine.find(stage);
  if (found == nullptr)
    return;
  const auto& state = *found;
  const bool waits = state.status == workflows::stage_status::waiting;
  if (
    (waits || state.status == workflows::stage_status::backing_off) &&
    st.peers.node->clock->now() < state.due) {
    set_alarm(self, stage, state.due);
    return;
  }
  if (waits)
    handle(self, workflows::pass_deadline{stage});
  else
    handle(self, workflows::start_retry{stage});
}

/// A step that cannot be recorded is its attempt's failure to see to.
void record_step(self_pointer self, attempt_steps& step) {
  auto& st = self->state;
  auto events = workflows::decide(
    st.peers.plan->definition, st.machine,
    workflows::record_step{
      std::move(step.stage), step.attempt, std::move(step.name),
      std::move(step.value)},
    st.peers.node->clock->now());
  if (!events) {
    step.done(events.err());
    rest_if_asleep(self);
  } else if (events->empty()) {
    step.done({});
  } else {
    record(
      self, std::move(*events),
      [done = std::move(step.done)](const caf::error* failure) {
        done(failure == nullptr ? result<void>{} : from_caf(*failure));
      });
  }
}

/// An attempt that cannot be suspended has nobody who runs it any more.
void suspend(self_pointer self, attempt_suspends& report) {
  auto& st = self->state;
  auto events = workflows::decide(
    st.peers.plan->definition, st.machine,
    workflows::suspend_attempt{
      report.stage, report.attempt, std::move(report.wish.step),
      report.wish.kind, std::move(report.wish.signal), report.wish.until},
    st.peers.node->clock->now());
  if (events)
    record(self, std::move(*events), [](const caf::error*) {});
  else
    handle(
      self,
      workflows::fail_attempt{
        std::move(report.stage),
        report.attempt,
        {.code = errc::invalid_argument, .message = events.err().message}});
}

/// A stage actor that went down without a word took its attempt along.
void stage_down(self_pointer self, const caf::down_msg& down) {
  for (const auto& [stage, running] : self->state.attempts) {
    if (running.actor.address() != down.source)
      continue;
    handle(
      self,
      workflows::fail_attempt{
        stage,
        running.attempt,
        {.code = errc::unavailable,
         .message = "the stage's actor failed: " + to_string(down.reason),
         .lost = true}});
    return;
  }
}

} // namespace

iteration_actor::behavior_type iteration(
  self_pointer self, const caf::actor_addr& parent, iteration_peers peers,
  workflows::iteration machine) {
  self->set_exit_handler([self, parent](caf::exit_msg& message) {
    if (message.source == parent)
      self->quit(message.reason);
  });
  self->state.peers = std::move(peers);
  self->state.machine = std::move(machine);
  self->set_down_handler(
    [self](caf::down_msg& down) { stage_down(self, down); });
  return {
    [self](begin_atom) {
      tell_compute(self);
      for (const auto& effect : workflows::recover(self->state.machine))
        carry_out(self, effect, true);
      handle(self, workflows::begin_iteration{});
    },
    [self](attempt_finished& report) {
      forget_attempt(self, report.stage, report.attempt);
      handle(
        self,
        workflows::finish_attempt{
          std::move(report.stage), report.attempt, std::move(report.output),
          report.refused});
    },
    [self](attempt_broke& report) {
      forget_attempt(self, report.stage, report.attempt);
      handle(
        self,
        workflows::fail_attempt{
          std::move(report.stage), report.attempt, std::move(report.failure)});
    },
    [self](attempt_stopped& report) {
      forget_attempt(self, report.stage, report.attempt);
      handle(
        self,
        workflows::confirm_canceled{std::move(report.stage), report.attempt});
    },
    [self](attempt_waits& report) {
      handle(
        self,
        workflows::queue_attempt{std::move(report.stage), report.attempt});
    },
    [self](attempt_placed& report) {
      handle(
        self,
        workflows::dispatch_attempt{std::move(report.stage), report.attempt});
    },
    [self](attempt_suspends& report) {
      forget_attempt(self, report.stage, report.attempt);
      suspend(self, report);
    },
    [self](attempt_steps& step) { record_step(self, step); },
    [self](due alarm) {
      auto node = self->state.alarms.extract(alarm.token);
      if (!node.empty())
        alarm_rang(self, node.mapped());
    },
    [self](items_found& found) {
      if (found.failure)
        handle(
          self,
          workflows::fail_items{
            std::move(found.stage), found.attempt, std::move(*found.failure)});
      else
        handle(
          self,
          workflows::fix_items{
            std::move(found.stage), found.attempt, std::move(found.items)});
    },
    [self](experiment_told& told) {
      if (told.failure)
        handle(
          self,
          workflows::fail_experiment{
            std::move(told.stage), told.attempt, std::move(*told.failure)});
      else
        handle(
          self,
          workflows::decide_experiment{
            std::move(told.stage), told.attempt, std::move(told.verdict)});
    },
    [self](operator_request& request) {
      return handle_operator(self, request);
    },
  };
}

} // namespace ratchet::actors
