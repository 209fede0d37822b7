#include "workflows/check.hpp"
#include "workflows/detail/checking.hpp"

#include <cmath>
#include <set>

namespace ratchet::workflows::detail {

namespace {

class condition_check {
public:
  condition_check(
    const loop_definition& definition, const stage_definition& stage)
      : definition_(definition), stage_(stage),
        before_(stages_before(definition, stage.name)) {}

  [[nodiscard]] std::string
  breach_of(const stage_condition& asked, std::size_t depth) const {
    if (depth > deepest_condition)
      return "its conditions nest deeper than " +
        std::to_string(deepest_condition) + "; flatten them";
    switch (asked.kind) {
    case predicate_kind::number:
      if (!std::isfinite(asked.number))
        return "its condition compares with no finite number; give one";
      [[fallthrough]];
    case predicate_kind::text:
      if (asked.value.empty())
        return "its condition asks " + in_quotes(asked.stage) +
          " for an output without a name; name one";
      return breach_of_name(asked.stage);
    case predicate_kind::succeeded:
    case predicate_kind::skipped:
      return breach_of_name(asked.stage);
    case predicate_kind::all_of:
    case predicate_kind::any_of:
    case predicate_kind::negation:
      return breach_of_children(asked, depth);
    }
    return "unknown kind of condition";
  }

private:
  [[nodiscard]] std::string breach_of_name(const std::string& name) const {
    if (name == stage_.name)
      return "its condition asks about itself; name a stage before it";
    if (before_.contains(name))
      return {};
    if (definition_.stage(name) == nullptr)
      return "its condition names " + in_quotes(name) +
        ", which is no stage; name a declared one";
    return "its condition names " + in_quotes(name) +
      ", which does not come before it; add it to after(...)";
  }

  [[nodiscard]] std::string
  breach_of_children(const stage_condition& asked, std::size_t depth) const {
    if (
      asked.children.empty() ||
      (asked.kind == predicate_kind::negation && asked.children.size() != 1))
      return "its condition joins nothing; give it operands";
    for (const auto& child : asked.children)
      if (auto why = breach_of(child, depth + 1); !why.empty())
        return why;
    return {};
  }

  const loop_definition& definition_;
  const stage_definition& stage_;
  std::set<std::string> before_;
};

} // namespace

std::set<std::string>
stages_before(const loop_definition& definition, const std::string& stage) {
  std::set<std::string> found;
  std::vector<std::string> open{stage};
  while (!open.empty()) {
    const auto* at = definition.stage(open.back());
    open.pop_back();
    for (const auto& name : at->after)
      if (found.insert(name).second)
        open.push_back(name);
  }
  return found;
}

std::string check_conditions(const loop_definition& definition) {
  for (const auto& stage : definition.stages) {
    if (!stage.when)
      continue;
    const condition_check check{definition, stage};
    if (auto why = check.breach_of(*stage.when, 1); !why.empty())
      return "stage " + in_quotes(stage.name) + ": " + why;
  }
  return {};
}

} // namespace ratchet::workflows::detail
