#include "api/views.hpp"

namespace ratchet::api {

void write_area_readings(
  json_writer& to, const workflows::area_readings& readings) {
  to.begin_object();
  for (const auto& [metric, reading] : readings) {
    to.key(metric).begin_object().field("event", reading.event);
    number_field(to, "version", reading.version.value);
    time_field(to, "as_of", reading.as_of);
    to.field("rows", reading.rows)
      .field("candidates", reading.candidates)
      .key("areas")
      .begin_array();
    for (const auto& area : reading.areas)
      to.begin_object()
        .field("area", area.text)
        .field("volume", area.volume)
        .field("error", area.error)
        .field("rest_error", area.rest_error)
        .field("impact", area.impact)
        .field("rows", area.rows)
        .end_object();
    to.end_array().end_object();
  }
  to.end_object();
}

void write_area_options(
  json_writer& to, const workflows::area_options& options) {
  to.begin_object().field("metric", options.metric).key("by").begin_array();
  for (const auto& name : options.by)
    to.value(name);
  to.end_array()
    .field("every_ms", options.every.count())
    .field("look_back_ms", options.look_back.count())
    .field("min_volume", options.min_volume)
    .field("min_gap", options.min_gap)
    .field("false_discovery_rate", options.false_discovery_rate)
    .field("most", options.most)
    .field("max_predicates", options.max_predicates)
    .field("examples", options.examples)
    .field("max_rows", options.max_rows)
    .field("one_per_subject", options.one_per_subject)
    .end_object();
}

} // namespace ratchet::api
