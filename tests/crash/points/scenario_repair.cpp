#include "scenario.hpp"

namespace ratchet::test {

namespace {

using namespace std::chrono_literals;
using actors::operator_verb;

const std::string name = "repair";

/// Fails until it has failed twice.
stage_function fails_twice(const effects& world) {
  return [world](stage_context&) -> result<stage_output> {
    if (world.count("repair flaky failed") >= 2)
      return stage_output{};
    world.leave("repair flaky failed");
    return error{errc::io_error, "not yet"};
  };
}

/// Fails in the first iteration, waits to be canceled in the second.
stage_function hard(const effects& world) {
  return [world](stage_context& context) -> result<stage_output> {
    world.leave("repair hard");
    if (context.iteration().value == 1)
      return error{errc::invalid_argument, "no retry mends this"};
    hold(context, [] { return false; });
    return error{errc::canceled, "stopped"};
  };
}

void play(driver& script) {
  script.trigger(name, 1);
  script.until_ended(name, 1); // Failed, and cleaned up.
  script.act(
    "skip",
    {.verb = operator_verb::skip,
     .loop = name,
     .iteration = iteration_number{1},
     .stage = "hard"});
  script.until_ended(name, 1); // Completed.
  script.act(
    "again",
    {.verb = operator_verb::retry,
     .loop = name,
     .iteration = iteration_number{1},
     .stage = "report"});
  script.until_ended(name, 1);
  script.trigger(name, 2);
  script.until_stage(name, 2, "hard", workflows::stage_status::running);
  script.act(
    "cancel",
    {.verb = operator_verb::cancel,
     .loop = name,
     .iteration = iteration_number{2}});
  script.until_ended(name, 2);
}

} // namespace

scenario repair(const effects& world) {
  const auto leave = [&world](const std::string& what) {
    return leaves_effect(world, what, {{"who", what}});
  };
  return {
    name,
    {loop(name)
       .stage("prepare", leave("prepare"))
       .compensate(callable(leave("undo prepare")))
       .stage(
         "flaky",
         callable(fails_twice(world))
           .retry({.max_attempts = 5, .initial = 5ms}))
       .stage("hard", hard(world))
       .stage("report", leave("report"))
       .on_failure("tell", callable(leave("tell")))
       .always(
         "sweep",
         command({"/bin/sh", "-c", world.shell_line("repair sweep")}))},
    play};
}

} // namespace ratchet::test
