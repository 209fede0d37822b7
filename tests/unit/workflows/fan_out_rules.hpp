#pragma once

#include "workflows/iteration.hpp"

#include <map>
#include <string>

/// The rules of stages that run for each item, by counting all units, which the
/// machine does not do. Each says which rule is broken, or nothing.

namespace ratchet::workflows::testing {

/// Something is to come of it by itself.
inline bool is_live(const stage_state& state) {
  return state.status == stage_status::running ||
    state.status == stage_status::backing_off ||
    state.status == stage_status::queued ||
    state.status == stage_status::listing ||
    state.status == stage_status::waiting;
}

/// Of a stage that is about to succeed.
inline std::string
breach_of_join(const iteration& it, const stage_definition& stage) {
  if (it.stages.at(stage.name).status != stage_status::fanned_out)
    return "a stage joins what it fanned out";
  std::map<stage_status, std::size_t> count;
  const auto& units = it.fan_outs.at(stage.name).units;
  for (const auto& unit : units)
    ++count[unit.status];
  const auto succeeded = count[stage_status::succeeded];
  const auto failed = count[stage_status::failed];
  const auto skipped = count[stage_status::skipped];
  const auto& options = *stage.for_each;
  if (succeeded + failed + skipped != units.size())
    return "a stage succeeds when each item has come to its end";
  if (options.policy == item_policy::fail && failed > 0)
    return "a stage succeeds without a failed item, or by policy";
  if (
    options.policy == item_policy::threshold && succeeded < options.least_items)
    return "a stage succeeds if enough items do";
  return {};
}

/// Of a unit whose attempt is about to start.
inline std::string breach_of_unit_start(
  const iteration& it, const stage_definition& stage, const std::string& unit) {
  if (it.stages.at(stage.name).status != stage_status::fanned_out)
    return "units run while their stage does";
  const auto& options = *stage.for_each;
  std::size_t live = it.find(unit)->status == stage_status::backing_off ? 0 : 1;
  std::size_t failures = 0;
  for (const auto& each : it.fan_outs.at(stage.name).units) {
    live += is_live(each) ? 1 : 0;
    failures += each.status == stage_status::failed ? 1 : 0;
  }
  if (options.parallel != 0 && live > options.parallel)
    return "so many items are under way at once";
  if (options.policy == item_policy::fail && failures > 0)
    return "nothing starts for a stage that can only fail";
  return {};
}

} // namespace ratchet::workflows::testing
