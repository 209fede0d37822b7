#include "workflows/replay.hpp"

#include "workflows/event_type.hpp"

#include <algorithm>
#include <optional>
#include <span>
#include <utility>

namespace ratchet::workflows {

namespace {

using event_span = std::span<const iteration_event>;

struct candidate {
  std::string name;
  iteration_command command;
};
using candidates = std::vector<candidate>;

std::string
of_attempt(const char* what, const std::string& stage, std::uint32_t attempt) {
  return std::string{what} + " " + std::to_string(attempt) + " of " + stage;
}

/// What `retry_stage` and `skip_stage` of an ended iteration begin with: the
/// stages that are set back, of which the first may have been named.
candidates of_resets(event_span rest) {
  const auto& first = std::get<stage_reset>(rest.front());
  candidates out{
    {"retry_stage " + first.stage,
     retry_stage{first.stage, first.who, first.reason}},
    {"retry_stage", retry_stage{"", first.who, first.reason}}};
  const auto next = std::find_if(rest.begin(), rest.end(), [](const auto& e) {
    return !std::holds_alternative<stage_reset>(e);
  });
  if (next == rest.end())
    return out;
  if (const auto* skip = std::get_if<stage_skipped>(&*next))
    out.push_back(
      {"skip_stage " + skip->stage,
       skip_stage{skip->stage, skip->who, skip->reason}});
  return out;
}

/// The commands whose answer can begin with the first of `rest`.
struct command_finder {
  const iteration& it;
  event_span rest;

  candidates operator()(const iteration_started&) const { return {}; }
  candidates operator()(const attempt_started& e) const {
    const auto* state = it.find(e.stage);
    if (state != nullptr && state->status == stage_status::backing_off)
      return {{"start_retry " + e.stage, start_retry{e.stage}}};
    return begin();
  }
  candidates operator()(const attempt_failed& e) const {
    return {
      {of_attempt("fail_attempt", e.stage, e.attempt),
       fail_attempt{e.stage, e.attempt, e.failure}},
      // Its items could not be had: looked up, or known from the start.
      {of_attempt("fail_items", e.stage, e.attempt),
       fail_items{e.stage, e.attempt, e.failure}},
      {"begin_iteration", begin_iteration{}},
      {of_attempt("fail_experiment", e.stage, e.attempt),
       fail_experiment{e.stage, e.attempt, e.failure}}};
  }
  candidates operator()(const stage_succeeded& e) const {
    return {
      {of_attempt("finish_attempt", e.stage, e.attempt),
       finish_attempt{e.stage, e.attempt, e.output, false}}};
  }
  candidates operator()(const gate_refused& e) const {
    return {
      {of_attempt("finish_attempt", e.stage, e.attempt),
       finish_attempt{e.stage, e.attempt, e.output, true}}};
  }
  candidates operator()(const cancel_requested& e) const {
    return {{"cancel_iteration", cancel_iteration{e.who, e.reason}}};
  }
  candidates operator()(const stage_canceled& e) const {
    const auto* state = it.find(e.stage);
    const auto attempt = state == nullptr ? 0 : state->attempt;
    return {
      {of_attempt("confirm_canceled", e.stage, attempt),
       confirm_canceled{e.stage, attempt}}};
  }
  candidates operator()(const stage_reset&) const { return of_resets(rest); }
  candidates operator()(const iteration_ended&) const { return begin(); }
  candidates operator()(const stage_skipped& e) const {
    if (e.who == condition_skips)
      return begin();
    return {{"skip_stage " + e.stage, skip_stage{e.stage, e.who, e.reason}}};
  }
  candidates operator()(const cleanup_started&) const { return begin(); }
  candidates operator()(const attempt_queued& e) const {
    return {
      {of_attempt("queue_attempt", e.stage, e.attempt),
       queue_attempt{e.stage, e.attempt}}};
  }
  candidates operator()(const attempt_dispatched& e) const {
    return {
      {of_attempt("dispatch_attempt", e.stage, e.attempt),
       dispatch_attempt{e.stage, e.attempt}}};
  }

  candidates operator()(const items_awaited&) const { return begin(); }
  candidates operator()(const items_fixed& e) const {
    return {
      {of_attempt("fix_items", e.stage, e.attempt),
       fix_items{e.stage, e.attempt, e.items}},
      {"begin_iteration", begin_iteration{}}};
  }
  candidates operator()(const wait_started&) const { return begin(); }
  candidates operator()(const stage_approved& e) const {
    return {
      {"approve_stage " + e.stage, approve_stage{e.stage, e.who, e.reason}}};
  }
  candidates operator()(const stage_rejected& e) const {
    return {
      {"reject_stage " + e.stage, reject_stage{e.stage, e.who, e.reason}}};
  }
  candidates operator()(const signal_received& e) const {
    return {
      {"send_signal " + e.signal,
       send_signal{e.signal, e.id, e.who, e.payload}}};
  }
  /// Only ever behind what made it possible.
  candidates operator()(const signal_taken&) const { return {}; }
  candidates operator()(const wait_timed_out& e) const {
    return {{"pass_deadline " + e.stage, pass_deadline{e.stage}}};
  }
  candidates operator()(const stage_slept& e) const {
    return {{"pass_deadline " + e.stage, pass_deadline{e.stage}}};
  }

