#include "workflows/loop_state.hpp"

#include <algorithm>

namespace ratchet::workflows {

std::vector<version_number>
recent_champions(const loop_state& state, std::uint32_t moves) {
  std::vector<version_number> recent;
  const auto kept =
    std::min<std::size_t>(state.champions.size(), std::size_t{moves} + 1);
  for (std::size_t i = 0; i < kept; ++i)
    if (const auto version = state.champions[i];
        std::find(recent.begin(), recent.end(), version) == recent.end())
      recent.push_back(version);
  if (recent.empty())
    recent.push_back(state.champion);
  return recent;
}

admission_rule admission_at_start(
  const loop_definition& definition, const loop_state& state,
  sequence data_to) {
  admission_rule rule;
  const auto& timing = definition.timing;
  if (timing.mode == timing_mode::synchronous)
    rule.versions = {{state.champion}};
  if (timing.mode == timing_mode::asynchronous)
    rule.versions = recent_champions(state, timing.max_staleness);
  for (const auto& range : state.closed)
    if (range.from < data_to && range.to > state.data_to)
      rule.closed.push_back(range);
  // Those of iterations still under way, when a loop became asynchronous.
  for (const auto& [number, from] : state.closed_from)
    if (from < data_to)
      rule.closed.push_back({std::max(from, state.data_to), data_to});
  return rule;
}

} // namespace ratchet::workflows
