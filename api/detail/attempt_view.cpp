#include "api/detail/attempt_view.hpp"

#include "workflows/fan_out.hpp"

namespace ratchet::api::detail {

void write_attempts(
  json_writer& to, const std::string& loop, iteration_number iteration,
  const std::string& unit,
  const std::vector<workflows::attempt_record>& attempts) {
  to.begin_array();
  for (const auto& each : attempts) {
    if (each.number == 0) // A wait for the world.
      continue;
    to.begin_object()
      .field("attempt", each.number)
      .field(
        "id", workflows::unit_attempt_id(loop, iteration, unit, each.number))
      .field("outcome", each.outcome);
    if (to_ms(each.queued) != 0)
      time_field(to, "queued", each.queued);
    time_field(to, "started", each.started);
    time_field(to, "ended", each.ended);
    if (each.failure)
      to.field("code", to_string(each.failure->code))
        .field("message", each.failure->message)
        .field("exit_code", each.failure->exit_code)
        .field_unless_empty("name", each.failure->name);
    to.end_object();
  }
  to.end_array();
}

void write_output(
  json_writer& to, const workflows::stage_result& output,
  const std::string& base_url) {
  to.field("sentence", output.sentence);
  number_field(to, "version", output.version.value);
  to.key("values").begin_object();
  for (const auto& [name, value] : output.values)
    to.field(name, value);
  to.end_object().key("artifacts").begin_array();
  for (const auto& artifact : output.artifacts)
    to.begin_object()
      .field("name", artifact.name)
      .field("digest", artifact.digest)
      .field("bytes", artifact.bytes)
      .field("uri", base_url + "/v1/artifacts/" + artifact.digest)
      .end_object();
  to.end_array();
}

} // namespace ratchet::api::detail
