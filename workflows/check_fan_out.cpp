#include "workflows/check.hpp"
#include "workflows/detail/checking.hpp"
#include "workflows/fan_out.hpp"

#include <algorithm>

namespace ratchet::workflows::detail {

namespace {

std::string check_list(const fan_out_options& options) {
  if (options.items.empty())
    return "its list is empty; name at least one item";
  return check_items(options.items);
}

/// Slices are what metrics are split by.
std::string
check_slices(const loop_definition& definition, const std::string& attribute) {
  const auto& known = definition.slice_by;
  if (std::find(known.begin(), known.end(), attribute) == known.end())
    return "attribute " + in_quotes(attribute) +
      " is not declared; declare it with slice_by(...)";
  if (definition.metrics.empty())
    return "the loop has no metric, and only metrics know slices; add one with "
           "metric(...)";
  return {};
}

std::string check_versions(const fan_out_options& options) {
  if (options.count >= 1 && options.count <= most_items)
    return {};
  return std::to_string(options.count) + " versions; give 1 to " +
    std::to_string(most_items);
}

std::string check_stage_before(
  const loop_definition& definition, const stage_definition& stage) {
  const auto& options = *stage.for_each;
  const auto* source = definition.stage(options.stage);
  if (source == nullptr)
    return "its items come from " + in_quotes(options.stage) +
      ", which is no stage; name a declared one";
  if (!stages_before(definition, stage.name).contains(options.stage))
    return "its items come from " + in_quotes(options.stage) +
      ", which does not come before it; add it to after(...)";
  const bool of_units = options.source == item_source::units;
  if (of_units && !source->for_each)
    return "stage " + in_quotes(options.stage) +
      " does not run for each item; use listed_in(...) for a list that it "
      "makes";
  if (!of_units && options.name.empty())
    return "its list of items has no name; name the value or file";
  if (
    options.source == item_source::file &&
    options.name.find('/') != std::string::npos)
    return "file " + in_quotes(options.name) +
      " is in a directory; name one at the top of the outputs";
  return {};
}

std::string
check_source(const loop_definition& definition, const stage_definition& stage) {
  const auto& options = *stage.for_each;
  switch (options.source) {
  case item_source::list:
    return check_list(options);
  case item_source::slices:
    return check_slices(definition, options.name);
  case item_source::versions:
    return check_versions(options);
  case item_source::output:
  case item_source::file:
  case item_source::units:
    return check_stage_before(definition, stage);
  }
  return "unknown source of items";
}

std::string check_policy(const fan_out_options& options) {
  if (options.parallel > most_parallel)
    return "parallel is not in 1 to " + std::to_string(most_parallel) +
      "; leave it out for no bound of its own";
  if (options.policy != item_policy::threshold)
    return {};
  const bool share = options.least_share != 0;
  // Negated, so that NaN is refused too.
  if (share && !(options.least_share > 0 && options.least_share <= 1))
    return "at_least is not a share in (0, 1]; 0.8 is four of five";
  if (!share && options.least_items == 0)
    return "at_least is 0 and would let all items fail; use skip_failed for "
           "that";
  if (
    options.source == item_source::list &&
    options.least_items > options.items.size())
    return "at_least is " + std::to_string(options.least_items) +
      ", more than there are items; give at most " +
      std::to_string(options.items.size());
  return {};
}

std::string check_fan_out(
  const loop_definition& definition, const stage_definition& stage) {
  if (stage.kind != stage_kind::command && stage.kind != stage_kind::callable)
    return "only a command or a function can run for each item; remove "
           "for_each";
  if (auto why = check_source(definition, stage); !why.empty())
    return why;
  return check_policy(*stage.for_each);
}

/// Asks the stages before another, directly or not.
struct stages_in_front {
  const loop_definition& definition;
  std::set<std::string> names;

  template <class Predicate>
  [[nodiscard]] bool any(Predicate wanted) const {
    return std::any_of(
      definition.stages.begin(), definition.stages.end(),
      [&](const auto& each) {
        return names.contains(each.name) && wanted(each);
      });
  }
};

/// It takes several, so that something must make and judge several.
std::string check_several(
  const loop_definition& definition, const stage_definition& stage) {
  const stages_in_front before{
    definition, stages_before(definition, stage.name)};
  const auto is = [](stage_kind kind) {
    return [kind](const auto& each) { return each.kind == kind; };
  };
  if (before.any(is(stage_kind::choose)))
    return "several challengers behind a choose(...), which leaves one; remove "
           "either";
  if (
    before.any([](const auto& each) { return each.for_each.has_value(); }) &&
    before.any(is(stage_kind::gate)))
    return {};
  return "several challengers, but nothing before it makes and judges several; "
         "let a stage run for each item with for_each(...), and add a "
         "gate(...)";
}

/// It needs a gate to go by, and that needs challengers.
std::string
check_choose(const loop_definition& definition, const stage_definition& stage) {
  const stages_in_front before{
    definition, stages_before(definition, stage.name)};
  const auto any_before = [&](auto wanted) { return before.any(wanted); };
  if (!any_before([](const auto& each) { return each.for_each.has_value(); }))
    return "no stage comes before it that makes challengers; let one run for "
           "each item with for_each(...)";
  const auto& gate = stage.choose_by;
  if (any_before([&](const auto& each) {
        return each.kind == stage_kind::gate &&
          (gate.empty() || each.name == gate);
      }))
    return {};
  return (gate.empty() ? std::string{"no gate comes before it"}
                       : in_quotes(gate) + " is no gate before it") +
    "; it chooses by what a gate found, so add one with gate(...)";
}

} // namespace

std::string check_fan_outs(const loop_definition& definition) {
  for (const auto& stage : definition.stages) {
    if (stage.kind == stage_kind::choose)
      if (auto why = check_choose(definition, stage); !why.empty())
        return "stage " + in_quotes(stage.name) + ": " + why;
    if (stage.experiment && stage.experiment->challengers > 1)
      if (auto why = check_several(definition, stage); !why.empty())
        return "stage " + in_quotes(stage.name) + ": " + why;
    if (!stage.for_each)
      continue;
    if (auto why = check_fan_out(definition, stage); !why.empty())
      return "stage " + in_quotes(stage.name) + ": for_each: " + why;
  }
  for (const auto& cleanup : definition.cleanup)
    if (cleanup.stage.for_each)
      return "stage " + in_quotes(cleanup.stage.name) +
        ": for_each: a cleanup stage runs once; remove it";
  return {};
}

} // namespace ratchet::workflows::detail
