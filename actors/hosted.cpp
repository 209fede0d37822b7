#include "actors/hosted.hpp"

#include <set>
#include <utility>

namespace ratchet::actors {

namespace {

/// Definitions are checked, so there are no cycles to fear.
void collect_before(
  const workflows::loop_definition& definition, const std::string& name,
  std::set<std::string>& seen) {
  const auto* stage = definition.stage(name);
  for (const auto& earlier : stage->after)
    if (seen.insert(earlier).second)
      collect_before(definition, earlier, seen);
}

/// A compensation may need what its stage had and made; the others run after
/// everything.
std::vector<std::string> stages_done_for(
  const workflows::cleanup_definition& cleanup, const hosted_plan& plan,
  const workflows::loop_definition& definition) {
  std::vector<std::string> out;
  if (cleanup.kind == workflows::cleanup_kind::compensate) {
    out = plan.before.at(cleanup.undoes);
    out.push_back(cleanup.undoes);
  } else {
    for (const auto& stage : definition.stages)
      out.push_back(stage.name);
  }
  return out;
}

} // namespace

std::shared_ptr<const hosted_plan> make_plan(
  workflows::loop_definition definition,
  std::map<std::string, stage_function> functions) {
  auto plan = std::make_shared<hosted_plan>();
  plan->fingerprint = workflows::fingerprint(definition);
  plan->functions = std::move(functions);
  for (const auto& stage : definition.stages) {
    std::set<std::string> seen;
    collect_before(definition, stage.name, seen);
    auto& before = plan->before[stage.name];
    for (const auto& candidate : definition.stages)
      if (seen.contains(candidate.name))
        before.push_back(candidate.name);
  }
  for (const auto& cleanup : definition.cleanup)
    plan->before[cleanup.stage.name] =
      stages_done_for(cleanup, *plan, definition);
  plan->definition = std::move(definition);
  return plan;
}

std::shared_ptr<const hosted_plan>
plan_cache::find(const std::string& fingerprint) const {
  const std::lock_guard lock{mutex_};
  const auto it = plans_.find(fingerprint);
  return it == plans_.end() ? nullptr : it->second.lock();
}

std::shared_ptr<const hosted_plan>
plan_cache::share(std::shared_ptr<const hosted_plan> plan) {
  const std::lock_guard lock{mutex_};
  auto& kept = plans_[plan->fingerprint];
  if (auto first = kept.lock())
    return first;
  kept = plan;
  return plan;
}

} // namespace ratchet::actors
