#include "workflows/detail/iteration_turn.hpp"

/// The sentences that an end is explained with.

namespace ratchet::workflows {

std::string skip_sentence(
  const stage_definition& stage, const std::string& who,
  const std::string& reason) {
  auto text =
    std::string{
      stage.kind == stage_kind::gate           ? "gate"
        : stage.kind == stage_kind::experiment ? "experiment"
                                               : "stage"} +
    " \"" + stage.name + "\" was skipped";
  if (who != condition_skips && who != timeout_decides)
    text += " by " + who;
  return reason.empty() ? text : text + ": " + reason;
}

/// Of a stage that said no; none: a unit's.
std::string refused_by(const std::string& name, const stage_definition* stage) {
  const auto kind = stage == nullptr ? stage_kind::gate : stage->kind;
  if (kind == stage_kind::experiment)
    return {}; // Its sentence says all.
  if (kind == stage_kind::approval)
    return "approval \"" + name + "\" was ";
  return std::string{kind == stage_kind::gate ? "gate" : "stage"} + " \"" +
    name + "\" refused: ";
}

} // namespace ratchet::workflows

namespace ratchet::workflows::detail {

/// Output of a stage as it is after this turn; null if it has none.
const stage_result* iteration_turn::output_of(const std::string& stage) const {
  if (recorded_ != nullptr && *recorded_ == stage && recorded_output_)
    return &*recorded_output_;
  const auto found = before_.stages.find(stage);
  if (found == before_.stages.end())
    return nullptr;
  if (status_of(stage, found->second.status) == found->second.status)
    return &found->second.output;
  for (auto event = events_.rbegin(); event != events_.rend(); ++event) {
    const auto* done = std::get_if<stage_succeeded>(&*event);
    if (done != nullptr && done->stage == stage)
      return &done->output;
    const auto* no = std::get_if<gate_refused>(&*event);
    if (no != nullptr && no->stage == stage)
      return &no->output;
  }
  return nullptr;
}

std::string iteration_turn::failure_reason() const {
  const auto describe = [](
                          const std::string& stage, std::uint32_t attempt,
                          const std::string& message) {
    return "stage \"" + stage + "\" failed" +
      (attempt == 0 ? "" : " at attempt " + std::to_string(attempt)) + ": " +
      message;
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
  // None before this turn: the one of this turn. A unit fails its stage.
  if (const auto* late = std::get_if<wait_timed_out>(&events_.front()))
    return describe(late->stage, 0, late->reason);
  for (const auto& event : events_)
    if (const auto* failed = std::get_if<attempt_failed>(&event))
      if (status_of(failed->stage) == stage_status::failed)
        return describe(
          failed->stage, failed->attempt, failed->failure.message);
  return {};
}

std::string iteration_turn::refusal_reason() const {
  for (const auto& [name, state] : before_.stages)
    if (status_of(name, state.status) == stage_status::refused) {
      const auto* stage = plan_.any_stage(name);
      return refused_by(name, stage) + output_of(name)->sentence;
    }
  return {};
}

/// "gate "no regression" was skipped by ada: flaky scores", if it was.
std::string iteration_turn::skip_of(const stage_definition& stage) const {
  if (status_of(stage.name) != stage_status::skipped)
    return {};
  for (const auto& event : events_)
    if (const auto* skip = std::get_if<stage_skipped>(&event))
      if (skip->stage == stage.name)
        return skip_sentence(stage, skip->who, skip->reason);
  const auto& state = before_.stages.at(stage.name);
  return skip_sentence(stage, state.skipped_by, state.skip_reason);
}

/// What the last gate of the plan found, or the choice after it: why this
/// version is good. A gate or a promotion that was skipped is said beside it,
/// because it is what people rely on.
std::string iteration_turn::success_reason() const {
  std::string skips;
  bool any_skipped = false;
  for (const auto& stage : plan_.stages) {
    const auto text = skip_of(stage);
    any_skipped = any_skipped || !text.empty();
    if (
      !text.empty() &&
      (is_judge(stage.kind) || stage.kind == stage_kind::promote))
      skips += (skips.empty() ? "" : "; ") + text;
  }
  for (auto at = plan_.stages.rbegin(); at != plan_.stages.rend(); ++at) {
    if (!is_judge(at->kind) && at->kind != stage_kind::choose)
      continue;
    const auto* output = output_of(at->name);
    if (output != nullptr && !output->sentence.empty())
      return output->sentence + (skips.empty() ? "" : "; " + skips);
  }
  if (!skips.empty())
    return skips;
  return any_skipped ? "all stages succeeded or were skipped"
                     : "all stages succeeded";
}

} // namespace ratchet::workflows::detail
