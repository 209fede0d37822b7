#include "actors/detail/supervisor_requests.hpp"

#include "actors/detail/audit.hpp"
#include "actors/detail/iteration_record.hpp"
#include "actors/detail/operator_command.hpp"
#include "actors/detail/supervisor_sleep.hpp"
#include "actors/errors.hpp"
#include "storage/audit_log.hpp"

#include <caf/all.hpp>

#include <chrono>
#include <utility>

namespace ratchet::actors::detail {

namespace {

using namespace std::chrono_literals;

using answer_promise = caf::typed_response_promise<operator_answer>;

void finish(
  answer_promise promise, const caf::error* failure,
  const operator_answer& answer) {
  if (failure != nullptr)
    promise.deliver(*failure);
  else
    promise.deliver(answer);
}

/// Writes `entry` into the audit log, if the request belongs there, and then
/// calls `done`.
void note(
  supervisor_pointer self, const operator_request& request,
  const workflows::audit_entry& entry,
  std::function<void(const caf::error*)> done) {
  if (is_audited(request.verb))
    record_audit(self, entry, std::move(done));
  else
    done(nullptr);
}

/// Answers a request that changed nothing.
void leave_unchanged(
  supervisor_pointer self, const operator_request& request,
  answer_promise promise) {
  note(
    self, request, audit_of(request, workflows::audit_outcome::unchanged),
    [promise, number = request.iteration](const caf::error* failure) mutable {
      finish(
        promise, failure,
        operator_answer{.iteration = number, .changed = false});
    });
}

void refuse(
  supervisor_pointer self, const operator_request& request,
  answer_promise promise, const error& why) {
  note(
    self, request, audit_of(request, why),
    [promise, refused = to_caf(why)](const caf::error* failure) mutable {
      promise.deliver(failure != nullptr ? *failure : refused);
    });
}

/// Keeps a request until its iteration is read back.
void hold(
  supervisor_pointer self, operator_request request, answer_promise promise) {
  const auto number = request.iteration;
  self->state.held.emplace(number, std::make_pair(std::move(request), promise));
  wake(self, number);
}

/// Of an iteration that has ended: it is read back first.
void ask_ended(
  supervisor_pointer self, operator_request request, answer_promise promise) {
  if (request.verb == operator_verb::cancel) {
    leave_unchanged(self, request, promise);
    return;
  }
  hold(self, std::move(request), promise);
}

/// An iteration has answered, or is gone.
void forget_question(supervisor_pointer self, iteration_number number) {
  auto& asked = self->state.asked;
  if (const auto it = asked.find(number); --it->second == 0)
    asked.erase(it);
}

/// Sends a request on to its iteration, which is running: when it is back, if
/// it has no actor. One that ends in the meantime refuses it, or is gone; its
/// report of the end was here before that answer.
void pass_on(
  supervisor_pointer self, iteration_number number, operator_request request,
  answer_promise promise) {
  const auto it = self->state.iterations.find(number);
  if (it == self->state.iterations.end()) {
    hold(self, std::move(request), promise);
    return;
  }
  ++self->state.asked[number];
  self->request(it->second, 60s, request)
    .then(
      [self, number, promise](const operator_answer& answer) mutable {
        forget_question(self, number);
        promise.deliver(answer);
      },
      [self, number, request, promise](caf::error& e) mutable {
        forget_question(self, number);
        if (self->state.machine.running.contains(number))
          promise.deliver(std::move(e));
        else
          ask_ended(self, std::move(request), promise);
      });
}

/// Labels are no reason to run: recorded without an actor. Nobody else writes
/// of an iteration that has ended and is not reopened.
void relabel(
  supervisor_pointer self, iteration_loaded& loaded,
  const std::vector<workflows::iteration_event>& events,
  const operator_request& request, answer_promise promise) {
  auto& st = self->state;
  const record_place place{loaded.state.event_count, std::nullopt};
  for (const auto& event : events)
    workflows::apply(loaded.plan->definition, loaded.state, event);
  auto batch =
    record_iteration_events(*st.peers.loop, place, events, loaded.state);
  storage::put_audit(
    batch, st.peers.loop->number,
    audit_of(request, workflows::audit_outcome::accepted));
  self->request(st.peers.journal, 60s, commit_batch{std::move(batch)})
    .await(
      [promise, number = loaded.number](committed) mutable {
        promise.deliver(operator_answer{.iteration = number});
      },
      [self, promise](caf::error& failure) mutable {
        promise.deliver(failure);
        self->quit(failure);
      });
}

/// A request for an iteration that has ended: reopened only if the iteration
/// itself would accept it and change.
void reopen(
  supervisor_pointer self, iteration_loaded& loaded, operator_request request,
  answer_promise promise) {
  auto& st = self->state;
  const auto accepted = workflows::decide(
    loaded.plan->definition, loaded.state, iteration_command_of(request),
    now(st));
  if (!accepted) {
    refuse(self, request, promise, accepted.err());
    return;
  }
  if (accepted->empty()) {
    leave_unchanged(self, request, promise);
    return;
  }
  if (request.verb == operator_verb::label) {
    relabel(self, loaded, *accepted, request, promise);
    return;
  }
  const auto number = loaded.number;
  // Made before the request moves on: arguments have no order.
  workflows::reopen_iteration command{
    number, request.who, request.reason, loaded.state.ran};
  const auto asked = request;
  // Its entry in the audit log is that of the request, which the iteration
  // writes again.
  carry_out_for(
    self, asked, std::move(command), {},
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
    return workflows::start_iteration{
      .who = request.who,
      .reason = request.reason,
      .inputs = inputs_now(st),
      .labels = request.labels};
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
  case operator_verb::webhook:
    return workflows::receive_webhook{
      request.hook.name, request.hook.key, request.hook.payload};
  case operator_verb::acknowledge:
    return workflows::acknowledge_alarm{
      request.alarm, request.who, request.reason};
  case operator_verb::cancel:
  case operator_verb::retry:
  case operator_verb::skip:
  case operator_verb::approve:
  case operator_verb::reject:
  case operator_verb::signal:
  case operator_verb::record_step:
  case operator_verb::pause_iteration:
  case operator_verb::resume_iteration:
  case operator_verb::label:
    break; // Theirs is the iteration.
  case operator_verb::archive:
    break; // Of what is hosted it is refused before.
  }
  RATCHET_ASSERT(false);
  return workflows::adopt_loop{};
}

/// The record of a call that was just taken, or that is known by its key.
std::uint64_t
event_of(const workflows::loop_state& state, const webhook_call& call) {
  const auto* known = workflows::find_webhook_key(state, call.name, call.key);
  return known != nullptr ? known->event
                          : state.trigger.webhooks.at(call.name).last_event;
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
  case operator_verb::webhook:
    answer.event = event_of(st.machine, request.hook);
    break;
  case operator_verb::pause:
  case operator_verb::resume:
  case operator_verb::acknowledge:
  case operator_verb::cancel:
  case operator_verb::retry:
  case operator_verb::skip:
  case operator_verb::approve:
  case operator_verb::reject:
  case operator_verb::signal:
  case operator_verb::record_step:
  case operator_verb::pause_iteration:
  case operator_verb::resume_iteration:
  case operator_verb::label:
  case operator_verb::archive:
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
  supervisor_pointer self, const operator_request& request,
  answer_promise promise, const caf::error* failure, bool changed) {
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
    next.audit = st.audited = st.audited.next(now(st));
    const auto command = command_of(st, next);
    carry_out_for(
      self, next, command, {},
      [promise, answer](const caf::error* e, bool) mutable {
        finish(promise, e, answer);
      });
    return;
  }
  caf::error not_served;
  finish(promise, check_served(st, request, not_served), answer);
}

} // namespace

