#pragma once

#include "api/views.hpp"
#include "workflows/timeline.hpp"

#include <cstdint>
#include <string>
#include <vector>

/// The parts of an iteration's view that stages and units share.

namespace ratchet::api::detail {

void write_attempts(
  json_writer& to, const std::string& loop, iteration_number iteration,
  const std::string& unit,
  const std::vector<workflows::attempt_record>& attempts);

/// The fields of a result, inside of an object.
void write_output(
  json_writer& to, const workflows::stage_result& output,
  const std::string& base_url);

// unit_view.cpp

/// How the items of a stage stand, with the first units of interest: those that
/// failed, then those under way. Null for a stage that does not run for each.
void write_items(
  json_writer& to, const workflows::stage_definition& stage,
  const workflows::iteration& iteration,
  const workflows::attempts_by_stage& attempts, const std::string& base_url);

/// One unit in full.
void write_unit(
  json_writer& to, const workflows::iteration& iteration,
  const std::string& stage, std::uint32_t index,
  const workflows::attempts_by_stage& attempts, const std::string& base_url);

} // namespace ratchet::api::detail
