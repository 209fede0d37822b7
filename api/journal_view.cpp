#include "api/views.hpp"
#include "formats/area_json.hpp"

namespace ratchet::api {
namespace {

/// Writes the fields of one event behind "index" and "type".
struct field_writer {
  json_writer& to;

  void type(std::string_view name) const { to.field("type", name); }
  void at(time_point t) const { time_field(to, "at", t); }
  void why(const std::string& who, const std::string& reason) const {
    to.field("who", who).field("reason", reason);
  }
  void attempt(const std::string& stage, std::uint32_t number) const {
    to.field("stage", stage).field("attempt", number);
  }
  /// Left out if there are none.
  void labels(const std::map<std::string, std::string>& all) const {
    if (all.empty())
      return;
    to.key("labels");
    write_labels(to, all);
  }
  void output(const workflows::stage_result& result) const {
    to.field("sentence", result.sentence);
    number_field(to, "version", result.version.value);
  }

  void texts(std::string_view name, const std::set<std::string>& all) const {
    to.key(name).begin_array();
    for (const auto& text : all)
      to.value(text);
    to.end_array();
  }
  void totals(
    std::string_view name,
    const std::map<std::string, std::uint64_t>& all) const {
    to.key(name).begin_object();
    for (const auto& [of, count] : all)
      to.field(of, count);
    to.end_object();
  }
  void window(const std::optional<sequence>& from) const {
    if (from)
      to.field("closed_from", from->value);
  }
  void disarms(const std::set<std::string>& fired) const {
    if (!fired.empty())
      texts("disarms", fired);
  }
  void inputs(const workflows::trigger_inputs& all) const {
    to.key("inputs").begin_object().field("cursor", all.cursor.value);
    totals("joined", all.joined);
    if (!all.promotions.empty())
      totals("promotions", all.promotions);
    if (!all.webhooks.empty()) {
      to.key("webhooks").begin_object();
      for (const auto& [name, calls] : all.webhooks)
        to.key(name)
          .begin_object()
          .field("calls", calls.calls)
          .field("last_event", calls.last_event)
          .end_object();
      to.end_object();
    }
    if (all.in_flight != duration{0})
      to.field("in_flight_ms", all.in_flight.count());
    if (!all.drops.empty()) {
      to.key("drops").begin_object();
      for (const auto& [condition, reading] : all.drops) {
        to.key(condition);
        write_reading(to, reading);
      }
      to.end_object();
    }
    if (!all.areas.empty()) {
      to.key("areas");
      write_area_readings(to, all.areas);
    }
    if (all.rollbacks != 0)
      to.field("rollbacks", all.rollbacks);
    to.end_object();
  }

  // Of a loop.
  void operator()(const workflows::loop_adopted& e) const {
    type("loop_adopted");
    at(e.at);
  }
  void operator()(const workflows::iteration_requested& e) const {
    type("iteration_requested");
    at(e.at);
    to.field("iteration", e.number.value);
    why(e.who, e.reason);
    to.field_unless_empty("request", e.request);
    labels(e.labels);
    to.field("fingerprint", e.fingerprint);
    number_field(to, "champion", e.champion.value);
    to.field("data_from", e.data_from.value).field("data_to", e.data_to.value);
    write_rule(to, e.admits);
    if (to_ms(e.queued) != 0)
      time_field(to, "queued", e.queued);
    window(e.window);
    disarms(e.fired);
    inputs(e.inputs);
  }
  void operator()(const workflows::iteration_closed& e) const {
    type("iteration_closed");
    at(e.at);
    to.field("iteration", e.number.value)
      .field("outcome", workflows::to_string(e.outcome))
      .field("ran_ms", e.ran.count())
      .field("history_end", e.history_end.value);
  }
  void operator()(const workflows::iteration_reopened& e) const {
    type("iteration_reopened");
    at(e.at);
    to.field("iteration", e.number.value);
    window(e.window);
    why(e.who, e.reason);
  }
  void operator()(const workflows::start_skipped& e) const {
    type("start_skipped");
    at(e.at);
    to.field("reason", e.reason);
    disarms(e.fired);
    inputs(e.inputs);
  }
  void operator()(const workflows::start_queued& e) const {
    type("start_queued");
    at(e.at);
    to.field("reason", e.reason)
      .field("fingerprint", e.fingerprint)
      .field("data_to", e.data_to.value);
    disarms(e.fired);
    inputs(e.inputs);
  }
  void operator()(const workflows::trigger_noted& e) const {
    type("trigger_noted");
    at(e.at);
    texts("rearmed", e.rearmed);
    totals("primed", e.primed);
  }
  void operator()(const workflows::webhook_received& e) const {
    type("webhook_received");
    at(e.at);
    to.field("name", e.name)
      .field_unless_empty("key", e.key)
      .field("payload", e.payload);
  }
  void operator()(const workflows::loop_archived& e) const {
    type("loop_archived");
    at(e.at);
    why(e.who, e.reason);
  }
  void operator()(const workflows::drop_raised& e) const {
    type("drop_raised");
    at(e.at);
    to.field("level", workflows::to_string(e.reading.level))
      .field("condition", e.condition)
      .field("metric", e.metric)
      .field("sentence", e.sentence)
      .field("cursor", e.cursor.value)
      .key("rule");
    write_drop_rule(to, e.rule);
    to.key("reading");
    write_reading(to, e.reading);
  }
  void operator()(const workflows::alarm_acknowledged& e) const {
    type("alarm_acknowledged");
    at(e.at);
    to.field("alarm", e.alarm).field("condition", e.condition);
    why(e.who, e.reason);
  }
  void operator()(const workflows::areas_looked& e) const {
    type("areas_looked");
    at(e.at);
    to.field("sentence", e.sentence).key("look");
    formats::write_area_look(to, e.look);
  }
  void operator()(const workflows::loop_paused& e) const {
    type("loop_paused");
    at(e.at);
    why(e.who, e.reason);
  }
  void operator()(const workflows::loop_resumed& e) const {
    type("loop_resumed");
    at(e.at);
    why(e.who, e.reason);
  }
  void operator()(const workflows::version_registered& e) const {
    type("version_registered");
    at(e.at);
    to.field("version", e.version.value).field("source", e.source);
    number_field(to, "iteration", e.iteration.value);
    to.field("digest", e.artifact.digest).field("name", e.artifact.name);
  }
  void operator()(const workflows::champion_moved& e) const {
    type("champion_moved");
    at(e.at);
    to.field("kind", workflows::to_string(e.kind));
    number_field(to, "from", e.from.value);
    number_field(to, "to", e.to.value);
    number_field(to, "iteration", e.iteration.value);
    why(e.who, e.reason);
    if (e.probation > duration{0})
      to.field("probation_ms", e.probation.count());
    if (e.alarm) {
      to.key("alarm");
      write_probation_alarm(to, *e.alarm);
    }
  }

