#include "api/detail/attempt_view.hpp"
#include "workflows/fan_out.hpp"

#include <algorithm>

namespace ratchet::api::detail {
namespace {

/// So many units are shown with their stage; the others have a route of their
/// own.
constexpr std::size_t most_shown = 20;

/// Failed ones first: they are what people look for.
std::vector<std::uint32_t> of_interest(const workflows::fan_out& units) {
  std::vector<std::uint32_t> out;
  if (units.counts.failed > 0)
    for (std::uint32_t i = 0; i < units.units.size() && out.size() < most_shown;
         ++i)
      if (units.units[i].status == workflows::stage_status::failed)
        out.push_back(i);
  for (const auto index : units.under_way)
    if (out.size() < most_shown)
      out.push_back(index);
  return out;
}

} // namespace

void write_unit(
  json_writer& to, const workflows::iteration& iteration,
  const std::string& stage, std::uint32_t index,
  const workflows::attempts_by_stage& attempts, const std::string& base_url) {
  const auto& units = iteration.fan_outs.find(stage)->second;
  const auto& unit = units.units[index];
  const auto name = workflows::unit_name(stage, index);
  to.begin_object()
    .field("name", name)
    .field("index", index)
    .field("item", units.items[index])
    .field("status", workflows::to_string(unit.status))
    .field("attempt", unit.attempt)
    .field("failures", unit.failures);
  time_field(to, "started", unit.started);
  time_field(to, "due", unit.due);
  time_field(to, "ended", unit.ended);
  to.field("failure", unit.failure)
    .field_unless_empty("failure_name", unit.failure_name)
    .field("skipped_by", unit.skipped_by)
    .field("skip_reason", unit.skip_reason);
  write_output(to, unit.output, base_url);
  to.key("attempts");
  const auto found = attempts.find(name);
  write_attempts(
    to, iteration.start.loop, iteration.start.number, name,
    found == attempts.end() ? std::vector<workflows::attempt_record>{}
                            : found->second);
  to.end_object();
}

void write_items(
  json_writer& to, const workflows::stage_definition& stage,
  const workflows::iteration& iteration,
  const workflows::attempts_by_stage& attempts, const std::string& base_url) {
  const auto found = iteration.fan_outs.find(stage.name);
  if (!stage.for_each || found == iteration.fan_outs.end()) {
    to.null();
    return;
  }
  const auto& units = found->second;
  const auto& counts = units.counts;
  const auto total = static_cast<std::uint64_t>(units.units.size());
  to.begin_object()
    .field("total", total)
    .field("succeeded", counts.succeeded)
    .field("failed", counts.failed)
    .field("skipped", counts.skipped)
    .field("canceled", counts.canceled)
    .field("running", counts.running)
    .field("waiting", counts.waiting)
    .field("pending", total - counts.begun())
    .key("shown")
    .begin_array();
  for (const auto index : of_interest(units))
    write_unit(to, iteration, stage.name, index, attempts, base_url);
  to.end_array().end_object();
}

} // namespace ratchet::api::detail
