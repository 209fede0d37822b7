#include "workflows/detail/cleanup.hpp"

#include <algorithm>

namespace ratchet::workflows::detail {

namespace {

using cleanup_list = std::vector<const cleanup_definition*>;

const stage_state& state_of(const iteration& it, const std::string& stage) {
  static const stage_state none;
  const auto found = it.stages.find(stage);
  return found == it.stages.end() ? none : found->second;
}

stage_status status_of(const iteration& it, const cleanup_definition& cleanup) {
  return state_of(it, cleanup.stage.name).status;
}

bool applies(
  const cleanup_definition& cleanup, const iteration& it,
  iteration_outcome outcome) {
  // A gate's no is a regular end, so nothing is undone after it.
  const bool went_wrong = outcome == iteration_outcome::failed ||
    outcome == iteration_outcome::canceled;
  switch (cleanup.kind) {
  case cleanup_kind::compensate:
    return went_wrong &&
      state_of(it, cleanup.undoes).status == stage_status::succeeded;
  case cleanup_kind::on_failure:
    return went_wrong;
  case cleanup_kind::always:
    return true;
  }
  return false;
}

iteration_event
start(const iteration& it, const stage_definition& stage, time_point now) {
  return attempt_started{
    stage.name, state_of(it, stage.name).attempt + 1, now, now + stage.timeout};
}

const cleanup_definition*
first_pending(const cleanup_list& list, const iteration& it) {
  const auto found = std::find_if(list.begin(), list.end(), [&](auto* each) {
    return status_of(it, *each) == stage_status::pending;
  });
  return found == list.end() ? nullptr : *found;
}

/// The reason that was fixed, and what of the cleanup failed.
std::string reason_after(const cleanup_list& list, const iteration& it) {
  auto reason = it.end_reason;
  for (const auto* each : list) {
    const auto& state = state_of(it, each->stage.name);
    if (
      state.status == stage_status::failed ||
      state.status == stage_status::refused)
      reason += "; cleanup stage \"" + each->stage.name +
        "\" failed at attempt " + std::to_string(state.attempt) + ": " +
        state.failure;
  }
  return reason;
}

} // namespace

cleanup_list cleanup_for(
  const loop_definition& plan, const iteration& it, iteration_outcome outcome) {
  cleanup_list out;
  const auto take = [&](cleanup_kind kind) {
    for (const auto& each : plan.cleanup)
      if (each.kind == kind && applies(each, it, outcome))
        out.push_back(&each);
  };
  take(cleanup_kind::compensate);
  std::sort(out.begin(), out.end(), [&it](const auto* a, const auto* b) {
    return state_of(it, a->undoes).success_index >
      state_of(it, b->undoes).success_index;
  });
  take(cleanup_kind::on_failure);
  take(cleanup_kind::always);
  return out;
}

std::vector<iteration_event> begin_end(
  const loop_definition& plan, const iteration& it, iteration_outcome outcome,
  std::string reason, time_point now) {
  const auto* first = first_pending(cleanup_for(plan, it, outcome), it);
  if (first == nullptr)
    return {iteration_ended{outcome, std::move(reason), now}};
  if (it.paused)
    return {};
  return {
    cleanup_started{outcome, std::move(reason), now},
    start(it, first->stage, now)};
}

std::vector<iteration_event> go_on_with_cleanup(
  const loop_definition& plan, const iteration& it, time_point now) {
  const auto list = cleanup_for(plan, it, it.ending);
  const bool busy = std::any_of(list.begin(), list.end(), [&](auto* each) {
    const auto status = status_of(it, *each);
    return status == stage_status::running || status == stage_status::queued ||
      status == stage_status::backing_off || status == stage_status::waiting;
  });
  if (busy)
    return {};
  if (const auto* next = first_pending(list, it))
    return it.paused
      ? std::vector<iteration_event>{}
      : std::vector<iteration_event>{start(it, next->stage, now)};
  return {iteration_ended{it.ending, reason_after(list, it), now}};
}

} // namespace ratchet::workflows::detail
