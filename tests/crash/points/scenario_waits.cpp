#include "scenario.hpp"

namespace ratchet::test {

namespace {

using namespace std::chrono_literals;
using actors::operator_verb;
using workflows::stage_status;

const std::string name = "waits";

actors::operator_request about(operator_verb verb, std::uint64_t number) {
  return {.verb = verb, .loop = name, .iteration = iteration_number{number}};
}

void answer(driver& script, operator_verb verb, std::uint64_t number) {
  script.until_stage(name, number, "sign-off", stage_status::waiting);
  script.act("answer " + std::to_string(number), about(verb, number));
}

/// Known by its id, however often it is sent.
void send(driver& script, std::uint64_t number) {
  auto wish = about(operator_verb::signal, number);
  wish.signal = {"labels-ready", "batch 1", "42"};
  script.act("signal", wish);
}

void go(driver& script, std::uint64_t number) {
  auto wish = about(operator_verb::signal, number);
  wish.signal = {"go", "go 1", "now"};
  script.act("go", wish);
}

/// Fails once after its first step, then sleeps and waits in its middle.
stage_function works(const effects& world) {
  return [world](stage_context& context) -> result<stage_output> {
    const auto first = context.step("first", [&] {
      world.leave("waits first step");
      return std::vector<int>{1, 2};
    });
    if (!first)
      return first.err();
    if (world.count("waits work failed") == 0) {
      world.leave("waits work failed");
      return error{errc::io_error, "not yet"};
    }
    if (auto slept = context.sleep_for("nap", 20ms); !slept)
      return slept.err();
    const auto go_on = context.wait_for_signal("go", 1h);
    if (!go_on)
      return go_on.err();
    const auto second =
      context.step("second", [&] { world.leave("waits second step"); });
    if (!second)
      return second.err();
    return stage_output{
      {{"first", std::to_string(first->back())}, {"go", go_on->payload}}};
  };
}

void play(driver& script) {
  script.trigger(name, 1);
  go(script, 1);
  send(script, 1); // Most often before the stage waits for it.
  answer(script, operator_verb::approve, 1);
  script.until_ended(name, 1); // After a sleep and a wait that nobody answers.
  script.trigger(name, 2);
  go(script, 2);
  answer(script, operator_verb::reject, 2);
  script.until_ended(name, 2);
}

} // namespace

scenario waits(const effects& world) {
  const auto leave = [&world](const std::string& what) {
    return leaves_effect(world, what);
  };
  return {
    name,
    {loop(name)
       .stage(
         "work",
         callable(works(world)).retry({.max_attempts = 5, .initial = 5ms}))
       .stage("prepare", leave("prepare"))
       .approval("sign-off", {.within = 1h, .on_timeout = on_timeout::fail})
       .wait_for_signal(
         "labels",
         {.signal = "labels-ready",
          .within = 1h,
          .on_timeout = on_timeout::fail})
       .sleep("soak", 20ms)
       .approval("quick", {.within = 20ms, .on_timeout = on_timeout::approve})
       .stage("publish", leave("publish"))
       .when(output("labels", "payload") == 42)},
    play};
}

} // namespace ratchet::test
