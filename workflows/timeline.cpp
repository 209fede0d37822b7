#include "workflows/timeline.hpp"

#include <utility>

namespace ratchet::workflows {

namespace {

struct gatherer {
  attempts_by_stage all;

  /// The last attempt of the stage, if it has not ended.
  attempt_record* open(const std::string& stage) {
    const auto found = all.find(stage);
    if (
      found == all.end() || found->second.empty() ||
      found->second.back().ended != time_point{})
      return nullptr;
    return &found->second.back();
  }

  void end(const std::string& stage, time_point at, std::string_view outcome) {
    if (auto* attempt = open(stage)) {
      attempt->ended = at;
      attempt->outcome = outcome;
    }
  }

  void operator()(const attempt_started& e) {
    all[e.stage].push_back(
      {.number = e.attempt,
       .queued = {},
       .started = e.at,
       .ended = {},
       .failure = {},
       .retry_at = {}});
  }
  void operator()(const attempt_queued& e) {
    if (auto* attempt = open(e.stage)) {
      attempt->queued = std::exchange(attempt->started, {});
      attempt->outcome = "queued";
    }
  }
  void operator()(const attempt_dispatched& e) {
    if (auto* attempt = open(e.stage)) {
      attempt->started = e.at;
      attempt->outcome = "running";
    }
  }
  void operator()(const attempt_failed& e) {
    if (auto* attempt = open(e.stage)) {
      attempt->failure = e.failure;
      attempt->retry_at = e.retry_at;
    }
    end(e.stage, e.at, e.failure.lost ? "lost" : "failed");
  }
  void operator()(const stage_succeeded& e) { end(e.stage, e.at, "succeeded"); }
  void operator()(const gate_refused& e) { end(e.stage, e.at, "refused"); }
  void operator()(const stage_canceled& e) { end(e.stage, e.at, "canceled"); }
  /// It may have waited for a slot.
  void operator()(const stage_skipped& e) { end(e.stage, e.at, "canceled"); }
  void operator()(const wait_started& e) {
    all[e.stage].push_back(
      {.number = 0,
       .queued = e.at,
       .started = {},
       .ended = {},
       .outcome = "waiting",
       .failure = {},
       .retry_at = {}});
  }
  void operator()(const stage_approved& e) { end(e.stage, e.at, "succeeded"); }
  void operator()(const stage_rejected& e) { end(e.stage, e.at, "refused"); }
  void operator()(const signal_taken& e) { end(e.stage, e.at, "succeeded"); }
  void operator()(const stage_slept& e) { end(e.stage, e.at, "succeeded"); }
  void operator()(const wait_timed_out& e) {
    end(e.stage, e.at, to_string(status_after(e.outcome)));
  }
  void operator()(const attempt_suspended& e) {
    if (auto* attempt = open(e.stage))
      attempt->outcome = "suspended";
  }
  void operator()(const attempt_resumed& e) {
    if (auto* attempt = open(e.stage))
      attempt->outcome = "running";
  }
  void operator()(const step_recorded&) {}
  // These are of no attempt.
  void operator()(const signal_received&) {}
  void operator()(const iteration_started&) {}
  void operator()(const cancel_requested&) {}
  void operator()(const stage_reset&) {}
  void operator()(const iteration_ended&) {}
  void operator()(const cleanup_started&) {}
  void operator()(const items_awaited&) {}
  void operator()(const items_fixed&) {}
};

} // namespace

attempts_by_stage attempts_of(const std::vector<iteration_event>& events) {
  gatherer gathered;
  for (const auto& event : events)
    std::visit(gathered, event);
  return std::move(gathered.all);
}

} // namespace ratchet::workflows
