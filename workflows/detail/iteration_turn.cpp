#include "workflows/detail/iteration_turn.hpp"

#include <algorithm>

namespace ratchet::workflows::detail {

bool is_stopping(const iteration& it) {
  return it.cancel_requested ||
    std::any_of(it.stages.begin(), it.stages.end(), [](const auto& entry) {
           return entry.second.status == stage_status::failed ||
             entry.second.status == stage_status::refused;
         });
}

std::vector<std::string>
with_downstream(const loop_definition& plan, const std::string& stage) {
  std::vector<std::string> found{stage};
  const auto known = [&found](const std::string& name) {
    return std::find(found.begin(), found.end(), name) != found.end();
  };
  // `found` grows while it is walked: each entry brings those that wait for
  // it. Indexes, because growth moves the entries.
  for (std::size_t i = 0; i < found.size(); ++i)
    for (const auto& next : plan.stages) {
      const auto& waits = next.after;
      if (
        !known(next.name) &&
        std::find(waits.begin(), waits.end(), found[i]) != waits.end())
        found.push_back(next.name);
    }
  return found;
}

std::string cancel_reason(const std::string& who, const std::string& reason) {
  auto text = "canceled by " + who;
  if (!reason.empty())
    text += ": " + reason;
  return text;
}

/// How many stages are where.
struct iteration_turn::survey {
  std::size_t running = 0;
  std::size_t backing_off = 0;
  std::size_t pending = 0;
  std::size_t failed = 0;
  std::size_t refused = 0;
};

iteration_turn::survey iteration_turn::look() const {
  survey seen;
  for (const auto& [name, state] : before_.stages) {
    switch (status_of(name, state.status)) {
    case stage_status::running:
      ++seen.running;
      break;
    case stage_status::backing_off:
      ++seen.backing_off;
      break;
    case stage_status::pending:
      ++seen.pending;
      break;
    case stage_status::failed:
      ++seen.failed;
      break;
    case stage_status::refused:
      ++seen.refused;
      break;
    case stage_status::succeeded:
    case stage_status::canceled:
      break;
    }
  }
  return seen;
}

void iteration_turn::record(
  iteration_event event, const std::string& stage, stage_status status) {
  RATCHET_ASSERT(changed_ == nullptr);
  events_.push_back(std::move(event));
  changed_ = &stage;
  status_ = status;
}

void iteration_turn::start(const stage_definition& stage) {
  const auto& state = before_.stages.at(stage.name);
  events_.emplace_back(
    attempt_started{stage.name, state.attempt + 1, now_, now_ + stage.timeout});
}

void iteration_turn::cancel(const std::string& who, const std::string& reason) {
  events_.emplace_back(workflows::cancel_requested{who, reason, now_});
  bool running = false;
  for (const auto& [name, state] : before_.stages) {
    running = running || state.status == stage_status::running;
    if (
      state.status == stage_status::pending ||
      state.status == stage_status::backing_off)
      events_.emplace_back(stage_canceled{name, now_});
  }
  if (!running)
    end(iteration_outcome::canceled, cancel_reason(who, reason));
}

bool iteration_turn::has_succeeded(const std::string& stage) const {
  const auto found = before_.stages.find(stage);
  return found != before_.stages.end() &&
    status_of(stage, found->second.status) == stage_status::succeeded;
}

/// Whether what this turn changed can be what `stage` waited for. Whatever was
/// ready before has been started by the turn that made it so; only a turn
/// without a change (a begin, a retry by hand) has to look at every stage.
bool iteration_turn::may_be_ready(const stage_definition& stage) const {
  return changed_ == nullptr ||
    std::find(stage.after.begin(), stage.after.end(), *changed_) !=
    stage.after.end();
}

bool iteration_turn::is_ready(const stage_definition& stage) const {
  const auto found = before_.stages.find(stage.name);
  if (
    found == before_.stages.end() ||
    status_of(stage.name, found->second.status) != stage_status::pending)
    return false;
  return std::all_of(
    stage.after.begin(), stage.after.end(),
    [this](const std::string& name) { return has_succeeded(name); });
}

void iteration_turn::advance() {
  if (before_.outcome != iteration_outcome::running)
    return;
  const auto seen = look();
  if (before_.cancel_requested || seen.failed > 0 || seen.refused > 0) {
    stop(seen);
    return;
  }
  bool started = false;
  if (seen.pending > 0)
    for (const auto& stage : plan_.stages)
      if (may_be_ready(stage) && is_ready(stage)) {
        start(stage);
        started = true;
      }
  if (started || seen.running + seen.backing_off + seen.pending > 0)
    return;
  const bool promotes = std::any_of(
    plan_.stages.begin(), plan_.stages.end(),
    [](const auto& stage) { return stage.kind == stage_kind::promote; });
  end(
    promotes ? iteration_outcome::promoted : iteration_outcome::completed,
    success_reason());
}

void iteration_turn::stop(const survey& seen) {
  if (seen.backing_off > 0)
    let_go_of_retries();
  if (seen.running > 0)
    return;
  if (before_.cancel_requested)
    end(iteration_outcome::canceled, before_.end_reason);
  else if (seen.failed > 0)
    end(iteration_outcome::failed, failure_reason());
  else
    end(iteration_outcome::rejected, refusal_reason());
}

void iteration_turn::let_go_of_retries() {
  for (const auto& [name, state] : before_.stages)
    if (status_of(name, state.status) == stage_status::backing_off)
      events_.emplace_back(stage_canceled{name, now_});
}

void iteration_turn::end(iteration_outcome outcome, std::string reason) {
  events_.emplace_back(iteration_ended{outcome, std::move(reason), now_});
}

/// Output of a stage as it is after this turn; null if it has none.
const stage_result* iteration_turn::output_of(const std::string& stage) const {
  if (changed_ != nullptr && *changed_ == stage) {
    if (const auto* done = std::get_if<stage_succeeded>(&events_.front()))
      return &done->output;
    if (const auto* no = std::get_if<gate_refused>(&events_.front()))
      return &no->output;
    return nullptr;
  }
  const auto found = before_.stages.find(stage);
  return found == before_.stages.end() ? nullptr : &found->second.output;
}

std::string iteration_turn::failure_reason() const {
  const auto describe = [](
                          const std::string& stage, std::uint32_t attempt,
                          const std::string& message) {
    return "stage \"" + stage + "\" failed at attempt " +
      std::to_string(attempt) + ": " + message;
  };
  // The first in time is what the others may have followed from.
  const std::pair<const std::string, stage_state>* first = nullptr;
  for (const auto& entry : before_.stages)
    if (
      entry.second.status == stage_status::failed &&
      (first == nullptr || entry.second.ended < first->second.ended))
      first = &entry;
  if (first != nullptr)
    return describe(first->first, first->second.attempt, first->second.failure);
  // None before this turn: the one that this turn is about.
  const auto& failed = std::get<attempt_failed>(events_.front());
  return describe(failed.stage, failed.attempt, failed.failure.message);
}

std::string iteration_turn::refusal_reason() const {
  for (const auto& [name, state] : before_.stages)
    if (status_of(name, state.status) == stage_status::refused) {
      const auto* output = output_of(name);
      return "gate \"" + name + "\" refused: " + output->sentence;
    }
  return {};
}

/// What the last gate of the plan found: why this version is good.
std::string iteration_turn::success_reason() const {
  for (auto at = plan_.stages.rbegin(); at != plan_.stages.rend(); ++at) {
    if (at->kind != stage_kind::gate)
      continue;
    const auto* output = output_of(at->name);
    if (output != nullptr && !output->sentence.empty())
      return output->sentence;
  }
  return "all stages succeeded";
}

} // namespace ratchet::workflows::detail
