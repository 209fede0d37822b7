#include "scenario.hpp"

#include <chrono>
#include <thread>
#include <utility>

namespace ratchet::test {

std::vector<scenario> scenarios(const effects& world) {
  return {promotion(world),   repair(world),     fan_out(world),
          challengers(world), nested(world),     timing(world),
          waits(world),       steering(world),   everything(world),
          drops(world),       experiment(world), areas(world),
          probation(world)};
}

void hold(stage_context& context, const std::function<bool()>& reached) {
  while (!reached() && !context.canceled())
    // tidy: allow banned-call, because this polls a condition.
    std::this_thread::sleep_for(std::chrono::milliseconds{1});
}

stage_function leaves_effect(
  const effects& world, std::string name,
  std::map<std::string, std::string> values) {
  return [world, name = std::move(name),
          values = std::move(values)](stage_context& context) {
    world.leave(context.loop() + " " + name);
    return result<stage_output>{stage_output{values}};
  };
}

} // namespace ratchet::test
