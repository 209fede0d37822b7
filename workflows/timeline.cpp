#include "workflows/timeline.hpp"

#include "workflows/event_type.hpp"

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

  /// Of a stage that waits for the world, or of an attempt that is a wait.
  void
  begin_wait(const std::string& stage, std::uint32_t attempt, time_point at) {
    all[stage].push_back(
      {.number = attempt,
       .queued = at,
       .started = {},
       .ended = {},
       .outcome = "waiting",
       .failure = {},
       .retry_at = {}});
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
  void operator()(const wait_started& e) { begin_wait(e.stage, 0, e.at); }
  void operator()(const experiment_awaited& e) {
    begin_wait(e.stage, e.attempt, e.at);
  }
  void operator()(const experiment_decided& e) {
    end(e.stage, e.at, lets_pass(e.verdict) ? "succeeded" : "refused");
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
  void operator()(const attempt_withdrawn& e) {
    end(e.stage, e.at, "withdrawn");
  }
  // These are of no attempt.
  void operator()(const signal_received&) {}
  void operator()(const iteration_started&) {}
  void operator()(const cancel_requested&) {}
  void operator()(const stage_reset&) {}
  void operator()(const iteration_ended&) {}
  void operator()(const cleanup_started&) {}
  void operator()(const items_awaited&) {}
  void operator()(const items_fixed&) {}
  void operator()(const iteration_paused&) {}
  void operator()(const iteration_resumed&) {}
  void operator()(const iteration_labeled&) {}
};

} // namespace

attempts_by_stage attempts_of(const std::vector<iteration_event>& events) {
  gatherer gathered;
  for (const auto& event : events)
    std::visit(gathered, event);
  return std::move(gathered.all);
}

std::vector<pause_record>
pauses_of(const std::vector<iteration_event>& events) {
  std::vector<pause_record> out;
  const auto end = [&out](time_point at) {
    if (!out.empty() && out.back().to == time_point{})
      out.back().to = at;
  };
  for (const auto& event : events) {
    if (const auto* pause = std::get_if<iteration_paused>(&event)) {
      end(pause->at);
      out.push_back({pause->at, {}, pause->at_once, pause->who, pause->reason});
    } else if (
      std::holds_alternative<iteration_resumed>(event) ||
      std::holds_alternative<cancel_requested>(event) ||
      std::holds_alternative<iteration_ended>(event)) {
      end(time_of(event));
    }
  }
  return out;
}

} // namespace ratchet::workflows
