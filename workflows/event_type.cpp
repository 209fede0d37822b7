#include "workflows/event_type.hpp"

namespace ratchet::workflows {

namespace {

struct type_visitor {
  std::string_view operator()(const iteration_started&) const {
    return "iteration_started";
  }
  std::string_view operator()(const attempt_started&) const {
    return "attempt_started";
  }
  std::string_view operator()(const attempt_failed&) const {
    return "attempt_failed";
  }
  std::string_view operator()(const stage_succeeded&) const {
    return "stage_succeeded";
  }
  std::string_view operator()(const gate_refused&) const {
    return "gate_refused";
  }
  std::string_view operator()(const cancel_requested&) const {
    return "cancel_requested";
  }
  std::string_view operator()(const stage_canceled&) const {
    return "stage_canceled";
  }
  std::string_view operator()(const stage_reset&) const {
    return "stage_reset";
  }
  std::string_view operator()(const iteration_ended&) const {
    return "iteration_ended";
  }
  std::string_view operator()(const stage_skipped&) const {
    return "stage_skipped";
  }
  std::string_view operator()(const cleanup_started&) const {
    return "cleanup_started";
  }
  std::string_view operator()(const attempt_queued&) const {
    return "attempt_queued";
  }
  std::string_view operator()(const attempt_dispatched&) const {
    return "attempt_dispatched";
  }
  std::string_view operator()(const items_awaited&) const {
    return "items_awaited";
  }
  std::string_view operator()(const items_fixed&) const {
    return "items_fixed";
  }
  std::string_view operator()(const wait_started&) const {
    return "wait_started";
  }
  std::string_view operator()(const stage_approved&) const {
    return "stage_approved";
  }
  std::string_view operator()(const stage_rejected&) const {
    return "stage_rejected";
  }
  std::string_view operator()(const signal_received&) const {
    return "signal_received";
  }
  std::string_view operator()(const signal_taken&) const {
    return "signal_taken";
  }
  std::string_view operator()(const wait_timed_out&) const {
    return "wait_timed_out";
  }
  std::string_view operator()(const stage_slept&) const {
    return "stage_slept";
  }
  std::string_view operator()(const step_recorded&) const {
    return "step_recorded";
  }
  std::string_view operator()(const attempt_suspended&) const {
    return "attempt_suspended";
  }
  std::string_view operator()(const attempt_resumed&) const {
    return "attempt_resumed";
  }
  std::string_view operator()(const iteration_paused&) const {
    return "iteration_paused";
  }
  std::string_view operator()(const attempt_withdrawn&) const {
    return "attempt_withdrawn";
  }
  std::string_view operator()(const iteration_resumed&) const {
    return "iteration_resumed";
  }
  std::string_view operator()(const iteration_labeled&) const {
    return "iteration_labeled";
  }
  std::string_view operator()(const experiment_awaited&) const {
    return "experiment_awaited";
  }
  std::string_view operator()(const experiment_decided&) const {
    return "experiment_decided";
  }
};

using texts = std::vector<std::string_view>;

struct text_visitor {
  /// Most events say nothing in words.
  template <class Event>
  texts operator()(const Event&) const {
    return {};
  }
  texts operator()(const iteration_started& e) const { return {e.reason}; }
  texts operator()(const attempt_failed& e) const {
    return {e.failure.message, e.failure.name, to_string(e.failure.code)};
  }
  texts operator()(const stage_succeeded& e) const {
    return {e.output.sentence};
  }
  texts operator()(const gate_refused& e) const { return {e.output.sentence}; }
  texts operator()(const cancel_requested& e) const {
    return {e.who, e.reason};
  }
  texts operator()(const stage_reset& e) const { return {e.who, e.reason}; }
  texts operator()(const iteration_ended& e) const { return {e.reason}; }
  texts operator()(const stage_skipped& e) const { return {e.who, e.reason}; }
  texts operator()(const cleanup_started& e) const { return {e.reason}; }
  texts operator()(const items_fixed& e) const {
    return {e.items.begin(), e.items.end()};
  }
  texts operator()(const stage_approved& e) const { return {e.who, e.reason}; }
  texts operator()(const stage_rejected& e) const { return {e.who, e.reason}; }
  texts operator()(const signal_received& e) const { return {e.signal, e.who}; }
  texts operator()(const wait_timed_out& e) const { return {e.reason}; }
  texts operator()(const iteration_paused& e) const {
    return {e.who, e.reason};
  }
  texts operator()(const iteration_resumed& e) const {
    return {e.who, e.reason};
  }
  texts operator()(const iteration_labeled& e) const {
    return {e.who, e.reason};
  }
  texts operator()(const experiment_decided& e) const {
    return {e.verdict.sentence};
  }
};

} // namespace

std::string_view type_of(const iteration_event& event) {
  return std::visit(type_visitor{}, event);
}

time_point time_of(const iteration_event& event) {
  return std::visit([](const auto& e) { return e.at; }, event);
}

std::vector<std::string_view> texts_of(const iteration_event& event) {
  return std::visit(text_visitor{}, event);
}

} // namespace ratchet::workflows
