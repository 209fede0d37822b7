#include "scenario.hpp"

#include <chrono>
#include <fstream>
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

stage_output leave_model(stage_context& context) {
  std::ofstream{context.output_dir() / "model.txt"} << context.item();
  return {};
}

stage_function
scores_model(std::function<std::string(int sample, bool right)> row) {
  return
    [row = std::move(row)](stage_context& context) -> result<stage_output> {
      const auto input = context.input_dir("train");
      if (!input)
        return input.err();
      int right = 0;
      std::ifstream{*input / "model.txt"} >> right;
      std::ofstream out{context.output_dir() / "scores.jsonl"};
      for (int i = 0; i < 20; ++i)
        out << R"({"sample_id":"s)" << i << R"(","metric":"accuracy",)"
            << row(i, i < right) << "}\n";
      return stage_output{};
    };
}

} // namespace ratchet::test
