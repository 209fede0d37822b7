#include "scenario.hpp"

namespace ratchet::test {

namespace {

using actors::operator_verb;

const std::string outer = "nested-outer";
const std::string inner = "nested-inner";

/// In the inner loop's second iteration it waits to be canceled.
stage_function works(const effects& world) {
  return [world](stage_context& context) -> result<stage_output> {
    world.leave("nested work");
    hold(context, [&] { return context.iteration().value != 2; });
    return stage_output{};
  };
}

void play(driver& script) {
  script.act("pause", {.verb = operator_verb::pause, .loop = inner});
  script.trigger(outer, 1);
  script.until_stage(outer, 1, "child", workflows::stage_status::running);
  script.act("resume", {.verb = operator_verb::resume, .loop = inner});
  script.until_ended(outer, 1);
  script.trigger(outer, 2);
  script.until_stage(outer, 2, "child", workflows::stage_status::running);
  script.until("the second child runs", [&] {
    return script.state(inner).last_iteration.value >= 2;
  });
  script.act(
    "cancel",
    {.verb = operator_verb::cancel,
     .loop = outer,
     .iteration = iteration_number{2}});
  script.until_ended(outer, 2);
  script.until_ended(inner, 2);
}

} // namespace

scenario nested(const effects& world) {
  return {
    "nested",
    {loop(outer)
       .run_loop("child", inner)
       .stage("report", leaves_effect(world, "report")),
     loop(inner).stage("work", works(world))},
    play};
}

} // namespace ratchet::test
