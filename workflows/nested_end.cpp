#include "workflows/nested_end.hpp"

namespace ratchet::workflows {

namespace {

std::string name_of(const stage_definition& stage, iteration_number child) {
  return "iteration " + std::to_string(child.value) + " of " +
    stage.nested.loop;
}

child_policy
policy_for(const nested_options& options, iteration_outcome outcome) {
  switch (outcome) {
  case iteration_outcome::rejected:
    return options.on_rejected;
  case iteration_outcome::failed:
  case iteration_outcome::canceled:
    return options.on_failed;
  case iteration_outcome::promoted:
  case iteration_outcome::completed:
  case iteration_outcome::running:
    break;
  }
  return child_policy::go_on;
}

stage_result output_of(
  const stage_definition& stage, iteration_number child,
  std::string_view outcome, const std::string& reason) {
  stage_result out;
  out.values = {
    {"loop", stage.nested.loop},
    {"outcome", std::string{outcome}},
    {"reason", reason}};
  if (child.value != 0)
    out.values["iteration"] = std::to_string(child.value);
  return out;
}

} // namespace

nested_end end_of_child(
  const stage_definition& stage, iteration_number child,
  iteration_outcome outcome, version_number version,
  const std::string& reason) {
  nested_end out;
  if (policy_for(stage.nested, outcome) == child_policy::fail) {
    out.failure = attempt_failure{
      .code = errc::failed_condition,
      .message = name_of(stage, child) + " ended " +
        std::string{to_string(outcome)} + ": " + reason,
      .name = std::string{to_string(outcome)}};
    return out;
  }
  out.output = output_of(stage, child, to_string(outcome), reason);
  if (version.value != 0)
    out.output.values["version"] = std::to_string(version.value);
  return out;
}

nested_end end_of_wait(
  const stage_definition& stage, iteration_number child,
  const std::string& obstacle) {
  auto reason = child.value == 0 ? "no iteration of " + stage.nested.loop +
      " could be started within " + format_duration(stage.timeout)
                                 : name_of(stage, child) +
      " did not end within " + format_duration(stage.timeout);
  if (child.value == 0 && !obstacle.empty())
    reason += ": " + obstacle;
  nested_end out;
  if (stage.nested.on_timeout == child_policy::fail)
    out.failure = attempt_failure{
      .code = errc::timed_out,
      .message = reason,
      .name = std::string{close_timeout}};
  else
    out.output = output_of(stage, child, "timeout", reason);
  return out;
}

std::string asker_text(const iteration_started& start) {
  return "iteration " + std::to_string(start.number.value) + " of " +
    start.loop;
}

} // namespace ratchet::workflows