  void request(const workflows::experiment_request& wish) const {
    to.field("iteration", wish.iteration.value)
      .field("stage", wish.stage)
      .field("attempt", wish.attempt)
      .field("fingerprint", wish.fingerprint)
      .key("challengers")
      .begin_array();
    for (const auto version : wish.challengers)
      to.value(version.value);
    to.end_array();
  }
  void verdict(const workflows::experiment_verdict& found) const {
    number_field(to, "experiment", found.experiment.value);
    to.field("outcome", to_string(found.outcome));
    number_field(to, "champion", found.champion.value);
    number_field(to, "winner", found.winner.value);
    to.field("sentence", found.sentence);
  }
  void operator()(const workflows::experiment_requested& e) const {
    type("experiment_requested");
    at(e.at);
    request(e.request);
  }
  void operator()(const workflows::experiment_begun& e) const {
    type("experiment_begun");
    at(e.at);
    to.field("experiment", e.number.value)
      .field("champion", e.champion.value)
      .field("won_before", e.won_before);
    request(e.request);
  }
  void operator()(const workflows::experiment_ended& e) const {
    type("experiment_ended");
    at(e.at);
    to.field("iteration", e.iteration.value);
    attempt(e.stage, e.attempt);
    verdict(e.verdict);
  }

  // Of an iteration.
  void operator()(const workflows::experiment_awaited& e) const {
    type("experiment_awaited");
    at(e.at);
    attempt(e.stage, e.attempt);
  }
  void operator()(const workflows::experiment_decided& e) const {
    type("experiment_decided");
    at(e.at);
    attempt(e.stage, e.attempt);
    verdict(e.verdict);
  }
  void operator()(const workflows::iteration_started& e) const {
    type("iteration_started");
    at(e.at);
    to.field("reason", e.reason).field("fingerprint", e.fingerprint);
    labels(e.labels);
    number_field(to, "champion", e.champion.value);
    to.field("data_from", e.data_from.value).field("data_to", e.data_to.value);
    write_rule(to, e.admits);
  }
  void operator()(const workflows::attempt_started& e) const {
    type("attempt_started");
    at(e.at);
    attempt(e.stage, e.attempt);
    time_field(to, "deadline", e.deadline);
  }
  void operator()(const workflows::attempt_failed& e) const {
    type("attempt_failed");
    at(e.at);
    attempt(e.stage, e.attempt);
    to.field("code", to_string(e.failure.code))
      .field("message", e.failure.message)
      .field("exit_code", e.failure.exit_code)
      .field("lost", e.failure.lost);
    to.field_unless_empty("name", e.failure.name);
    time_field(to, "retry_at", e.retry_at);
  }
  void operator()(const workflows::attempt_queued& e) const {
    type("attempt_queued");
    at(e.at);
    attempt(e.stage, e.attempt);
    time_field(to, "start_by", e.start_by);
  }
  void operator()(const workflows::attempt_dispatched& e) const {
    type("attempt_dispatched");
    at(e.at);
    attempt(e.stage, e.attempt);
    time_field(to, "deadline", e.deadline);
  }
  void operator()(const workflows::stage_succeeded& e) const {
    type("stage_succeeded");
    at(e.at);
    attempt(e.stage, e.attempt);
    output(e.output);
  }
  void operator()(const workflows::gate_refused& e) const {
    type("gate_refused");
    at(e.at);
    attempt(e.stage, e.attempt);
    output(e.output);
  }
  void operator()(const workflows::cancel_requested& e) const {
    type("cancel_requested");
    at(e.at);
    why(e.who, e.reason);
  }
  void operator()(const workflows::stage_canceled& e) const {
    type("stage_canceled");
    at(e.at);
    to.field("stage", e.stage);
  }
  void operator()(const workflows::stage_reset& e) const {
    type("stage_reset");
    at(e.at);
    to.field("stage", e.stage);
    why(e.who, e.reason);
  }
  void operator()(const workflows::stage_skipped& e) const {
    type("stage_skipped");
    at(e.at);
    to.field("stage", e.stage);
    why(e.who, e.reason);
  }
  void operator()(const workflows::cleanup_started& e) const {
    type("cleanup_started");
    at(e.at);
    to.field("outcome", workflows::to_string(e.outcome))
      .field("reason", e.reason);
  }
  void operator()(const workflows::items_awaited& e) const {
    type("items_awaited");
    at(e.at);
    attempt(e.stage, e.attempt);
  }
  void operator()(const workflows::items_fixed& e) const {
    type("items_fixed");
    at(e.at);
    attempt(e.stage, e.attempt);
    to.key("items").begin_array();
    for (const auto& item : e.items)
      to.value(item);
    to.end_array();
  }
  void operator()(const workflows::wait_started& e) const {
    type("wait_started");
    at(e.at);
    to.field("stage", e.stage);
    time_field(to, "until", e.until);
  }
  void operator()(const workflows::stage_approved& e) const {
    type("stage_approved");
    at(e.at);
    to.field("stage", e.stage);
    why(e.who, e.reason);
  }
  void operator()(const workflows::stage_rejected& e) const {
    type("stage_rejected");
    at(e.at);
    to.field("stage", e.stage);
    why(e.who, e.reason);
  }
  void operator()(const workflows::signal_received& e) const {
    type("signal_received");
    at(e.at);
    to.field("signal", e.signal)
      .field("id", e.id)
      .field("who", e.who)
      .field("payload", e.payload);
  }
  void operator()(const workflows::signal_taken& e) const {
    type("signal_taken");
    at(e.at);
    to.field("stage", e.stage)
      .field("signal", e.signal)
      .field("number", e.number);
  }
  void operator()(const workflows::wait_timed_out& e) const {
    type("wait_timed_out");
    at(e.at);
    to.field("stage", e.stage)
      .field("outcome", workflows::to_string(e.outcome))
      .field("reason", e.reason);
  }
  void operator()(const workflows::stage_slept& e) const {
    type("stage_slept");
    at(e.at);
    to.field("stage", e.stage);
  }
  void operator()(const workflows::step_recorded& e) const {
    type("step_recorded");
    at(e.at);
    attempt(e.stage, e.attempt);
    to.field("name", e.name).field("value", e.value);
  }
  void operator()(const workflows::attempt_suspended& e) const {
    type("attempt_suspended");
    at(e.at);
    attempt(e.stage, e.attempt);
    to.field("name", e.name).field_unless_empty("signal", e.signal);
    time_field(to, "until", e.until);
  }
  void operator()(const workflows::attempt_resumed& e) const {
    type("attempt_resumed");
    at(e.at);
    attempt(e.stage, e.attempt);
    number_field(to, "signal", e.signal);
    time_field(to, "deadline", e.deadline);
  }
  void operator()(const workflows::iteration_paused& e) const {
    type("iteration_paused");
    at(e.at);
    to.field("now", e.at_once);
    why(e.who, e.reason);
  }
  void operator()(const workflows::attempt_withdrawn& e) const {
    type("attempt_withdrawn");
    at(e.at);
    attempt(e.stage, e.attempt);
  }
  void operator()(const workflows::iteration_resumed& e) const {
    type("iteration_resumed");
    at(e.at);
    why(e.who, e.reason);
  }
  void operator()(const workflows::iteration_labeled& e) const {
    type("iteration_labeled");
    at(e.at);
    to.key("labels").begin_object();
    for (const auto& [name, value] : e.set)
      to.field(name, value);
    for (const auto& name : e.removed)
      to.key(name).null();
    to.end_object();
    why(e.who, e.reason);
  }
  void operator()(const workflows::iteration_ended& e) const {
    type("iteration_ended");
    at(e.at);
    to.field("outcome", workflows::to_string(e.outcome))
      .field("reason", e.reason);
  }
};

template <class Event>
void write_any(json_writer& to, std::uint64_t index, const Event& event) {
  to.begin_object().field("index", index);
  std::visit(field_writer{to}, event);
  to.end_object();
}

} // namespace

void write_event(
  json_writer& to, std::uint64_t index, const workflows::loop_event& event) {
  write_any(to, index, event);
}

void write_event(
  json_writer& to, std::uint64_t index,
  const workflows::iteration_event& event) {
  write_any(to, index, event);
}

} // namespace ratchet::api
