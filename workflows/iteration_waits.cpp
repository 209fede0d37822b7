#include "workflows/detail/iteration_commands.hpp"
#include "workflows/detail/iteration_turn.hpp"

#include "base/bytes.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace ratchet::workflows {

stage_result answer_output(
  bool approved, const std::string& who, const std::string& reason) {
  const std::string decision = approved ? "approved" : "rejected";
  stage_result out;
  out.values = {{"decision", decision}, {"who", who}, {"reason", reason}};
  out.sentence = decision;
  if (who != timeout_decides)
    out.sentence += " by " + who;
  if (!reason.empty())
    out.sentence += ": " + reason;
  return out;
}

stage_result signal_output(const kept_signal& signal) {
  stage_result out;
  out.values = {
    {"payload", signal.payload}, {"from", signal.who}, {"id", signal.id}};
  return out;
}

stage_status status_after(wait_outcome outcome) {
  switch (outcome) {
  case wait_outcome::skip:
    return stage_status::skipped;
  case wait_outcome::approve:
    return stage_status::succeeded;
  case wait_outcome::reject:
    return stage_status::refused;
  case wait_outcome::undeclared:
  case wait_outcome::fail:
    return stage_status::failed;
  }
  return stage_status::failed;
}

std::string_view to_string(wait_outcome outcome) {
  switch (outcome) {
  case wait_outcome::undeclared:
    return "undeclared";
  case wait_outcome::fail:
    return "fail";
  case wait_outcome::skip:
    return "skip";
  case wait_outcome::approve:
    return "approve";
  case wait_outcome::reject:
    return "reject";
  }
  return "unknown";
}

} // namespace ratchet::workflows

