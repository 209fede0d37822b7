#include "api/views.hpp"

namespace ratchet::api {

void write_drop_rule(json_writer& to, const workflows::drop_rule& rule) {
  to.begin_object()
    .field(rule.rising ? "above" : "below", rule.limit)
    .field("mean_days_between_false_alarms", rule.days)
    .field("mean_days_between_false_warnings", workflows::warn_days_of(rule));
  if (rule.observations > 0)
    to.field("observations_between_false_alarms", rule.observations);
  to.end_object();
}

void write_reading(json_writer& to, const workflows::drop_reading& reading) {
  to.begin_object().field("level", workflows::to_string(reading.level));
  number_field(to, "version", reading.version.value);
  to.field("watch_record", reading.record)
    .field("evidence_days", reading.evidence)
    .field("threshold_days", reading.threshold)
    .field("observations", reading.observations)
    .key("mean");
  reading.observations > 0 ? to.value(reading.mean) : to.null();
  to.key("interval");
  if (reading.observations > 0)
    to.begin_array().value(reading.low).value(reading.high).end_array();
  else
    to.null();
  to.key("since_onset");
  if (reading.recent == 0) {
    to.null();
  } else {
    to.begin_object()
      .field("observations", reading.recent)
      .field("mean", reading.recent_mean);
    time_field(to, "from", reading.since);
    to.end_object();
  }
  time_field(to, "last_observation", reading.at);
  to.end_object();
}

void write_probation_alarm(
  json_writer& to, const workflows::probation_alarm& alarm) {
  to.begin_object()
    .field("condition", alarm.condition)
    .field("metric", alarm.metric)
    .key("rule");
  write_drop_rule(to, alarm.rule);
  to.key("reading");
  write_reading(to, alarm.reading);
  to.field("cursor", alarm.cursor.value);
  time_field(to, "probation_from", alarm.since);
  time_field(to, "probation_until", alarm.until);
  to.end_object();
}

} // namespace ratchet::api
