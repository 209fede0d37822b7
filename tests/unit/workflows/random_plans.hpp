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

/// Makes some of the commands wait instead.
inline void add_waits(dice& random, loop_definition& plan) {
  for (auto& stage : plan.stages) {
    if (stage.kind != stage_kind::command || !random.one_in(3))
      continue;
    const auto outcomes = std::array{
      wait_outcome::fail, wait_outcome::skip, wait_outcome::approve,
      wait_outcome::reject};
    switch (random.below(5)) {
    case 4:
      stage.kind = stage_kind::experiment;
      stage.experiment.emplace();
      break;
    case 3: // It waits in its middle.
      stage.kind = stage_kind::callable;
      break;
    case 0:
      stage = wait_step(
        stage.name, stage.after, outcomes[random.below(outcomes.size())]);
      break;
    case 1:
      stage = signal_step(stage.name, stage.after, outcomes[random.below(2)]);
      break;
    default:
      stage = wait_step(stage.name, stage.after, wait_outcome::undeclared);
      stage.kind = stage_kind::sleep;
    }
    stage.wait.within = duration{1 + random.below(10'000)};
  }
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

/// The answer to one of them by hand: they are single questions.
inline bool answer_by_hand(const iteration& it, const stage_condition& asked) {
  const auto& state = it.stages.at(asked.stage);
  if (asked.kind == predicate_kind::skipped)
    return state.status == stage_status::skipped;
  if (state.status != stage_status::succeeded)
    return false;
  const auto x = state.output.values.find("x");
  return asked.kind == predicate_kind::succeeded ||
    (x != state.output.values.end() && x->second == "0.8");
}

/// Some stages run for each item. What is looked up elsewhere has two items.
inline void add_fan_outs(dice& random, loop_definition& plan) {
  names fanned;
  for (auto& stage : plan.stages) {
    const bool works =
      stage.kind == stage_kind::command || stage.kind == stage_kind::callable;
    if (!works || !random.one_in(3))
      continue;
    auto& options = stage.for_each.emplace();
    const auto items = random.below(5);
    for (std::size_t i = 0; i < items; ++i)
      options.items.push_back("i" + std::to_string(i));
    options.parallel = static_cast<std::uint32_t>(random.below(3));
    options.policy = static_cast<item_policy>(1 + random.below(3));
    options.least_items = static_cast<std::uint32_t>(random.below(items + 1));
    if (random.one_in(3))
      options.source = item_source::slices;
    const auto before = before_of(plan, stage.name);
    if (before.empty() || !random.one_in(3))
      continue;
    const names earlier(before.begin(), before.end());
    options.stage = random.pick(earlier);
    options.source =
      random.one_in(2) ? item_source::output : item_source::units;
    options.name = "list";
  }
}

inline attempt_failure random_failure(dice& random) {
  switch (random.below(5)) {
  case 0:
    return {errc::unavailable, "lost", 0, true};
  case 1:
    return {errc::invalid_argument, "for good", 0, false};
  case 2:
    return {errc::canceled, "stopped", 0, false};
  default:
    return {errc::io_error, "crash", 1, false};
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