namespace ratchet::workflows::detail {

namespace {

using events = result<std::vector<iteration_event>>;
using nothing = std::vector<iteration_event>;

bool is_over(const stage_state& wait, time_point now) {
  return now >= wait.due;
}

/// An attempt that waits in its middle goes on after the resume only.
bool is_held(const iteration& it, const stage_state& wait) {
  return it.paused && !wait.suspended_in.empty();
}

std::string in_quotes(const std::string& name) {
  return "\"" + name + "\"";
}

// Answers -------------------------------------------------------------------

/// A person's yes or no.
struct answer {
  bool approves = false;
  const std::string& stage;
  const std::string& who;
  const std::string& reason;
};

/// The stage that `given` is about: the one it names, or the one that waits, or
/// the only one that ever does.
result<const stage_definition*> stage_for(
  const loop_definition& plan, const iteration& it, const answer& given) {
  if (!given.stage.empty()) {
    const auto* named = plan.stage(given.stage);
    if (named == nullptr || find(it, given.stage) == nullptr)
      return unknown_stage(it, given.stage);
    if (named->kind != stage_kind::approval)
      return error{
        errc::conflict,
        "stage " + in_quotes(given.stage) + " asks for no approval"};
    return named;
  }
  const stage_definition* waiting = nullptr;
  std::vector<const stage_definition*> all;
  for (const auto& stage : plan.stages) {
    const auto* state = find(it, stage.name);
    if (stage.kind != stage_kind::approval || state == nullptr)
      continue;
    all.push_back(&stage);
    if (state->status != stage_status::waiting)
      continue;
    if (waiting != nullptr)
      return error{
        errc::conflict,
        name_of(it) + " waits for several approvals, " +
          in_quotes(waiting->name) + " and " + in_quotes(stage.name) +
          " among them; name the stage"};
    waiting = &stage;
  }
  if (waiting != nullptr)
    return waiting;
  if (all.size() == 1)
    return all.front();
  return error{
    errc::conflict, name_of(it) + " waits for no approval at the moment"};
}

error not_waiting(const stage_definition& stage, const stage_state& state) {
  auto why = "stage " + in_quotes(stage.name) + " ";
  if (state.status == stage_status::pending)
    why += "does not wait for an answer yet";
  else
    why += "has its end already: " + std::string{to_string(state.status)};
  if (!state.output.sentence.empty())
    why += ", " + state.output.sentence;
  return {errc::conflict, std::move(why)};
}

error too_late(const stage_definition& stage, const stage_state& state) {
  return {
    errc::conflict,
    "stage " + in_quotes(stage.name) + " waited for an answer until " +
      to_iso8601(state.due) + "; it comes too late"};
}

events decide_answer(
  const loop_definition& plan, const iteration& it, const answer& given,
  time_point now) {
  const auto found = stage_for(plan, it, given);
  if (!found)
    return found.err();
  const auto& stage = **found;
  const auto& state = *find(it, stage.name);
  const auto status =
    given.approves ? stage_status::succeeded : stage_status::refused;
  if (state.status == status)
    return nothing{};
  if (state.status != stage_status::waiting)
    return not_waiting(stage, state);
  if (is_over(state, now))
    return too_late(stage, state);
  iteration_turn turn{plan, it, now};
  auto output = answer_output(given.approves, given.who, given.reason);
  if (given.approves)
    turn.record(
      stage_approved{stage.name, given.who, given.reason, now}, stage.name,
      status, std::move(output));
  else
    turn.record(
      stage_rejected{stage.name, given.who, given.reason, now}, stage.name,
      status, std::move(output));
  turn.advance();
  return turn.take();
}

// Signals -------------------------------------------------------------------

/// The names that its stages wait for: "\"a\", \"b\"".
std::string names_waited_for(const loop_definition& plan) {
  std::string out;
  for (const auto& stage : plan.stages)
    if (stage.kind == stage_kind::wait_signal)
      out += (out.empty() ? "" : ", ") + in_quotes(stage.wait.signal);
  return out;
}

/// A function waits for whichever names it likes.
bool can_take(const loop_definition& plan, const std::string& signal) {
  const auto takes = [&signal](const stage_definition& stage) {
    return stage.kind == stage_kind::callable ||
      (stage.kind == stage_kind::wait_signal && stage.wait.signal == signal);
  };
  return std::any_of(plan.stages.begin(), plan.stages.end(), takes) ||
    std::any_of(plan.cleanup.begin(), plan.cleanup.end(), [&](const auto& c) {
           return takes(c.stage);
         });
}

/// Why no signal with this name can go to `it`.
result<void> check_addressee(
  const loop_definition& plan, const iteration& it, const send_signal& sent) {
  if (!can_take(plan, sent.signal)) {
    const auto known = names_waited_for(plan);
    return error{
      errc::not_found,
      name_of(it) + " never waits for a signal " + in_quotes(sent.signal) +
        (known.empty() ? "; none of its stages waits for one"
                       : "; its stages wait for " + known)};
  }
  if (it.outcome != iteration_outcome::running)
    return error{
      errc::conflict,
      name_of(it) + " has ended: " + std::string{to_string(it.outcome)} +
        "; nobody would take a signal"};
  if (it.cancel_requested || it.ending != iteration_outcome::running)
    return error{
      errc::conflict, name_of(it) + " is ending; nobody would take a signal"};
  return {};
}

result<void> check_bounds(const iteration& it, const send_signal& sent) {
  if (sent.payload.size() > most_payload_bytes)
    return error{
      errc::resource_limit,
      "the payload of signal " + in_quotes(sent.signal) + " has " +
        std::to_string(sent.payload.size()) + " bytes, more than " +
        std::to_string(most_payload_bytes) +
        "; store it elsewhere and send where it is"};
  if (sent.id.size() > longest_signal_id)
    return error{
      errc::invalid_argument,
      "the id of signal " + in_quotes(sent.signal) + " has more than " +
        std::to_string(longest_signal_id) + " bytes"};
  if (it.signals.size() >= most_signals)
    return error{
      errc::resource_limit,
      name_of(it) + " has been sent " + std::to_string(most_signals) +
        " signals, as many as one iteration may be"};
  std::size_t kept = sent.payload.size();
  for (const auto& signal : it.signals)
    kept += signal.payload.size();
  if (kept > most_kept_bytes)
    return error{
      errc::resource_limit,
      name_of(it) +
        " keeps signals that nobody has taken yet, and has room "
        "for no more than " +
        std::to_string(most_kept_bytes) +
        " bytes of them; wait until some are taken"};
  return {};
}

/// True if it was received before; an error if another one has its id.
result<bool> is_known(const iteration& it, const send_signal& sent) {
  if (sent.id.empty())
    return false;
  for (const auto& known : it.signals) {
    if (known.id != sent.id)
      continue;
    if (known.signal == sent.signal && known.digest == fnv1a64(sent.payload))
      return true;
    return error{
      errc::conflict,
      "signal id " + in_quotes(sent.id) + " was used before for signal " +
        in_quotes(known.signal) + " with other content; give each its own"};
  }
  return false;
}

/// A signal that is there, for a stage or a unit that waits for it.
struct delivery {
  const stage_definition* stage = nullptr;
  std::string unit;         ///< Its name; of a stage: that.
  std::uint32_t number = 0; ///< Of the signal, from 1.
};

/// The name of the signal that `stage` waits for; empty: it waits for none.
std::string
signal_for(const stage_definition& stage, const stage_state& state) {
  if (state.status != stage_status::waiting)
    return {};
  if (state.suspended_in.empty())
    return stage.kind == stage_kind::wait_signal ? stage.wait.signal : "";
  return state.steps.at(state.suspended_in).signal;
}

/// The number of the first signal that `state`, of `stage` or of a unit of it,
/// waits for; 0: there is none.
std::uint32_t find_signal(
  const iteration& it, const stage_definition& stage, const stage_state& state,
  time_point now) {
  if (is_held(it, state))
    return 0;
  const auto wanted = signal_for(stage, state);
  if (wanted.empty())
    return 0;
  // A pause may have held it back until the deadline was over.
  const auto in_time = [&](const kept_signal& signal) {
    return !is_over(state, now) || signal.at < state.due;
  };
  for (std::size_t i = 0; i < it.signals.size(); ++i)
    if (
      it.signals[i].signal == wanted && it.signals[i].taken_by.empty() &&
      in_time(it.signals[i]))
      return static_cast<std::uint32_t>(i) + 1;
  return 0;
}

/// For `stage`, or for the first of its units that waits for one.
std::optional<delivery> find_delivery(
  const iteration& it, const stage_definition& stage, time_point now) {
  const auto* state = find(it, stage.name);
  if (state == nullptr)
    return std::nullopt;
  if (const auto number = find_signal(it, stage, *state, now); number != 0)
    return delivery{&stage, stage.name, number};
  if (state->status != stage_status::fanned_out)
    return std::nullopt;
  const auto& units = it.fan_outs.at(stage.name);
  for (const auto index : units.under_way)
    if (const auto number = find_signal(it, stage, units.units[index], now);
        number != 0)
      return delivery{&stage, unit_name(stage.name, index), number};
  return std::nullopt;
}

std::optional<delivery> next_delivery(
  const loop_definition& plan, const iteration& it, time_point now) {
  for (const auto& stage : plan.stages)
    if (auto found = find_delivery(it, stage, now))
      return found;
  for (const auto& each : plan.cleanup)
    if (auto found = find_delivery(it, each.stage, now))
      return found;
  return std::nullopt;
}

/// Records that the deadline of `stage` has passed, and what was declared.
void record_timeout(
  iteration_turn& turn, const stage_definition& stage, time_point now) {
  const auto within = " within " + format_duration(stage.wait.within);
  auto reason = stage.kind == stage_kind::approval
    ? "nobody answered" + within
    : "no signal " + in_quotes(stage.wait.signal) + " came" + within;
  const auto outcome = stage.wait.on_timeout;
  std::optional<stage_result> output;
  if (outcome == wait_outcome::approve || outcome == wait_outcome::reject)
    output = answer_output(
      outcome == wait_outcome::approve, std::string{timeout_decides}, reason);
  turn.record(
    wait_timed_out{stage.name, outcome, std::move(reason), now}, stage.name,
    status_after(outcome), std::move(output));
}

} // namespace

events decide_approve(
  const loop_definition& plan, const iteration& it, const approve_stage& c,
  time_point now) {
  return decide_answer(plan, it, {true, c.stage, c.who, c.reason}, now);
}

events decide_reject(
  const loop_definition& plan, const iteration& it, const reject_stage& c,
  time_point now) {
  return decide_answer(plan, it, {false, c.stage, c.who, c.reason}, now);
}

events decide_signal(
  const loop_definition& plan, const iteration& it, const send_signal& c,
  time_point now) {
  const auto known = is_known(it, c);
  if (!known)
    return known.err();
  if (*known)
    return nothing{};
  if (auto allowed = check_addressee(plan, it, c); !allowed)
    return allowed.err();
  if (auto allowed = check_bounds(it, c); !allowed)
    return allowed.err();
  std::vector<iteration_event> out{
    signal_received{c.signal, c.id, c.who, c.payload, now}};
  auto after = it;
  apply(plan, after, out.front());
  for (auto& event : take_signals(plan, std::move(after), now))
    out.push_back(std::move(event));
  return out;
}

std::vector<iteration_event>
take_signals(const loop_definition& plan, iteration it, time_point now) {
  std::vector<iteration_event> out;
  while (const auto next = next_delivery(plan, it, now)) {
    const auto& signal = it.signals[next->number - 1];
    iteration_turn turn{plan, it, now};
    if (is_wait(next->stage->kind))
      turn.record(
        signal_taken{next->stage->name, signal.signal, next->number, now},
        next->stage->name, stage_status::succeeded, signal_output(signal));
    else
      record_resumption(
        turn, it, next->unit, next->stage->timeout, next->number, now);
    turn.advance();
    for (auto& event : turn.take()) {
      apply(plan, it, event);
      out.push_back(std::move(event));
    }
  }
  return out;
}

events decide_deadline(
  const loop_definition& plan, const iteration& it,
  const pass_deadline& command, time_point now) {
  const auto* state = find(it, command.stage);
  const auto* stage = definition_of(plan, command.stage);
  if (state == nullptr || stage == nullptr)
    return unknown_stage(it, command.stage);
  // An alarm that outlived what it was set for.
  if (state->status != stage_status::waiting || state->in_experiment)
    return nothing{};
  // The resume arms it again.
  if (is_held(it, *state))
    return nothing{};
  if (!is_over(*state, now))
    return error{
      errc::conflict,
      "stage " + in_quotes(command.stage) + " waits for another " +
        format_duration(state->due - now)};
  iteration_turn turn{plan, it, now};
  if (!is_wait(stage->kind))
    record_resumption(turn, it, command.stage, stage->timeout, 0, now);
  else if (stage->kind == stage_kind::sleep)
    turn.record(
      stage_slept{stage->name, now}, stage->name, stage_status::succeeded);
  else
    record_timeout(turn, *stage, now);
  turn.advance();
  return turn.take();
}

} // namespace ratchet::workflows::detail
