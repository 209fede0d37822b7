#include "scenario.hpp"

#include <filesystem>
#include <fstream>

namespace ratchet::test {

namespace {

const std::string name = "challengers";

/// Three models, of which one is better than the others.
stage_function trains(const effects& world) {
  return [world](stage_context& context) -> result<stage_output> {
    world.leave("challengers train " + context.item());
    std::ofstream{context.output_dir() / "model.txt"} << context.item();
    return stage_output{};
  };
}

result<stage_output> evaluates(stage_context& context) {
  const auto input = context.input_dir("train");
  if (!input)
    return input.err();
  int right = 0;
  std::ifstream{*input / "model.txt"} >> right;
  std::ofstream out{context.output_dir() / "scores.jsonl"};
  for (int i = 0; i < 20; ++i)
    out << R"({"sample_id":"s)" << i
        << R"(","metric":"accuracy","model":"challenger","score":)"
        << (i < right ? 1 : 0) << "}\n";
  return stage_output{};
}

void play(driver& script) {
  script.trigger(name, 1);
  script.until_ended(name, 1);
}

} // namespace

scenario challengers(const effects& world) {
  return {
    name,
    {loop(name)
       .stage("train", trains(world))
       .for_each(items({"5", "15", "10"}))
       .stage("evaluate", evaluates)
       .for_each(each_of("train").parallel(2))
       .gate("not worse", not_worse_than_champion("accuracy"))
       .choose("best")
       .promote()},
    play};
}

} // namespace ratchet::test
