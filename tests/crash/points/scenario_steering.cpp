#include "scenario.hpp"

#include <algorithm>
#include <functional>
#include <vector>

namespace ratchet::test {

namespace {

using actors::operator_verb;
using workflows::stage_status;

const std::string name = "steering";
const std::string go_on = "steering may go on";

/// Runs until it is stopped, or the script lets it go on.
stage_function waits_to_go_on(const effects& world) {
  return [world](stage_context& context) -> result<stage_output> {
    hold(context, [&] { return world.count(go_on) > 0; });
    if (context.canceled())
      return error{errc::canceled, "stopped"};
    return stage_output{};
  };
}

/// The stage, and the items of the other.
std::vector<const workflows::stage_state*>
held(const workflows::iteration& it) {
  std::vector<const workflows::stage_state*> out{&it.stages.at("hold")};
  if (const auto items = it.fan_outs.find("items"); items != it.fan_outs.end())
    for (const auto& unit : items->second.units)
      out.push_back(&unit);
  return out;
}

void until_held(
  const driver& script, const std::string& what,
  const std::function<bool(const workflows::stage_state&)>& reached) {
  script.until(what, [&] {
    const auto seen = script.iteration(name, 1);
    if (!seen)
      return false;
    const auto all = held(*seen);
    return all.size() == 3 &&
      std::all_of(all.begin(), all.end(), [&](const auto* stage) {
             return reached(*stage);
           });
  });
}

void play(driver& script, const effects& world) {
  constexpr iteration_number first{1};
  script.trigger(name, 1);
  until_held(script, "all that is held has begun", [](const auto& stage) {
    return stage.attempt > 0;
  });
  script.act(
    "pause",
    {.verb = operator_verb::pause_iteration,
     .loop = name,
     .iteration = first,
     .at_once = true});
  // Withdrawn, or backing off if a crash took it before the pause: whatever
  // happens meanwhile, it does not run again before the resume.
  until_held(script, "nothing that is held runs", [](const auto& stage) {
    return stage.status != stage_status::running;
  });
  if (world.count(go_on) == 0)
    world.leave(go_on);
  script.act(
    "resume",
    {.verb = operator_verb::resume_iteration,
     .loop = name,
     .iteration = first});
  script.until_ended(name, 1);
  script.act(
    "label",
    {.verb = operator_verb::label,
     .loop = name,
     .iteration = first,
     .labels = {{"kept", "yes"}}});
}

} // namespace

scenario steering(const effects& world) {
  return {
    name,
    {loop(name)
       .stage("hold", waits_to_go_on(world))
       .stage("items", waits_to_go_on(world))
       .for_each(items({"de", "en"}))
       .after()
       .stage("last", leaves_effect(world, "last"))
       .after("hold", "items")
       .always("sweep", callable(leaves_effect(world, "sweep")))},
    [world](driver& script) { play(script, world); }};
}

} // namespace ratchet::test