caf::result<operator_answer>
handle_operator(supervisor_pointer self, operator_request& request) {
  auto& st = self->state;
  auto promise = self->make_response_promise<operator_answer>();
  if (request.verb == operator_verb::webhook) {
    // No operator's: its record is in the loop's journal.
    carry_out(
      self, command_of(st, request), {},
      [self, request, promise](const caf::error* e, bool changed) {
        finish_loop_request(self, request, promise, e, changed);
      });
    return promise;
  }
  if (is_audited(request.verb))
    request.audit = st.audited = st.audited.next(now(st));
  if (request.verb == operator_verb::archive) {
    refuse(
      self, request, promise,
      {errc::conflict,
       "loop \"" + st.peers.loop->name +
         "\" is hosted here; start the engine without it first"});
    return promise;
  }
  if (!is_of_iteration(request.verb)) {
    const version_lineage lineage{
      .parent = st.machine.champion,
      .who = request.who,
      .note = request.reason};
    const auto command = command_of(st, request);
    carry_out_for(
      self, request, command, lineage,
      [self, request, promise](const caf::error* e, bool changed) {
        finish_loop_request(self, request, promise, e, changed);
      });
    return promise;
  }
  const auto number = request.iteration;
  if (number.value == 0 || number > st.machine.last_iteration) {
    refuse(
      self, request, promise,
      {errc::not_found,
       "loop \"" + st.peers.loop->name + "\" has no iteration " +
         text(number)});
  } else if (st.machine.running.contains(number)) {
    pass_on(self, number, std::move(request), promise);
  } else {
    ask_ended(self, std::move(request), promise);
  }
  return promise;
}

void serve_held(supervisor_pointer self, iteration_loaded& loaded) {
  auto& st = self->state;
  const auto number = loaded.number;
  const auto [first, last] = st.held.equal_range(number);
  std::vector<std::pair<operator_request, answer_promise>> waiting;
  for (auto it = first; it != last; ++it)
    waiting.push_back(std::move(it->second));
  st.held.erase(first, last);
  for (auto& [request, promise] : waiting)
    if (loaded.failure)
      promise.deliver(to_caf(*loaded.failure));
    else if (st.machine.running.contains(number))
      pass_on(self, number, std::move(request), promise);
    else
      reopen(self, loaded, std::move(request), promise);
}

} // namespace ratchet::actors::detail
