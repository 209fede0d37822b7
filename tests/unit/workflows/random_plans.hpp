#pragma once

#include "plans.hpp"
#include "seeds.hpp"

#include <array>
#include <set>
#include <string>
#include <utility>
#include <vector>

/// Plans at random, for the model test of an iteration.

namespace ratchet::workflows::testing {

inline std::vector<stage_definition> random_stages(dice& random) {
  const auto count = 1 + random.below(8);
  std::vector<stage_definition> stages;
  for (std::size_t i = 0; i < count; ++i) {
    names after;
    for (std::size_t before = 0; before < i; ++before)
      if (random.one_in(3))
        after.push_back("s" + std::to_string(before));
    const bool gates = !after.empty() && random.one_in(4);
    auto stage = step(
      "s" + std::to_string(i), std::move(after),
      gates ? stage_kind::gate : stage_kind::command);
    stage.retry.max_attempts = 1 + static_cast<std::uint32_t>(random.below(3));
    stages.push_back(std::move(stage));
  }
  if (count > 1 && random.one_in(2)) {
    auto& chosen = stages[1 + random.below(count - 1)];
    chosen.kind = stage_kind::promote;
    if (chosen.after.empty())
      chosen.after.push_back("s0");
  }
  // Declaration order need not be the order of time.
  for (std::size_t i = count; i > 1; --i)
    std::swap(stages[i - 1], stages[random.below(i)]);
  return stages;
}

/// The stages before `name`, with their stages before, and so on.
inline std::set<std::string>
before_of(const loop_definition& plan, const std::string& name) {
  std::set<std::string> found;
  for (const auto& earlier : plan.stage(name)->after) {
    found.insert(earlier);
    found.merge(before_of(plan, earlier));
  }
  return found;
}

/// What a finished stage records, for conditions to ask about.
inline constexpr std::array numbers{"0.2", "0.8", "none"};

inline void add_conditions(dice& random, loop_definition& plan) {
  for (auto& stage : plan.stages) {
    const auto before = before_of(plan, stage.name);
    if (before.empty() || !random.one_in(3))
      continue;
    const names earlier(before.begin(), before.end());
    stage_condition asked = at_least(random.pick(earlier), "x", 0.5);
    if (random.one_in(2)) {
      asked = skipped_before(random.pick(earlier));
      if (random.one_in(2))
        asked.kind = predicate_kind::succeeded;
    }
    stage.when = asked;
  }
}

inline std::vector<cleanup_definition>
random_cleanup(dice& random, const loop_definition& plan) {
  std::vector<cleanup_definition> out;
  const auto add = [&](
                     cleanup_kind kind, std::string undoes, std::string name) {
    auto stage = step(std::move(name));
    stage.retry.max_attempts = 1 + static_cast<std::uint32_t>(random.below(2));
    out.push_back({kind, std::move(undoes), std::move(stage)});
  };
  for (const auto& stage : plan.stages)
    if (random.one_in(3))
      add(cleanup_kind::compensate, stage.name, "undo " + stage.name);
  for (std::size_t i = random.below(3); i > 0; --i)
    add(cleanup_kind::on_failure, "", "f" + std::to_string(i));
  for (std::size_t i = random.below(2); i > 0; --i)
    add(cleanup_kind::always, "", "a" + std::to_string(i));
  return out;
}

} // namespace ratchet::workflows::testing