  candidates operator()(const step_recorded& e) const {
    return {
      {"record_step " + e.name + " of " + e.stage,
       record_step{e.stage, e.attempt, e.name, e.value}}};
  }
  candidates operator()(const attempt_suspended& e) const {
    return {
      {of_attempt("suspend_attempt", e.stage, e.attempt),
       suspend_attempt{e.stage, e.attempt, e.name, e.kind, e.signal, e.until}}};
  }
  /// One with a signal stands behind that, or behind its suspension.
  candidates operator()(const attempt_resumed& e) const {
    return {{"pass_deadline " + e.stage, pass_deadline{e.stage}}};
  }

  candidates operator()(const iteration_paused& e) const {
    return {{"pause_iteration", pause_iteration{e.who, e.reason, e.at_once}}};
  }
  /// The attempt was stopped or lost, or was about to wait for a slot.
  candidates operator()(const attempt_withdrawn& e) const {
    return {
      {of_attempt("confirm_canceled", e.stage, e.attempt),
       confirm_canceled{e.stage, e.attempt}},
      {of_attempt("queue_attempt", e.stage, e.attempt),
       queue_attempt{e.stage, e.attempt}}};
  }
  candidates operator()(const iteration_resumed& e) const {
    return {{"resume_iteration", resume_iteration{e.who, e.reason}}};
  }
  candidates operator()(const iteration_labeled& e) const {
    return {
      {"label_iteration", label_iteration{e.set, e.removed, e.who, e.reason}}};
  }
  candidates operator()(const experiment_awaited&) const { return begin(); }
  candidates operator()(const experiment_decided& e) const {
    return {
      {of_attempt("decide_experiment", e.stage, e.attempt),
       decide_experiment{e.stage, e.attempt, e.verdict}}};
  }

  static candidates begin() { return {{"begin_iteration", begin_iteration{}}}; }
};

/// How many events `decided` and `rest` have in common at their beginning.
std::size_t
agreement(const std::vector<iteration_event>& decided, event_span rest) {
  const auto differs =
    std::mismatch(decided.begin(), decided.end(), rest.begin(), rest.end());
  return static_cast<std::size_t>(differs.first - decided.begin());
}

/// The best that a command made of the events that stand next.
struct attempted_decision {
  const candidate* tried = nullptr;
  std::vector<iteration_event> decided;
  std::size_t agreed = 0;
  std::optional<error> refused;

  [[nodiscard]] bool follows() const {
    return !decided.empty() && agreed == decided.size();
  }
};

attempted_decision decide_again(
  const loop_definition& plan, const iteration& it, const candidates& list,
  event_span rest) {
  attempted_decision best;
  for (const auto& each : list) {
    auto decided = decide(plan, it, each.command, time_of(rest.front()));
    if (!decided) {
      if (best.tried == nullptr)
        best = {&each, {}, 0, decided.err()};
      continue;
    }
    attempted_decision now{&each, std::move(*decided), 0, std::nullopt};
    now.agreed = agreement(now.decided, rest);
    if (now.follows())
      return now;
    if (best.tried == nullptr || best.refused || now.agreed > best.agreed)
      best = std::move(now);
  }
  return best;
}

std::string at_index(std::size_t index, const iteration_event& event) {
  return "event " + std::to_string(index) + ", " + std::string{type_of(event)} +
    ",";
}

error does_not_follow(
  const attempted_decision& best, const std::vector<iteration_event>& events,
  std::size_t first) {
  const auto at = first + best.agreed;
  if (at == events.size())
    return {
      errc::failed_condition,
      "event " + std::to_string(at) + " is missing: " + best.tried->name +
        " at event " + std::to_string(first) + " leads to " +
        std::string{type_of(best.decided[best.agreed])}};
  auto message = at_index(at, events[at]) + " does not follow";
  if (best.tried == nullptr)
    message += ": no command leads to it there";
  else if (best.refused)
    message +=
      ": " + best.tried->name + " is refused: " + best.refused->message;
  else if (best.agreed < best.decided.size()) {
    const auto instead = type_of(best.decided[best.agreed]);
    message += ": " + best.tried->name + " leads to " +
      (instead == type_of(events[at]) ? "one with other contents"
                                      : std::string{instead});
  } else
    message += ": " + best.tried->name + " changes nothing there";
  return {errc::failed_condition, std::move(message)};
}

} // namespace

result<replayed_iteration> replay(
  const loop_definition& plan, const std::vector<iteration_event>& events) {
  if (
    events.empty() ||
    !std::holds_alternative<iteration_started>(events.front()))
    return error{
      errc::corruption, "the journal does not begin with iteration_started"};
  replayed_iteration out;
  out.decisions.push_back({"start", time_of(events.front()), 0, 1});
  apply(plan, out.state, events.front());
  for (std::size_t i = 1; i < events.size();) {
    const auto rest = event_span{events}.subspan(i);
    const auto list = std::visit(command_finder{out.state, rest}, rest.front());
    const auto best = decide_again(plan, out.state, list, rest);
    if (!best.follows())
      return does_not_follow(best, events, i);
    for (const auto& event : rest.first(best.agreed))
      apply(plan, out.state, event);
    out.decisions.push_back(
      {best.tried->name, time_of(rest.front()), i, best.agreed});
    i += best.agreed;
  }
  return out;
}

} // namespace ratchet::workflows
