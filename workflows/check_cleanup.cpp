#include "workflows/detail/checking.hpp"

namespace ratchet::workflows::detail {

namespace {

std::string
breach_of(const loop_definition& definition, const cleanup_definition& each) {
  const auto& stage = each.stage;
  if (stage.kind != stage_kind::command && stage.kind != stage_kind::callable)
    return "only a command or a function can clean up; use one of them";
  if (!stage.after.empty() || stage.when)
    return "cleanup stages run in the order of their declaration; remove "
           "after(...) and when(...)";
  if (each.kind != cleanup_kind::compensate)
    return {};
  if (definition.stage(each.undoes) == nullptr)
    return "compensates " + in_quotes(each.undoes) +
      ", which is no stage; name a declared one";
  for (const auto& other : definition.cleanup)
    if (
      &other != &each && other.kind == cleanup_kind::compensate &&
      other.undoes == each.undoes)
      return "a second compensation of " + in_quotes(each.undoes) +
        "; keep one";
  return {};
}

} // namespace

std::string check_cleanup(const loop_definition& definition) {
  for (const auto& each : definition.cleanup)
    if (auto why = breach_of(definition, each); !why.empty())
      return "stage " + in_quotes(each.stage.name) + ": " + why;
  return {};
}

} // namespace ratchet::workflows::detail
