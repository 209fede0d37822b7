#include "actors/supervisor.hpp"

#include "actors/detail/loop_record.hpp"
#include "actors/detail/recover.hpp"
#include "actors/errors.hpp"
#include "base/log.hpp"
#include "storage/registry.hpp"

#include <caf/all.hpp>

#include <chrono>
#include <functional>
#include <utility>

namespace ratchet::actors {

namespace {

using namespace std::chrono_literals;
using self_pointer = supervisor_actor::stateful_pointer<supervisor_state>;
using event_list = std::vector<workflows::loop_event>;
using command_done = std::function<void(const caf::error*, bool changed)>;

/// An iteration that fell is read back after this long: what felled it may
/// need a moment to pass.
constexpr duration restart_delay = 500ms;

time_point now(const supervisor_state& st) {
  return st.peers.node->clock->now();
}

std::string text(iteration_number n) {
  return std::to_string(n.value);
}

/// An iteration that has ended is started without taking anything up: it
/// waits for the retry that reopened it.
void start_iteration(
  self_pointer self, std::shared_ptr<const hosted_plan> plan,
  workflows::iteration machine, bool take_up = true) {
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

/// Shows the champion to those who ask for their assignment.
result<void> serve_champion(const supervisor_state& st) {
  const auto champion = st.machine.champion;
  if (champion.value == 0)
    return {};
  const auto& node = *st.peers.node;
  const auto version = node.registry->version(st.peers.loop->number, champion);
  if (!version)
    return version.err();
  node.assignments->set(
    st.peers.loop->name,
    {champion, version->artifact.digest, version->artifact.name});
  return {};
}

/// What follows from an event that is durable now.
struct effect_runner {
  self_pointer self;

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
    const auto it = st.iterations.find(e.number);
    if (it == st.iterations.end())
      return;
    self->demonitor(it->second.address());
    self->send_exit(it->second, caf::exit_reason::user_shutdown);
    st.iterations.erase(it);
  }

  void operator()(const workflows::champion_moved& e) const {
    auto& st = self->state;
    if (auto served = serve_champion(st); !served)
      log(
        log_level::error, "cannot serve the new champion",
        {{"loop", st.peers.loop->name}, {"error", served.err().message}});
    log(
      log_level::info, "champion moved",
      {{"loop", st.peers.loop->name},
       {"kind", std::string{to_string(e.kind)}},
       {"from", std::to_string(e.from.value)},
       {"to", std::to_string(e.to.value)},
       {"reason", e.reason}});
  }
};

void consider(self_pointer self);
void serve_queue(self_pointer self);

/// Records `events`, applies them, carries out what they ask for, and calls
/// `done`. Until then no other command is decided.
void record(
  self_pointer self, event_list events, detail::loop_record written,
  command_done done) {
  auto& st = self->state;
  st.recording = true;
  self->request(st.peers.journal, 60s, commit_batch{std::move(written.batch)})
    .await(
      [self, events = std::move(events), after = std::move(written.after),
       done](committed) mutable {
        self->state.recording = false;
        self->state.machine = std::move(after);
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

void decide_now(self_pointer self, supervisor_state::waiting_command turn) {
  auto& st = self->state;
  auto events = workflows::decide(
    st.peers.loop->plan->definition, st.machine, turn.command, now(st));
  if (events && events->empty()) {
    turn.done(nullptr, false);
    return;
  }
  auto written = events
    ? detail::record_loop_events(
        *st.peers.node, *st.peers.loop, st.machine, *events, turn.lineage)
    : result<detail::loop_record>{events.err()};
  if (!written) {
    const auto refused = to_caf(written.err());
    turn.done(&refused, false);
    return;
  }
  record(self, std::move(*events), std::move(*written), std::move(turn.done));
}

void serve_queue(self_pointer self) {
  auto& st = self->state;
  while (!st.recording && !st.queue.empty()) {
    auto turn = std::move(st.queue.front());
    st.queue.pop_front();
    decide_now(self, std::move(turn));
  }
}

/// Decides a command when its turn comes and, if there is something to
/// record, records it. `done` hears of a refusal, and whether anything
/// changed.
void carry_out(
  self_pointer self, workflows::loop_command command,
  detail::version_lineage lineage, command_done done) {
  self->state.queue.push_back(
    {std::move(command), std::move(lineage), std::move(done)});
  serve_queue(self);
}

void ignore(const caf::error*, bool) {}

void set_alarm(self_pointer self) {
  auto& st = self->state;
  const auto& policy = st.peers.loop->plan->definition.trigger;
  const auto verdict =
    workflows::evaluate(policy, st.machine.trigger, st.inputs, now(st));
  if (verdict.look_again == st.look_again)
    return;
  st.look_again = verdict.look_again;
  if (to_ms(st.look_again) != 0)
    self->send(
      st.peers.timers, wake_at{st.look_again, 0}, timer_listener{self});
}

/// Asks the trigger. Called whenever anything that it looks at has changed.
void consider(self_pointer self) {
  auto& st = self->state;
  set_alarm(self);
  carry_out(self, workflows::consider_start{st.inputs}, {}, ignore);
}

// Operators -------------------------------------------------------------------

using answer_promise = caf::typed_response_promise<operator_answer>;

void finish(
  answer_promise promise, const caf::error* failure,
  const operator_answer& answer) {
  if (failure != nullptr)
    promise.deliver(*failure);
  else
    promise.deliver(answer);
}

/// Sends a request on to its iteration.
void pass_on(
  self_pointer self, iteration_number number, operator_request request,
  answer_promise promise) {
  const auto it = self->state.iterations.find(number);
  if (it == self->state.iterations.end()) {
    promise.deliver(to_caf(
      {errc::unavailable,
       "iteration " + text(number) + " is just being taken up; try again"}));
    return;
  }
  self->request(it->second, 60s, std::move(request))
    .then(
      [promise](const operator_answer& answer) mutable {
        promise.deliver(answer);
      },
      [promise](caf::error& e) mutable { promise.deliver(std::move(e)); });
}

/// Reads an iteration back from the journal; it comes as iteration_loaded.
void read_back(self_pointer self, iteration_number number) {
  auto& st = self->state;
  self->send(
    st.peers.readers,
    run_job{[number, node = st.peers.node, loop = st.peers.loop,
             me = supervisor_actor{self}] {
      caf::anon_send(me, detail::load_iteration(*node, *loop, number));
    }});
}

/// A retry of an iteration that has ended: reopened only if the iteration
/// itself would accept it.
void reopen(
  self_pointer self, iteration_loaded& loaded, operator_request request,
  answer_promise promise) {
  auto& st = self->state;
  const auto accepted = workflows::decide(
    loaded.plan->definition, loaded.state,
    workflows::retry_stage{request.stage, request.who, request.reason},
    now(st));
  if (!accepted) {
    promise.deliver(to_caf(accepted.err()));
    return;
  }
  const auto number = loaded.number;
  carry_out(
    self, workflows::reopen_iteration{number, request.who, request.reason}, {},
    [self, number, loaded, request = std::move(request),
     promise](const caf::error* failure, bool) mutable {
      if (failure != nullptr) {
        promise.deliver(*failure);
        return;
      }
      if (!self->state.iterations.contains(number))
        start_iteration(self, loaded.plan, std::move(loaded.state), false);
      pass_on(self, number, std::move(request), promise);
    });
}

/// The commands that are the loop's own.
workflows::loop_command
command_of(const supervisor_state& st, const operator_request& request) {
  switch (request.verb) {
  case operator_verb::trigger:
    return workflows::start_iteration{request.who, request.reason, st.inputs};
  case operator_verb::pause:
    return workflows::pause_loop{request.who, request.reason};
  case operator_verb::resume:
    return workflows::resume_loop{request.who, request.reason};
  case operator_verb::promote:
    return workflows::set_champion{
      request.version, request.who, request.reason};
  case operator_verb::rollback:
    return workflows::roll_back{request.who, request.reason};
  case operator_verb::add_version:
    return workflows::register_version{
      request.artifact.digest, {}, request.artifact};
  case operator_verb::cancel:
  case operator_verb::retry:
    break; // Theirs is the iteration.
  }
  RATCHET_ASSERT(false);
  return workflows::adopt_loop{};
}

/// What the answer says depends on the state after the command.
operator_answer answer_for(
  const supervisor_state& st, const operator_request& request, bool changed) {
  operator_answer answer{.changed = changed};
  switch (request.verb) {
  case operator_verb::trigger:
    answer.iteration = st.machine.last_iteration;
    break;
  case operator_verb::promote:
  case operator_verb::rollback:
    answer.version = st.machine.champion;
    break;
  case operator_verb::add_version:
    answer.version = st.machine.registered.at(request.artifact.digest).version;
    break;
  case operator_verb::pause:
  case operator_verb::resume:
  case operator_verb::cancel:
  case operator_verb::retry:
    break;
  }
  return answer;
}

/// A change of champion is reported only after what is served says so.
const caf::error* check_served(
  const supervisor_state& st, const operator_request& request,
  caf::error& storage) {
  if (
    request.verb != operator_verb::promote &&
    request.verb != operator_verb::rollback)
    return nullptr;
  const auto table = st.peers.node->assignments->read();
  const auto it = table->find(st.peers.loop->name);
  if (it != table->end() && it->second.version == st.machine.champion)
    return nullptr;
  storage = to_caf(
    {errc::unavailable,
     "version " + std::to_string(st.machine.champion.value) +
       " is recorded as champion but not served yet; see the log"});
  return &storage;
}

void finish_loop_request(
  self_pointer self, const operator_request& request, answer_promise promise,
  const caf::error* failure, bool changed) {
  auto& st = self->state;
  if (failure != nullptr) {
    promise.deliver(*failure);
    return;
  }
  const auto answer = answer_for(st, request, changed);
  if (request.verb == operator_verb::add_version && request.champion) {
    // Two decisions, each recorded: the version, and that it shall serve.
    auto next = request;
    next.verb = operator_verb::promote;
    next.version = answer.version;
    carry_out(
      self, command_of(st, next), {},
      [promise, answer](const caf::error* e, bool) mutable {
        finish(promise, e, answer);
      });
    return;
  }
  caf::error not_served;
  finish(promise, check_served(st, request, not_served), answer);
}

caf::result<operator_answer>
handle_operator(self_pointer self, operator_request& request) {
  auto& st = self->state;
  auto promise = self->make_response_promise<operator_answer>();
  const bool of_iteration = request.verb == operator_verb::cancel ||
    request.verb == operator_verb::retry;
  if (!of_iteration) {
    const detail::version_lineage lineage{
      .parent = st.machine.champion,
      .who = request.who,
      .note = request.reason};
    carry_out(
      self, command_of(st, request), lineage,
      [self, request, promise](const caf::error* e, bool changed) {
        finish_loop_request(self, request, promise, e, changed);
      });
    return promise;
  }
  const auto number = request.iteration;
  if (number.value == 0 || number > st.machine.last_iteration) {
    promise.deliver(to_caf(
      {errc::not_found,
       "loop \"" + st.peers.loop->name + "\" has no iteration " +
         text(number)}));
  } else if (st.machine.running.contains(number)) {
    pass_on(self, number, std::move(request), promise);
  } else if (request.verb == operator_verb::cancel) {
    promise.deliver(operator_answer{.iteration = number, .changed = false});
  } else {
    st.reopening.emplace(number, std::make_pair(std::move(request), promise));
    read_back(self, number);
  }
  return promise;
}

// Stages and iterations -------------------------------------------------------

caf::result<version_number>
handle_register(self_pointer self, const register_made& request) {
  auto promise = self->make_response_promise<version_number>();
  const detail::version_lineage lineage{
    .parent = request.parent,
    .dataset_digest = request.dataset_digest,
    .who = "iteration " + text(request.iteration),
    .note = {}};
  carry_out(
    self,
    workflows::register_version{
      request.attempt_id, request.iteration, request.artifact},
    lineage,
    [self, promise,
     source = request.attempt_id](const caf::error* failure, bool) mutable {
      if (failure != nullptr)
        promise.deliver(*failure);
      else
        promise.deliver(self->state.machine.registered.at(source).version);
    });
  return promise;
}

caf::result<version_number>
handle_promote(self_pointer self, const promote_made& request) {
  auto promise = self->make_response_promise<version_number>();
  carry_out(
    self,
    workflows::promote_version{
      request.iteration, request.version, request.expected, request.reason},
    {},
    [promise,
     version = request.version](const caf::error* failure, bool) mutable {
      if (failure != nullptr)
        promise.deliver(*failure);
      else
        promise.deliver(version);
    });
  return promise;
}

/// An iteration went down before it reported its end.
void iteration_down(self_pointer self, const caf::down_msg& down) {
  auto& st = self->state;
  for (const auto& [number, actor] : st.iterations) {
    if (actor.address() != down.source)
      continue;
    log(
      log_level::warning, "an iteration's actor failed; reading it back",
      {{"loop", st.peers.loop->name},
       {"iteration", text(number)},
       {"reason", to_string(down.reason)}});
    const auto lost = number;
    st.iterations.erase(lost);
    self->delayed_send(self, restart_delay, iteration_loaded{.number = lost});
    return;
  }
}

void handle_loaded(self_pointer self, iteration_loaded& loaded) {
  auto& st = self->state;
  const auto number = loaded.number;
  if (!loaded.plan && !loaded.failure) { // The delay after a fall has passed.
    read_back(self, number);
    return;
  }
  auto [first, last] = st.reopening.equal_range(number);
  for (auto it = first; it != last; ++it) {
    auto& [request, promise] = it->second;
    if (loaded.failure)
      promise.deliver(to_caf(*loaded.failure));
    else if (st.machine.running.contains(number))
      pass_on(self, number, std::move(request), promise);
    else
      reopen(self, loaded, std::move(request), promise);
  }
  st.reopening.erase(first, last);
  if (loaded.failure) {
    log(
      log_level::error, "cannot read an iteration back",
      {{"loop", st.peers.loop->name},
       {"iteration", text(number)},
       {"error", loaded.failure->message}});
    return;
  }
  if (st.machine.running.contains(number) && !st.iterations.contains(number))
    start_iteration(self, loaded.plan, std::move(loaded.state));
}

void begin(self_pointer self) {
  auto& st = self->state;
  if (auto served = serve_champion(st); !served)
    log(
      log_level::error, "cannot serve the champion",
      {{"loop", st.peers.loop->name}, {"error", served.err().message}});
  for (auto& loaded : std::exchange(st.found, {})) {
    if (loaded.failure)
      log(
        log_level::error, "cannot take up an iteration",
        {{"loop", st.peers.loop->name},
         {"iteration", text(loaded.number)},
         {"error", loaded.failure->message}});
    else
      start_iteration(self, loaded.plan, std::move(loaded.state));
  }
  carry_out(self, workflows::adopt_loop{}, {}, ignore);
}

} // namespace

supervisor_actor::behavior_type
supervisor(self_pointer self, caf::actor_addr parent, supervisor_start start) {
  auto& st = self->state;
  st.peers = std::move(start.peers);
  st.peers.supervisor = self;
  st.machine = std::move(start.machine);
  st.found = std::move(start.running);
  // Iterations are linked, so that none outlives its supervisor; their own
  // ends are told by down messages.
  self->set_exit_handler([self, parent](caf::exit_msg& message) {
    if (message.source == parent)
      self->quit(message.reason);
  });
  self->set_down_handler(
    [self](caf::down_msg& down) { iteration_down(self, down); });
  return {
    [self](begin_atom) { begin(self); },
    [self](const inputs_changed& message) {
      self->state.inputs = message.inputs;
      consider(self);
    },
    [self](due) {
      self->state.look_again = {};
      consider(self);
    },
    [self](operator_request& request) {
      return handle_operator(self, request);
    },
    [self](const register_made& request) {
      return handle_register(self, request);
    },
    [self](const promote_made& request) {
      return handle_promote(self, request);
    },
    [self](const iteration_is_over& report) {
      carry_out(
        self, workflows::close_iteration{report.number, report.outcome}, {},
        ignore);
    },
    [self](iteration_loaded& loaded) { handle_loaded(self, loaded); },
  };
}

} // namespace ratchet::actors
