#include "scenario.hpp"

#include <fstream>

namespace ratchet::test {

namespace {

using namespace std::chrono_literals;

/// Scores on which every challenger is better.
result<stage_output> evaluate(stage_context& context) {
  std::ofstream out{context.output_dir() / "scores.jsonl"};
  for (int i = 0; i < 12; ++i)
    out << R"({"sample_id":"s)" << i
        << R"(","metric":"accuracy","champion":0,"challenger":1})" << '\n';
  return stage_output{{{"accuracy", "1"}}};
}

void play(driver& script) {
  script.feedback("promotion", "ok", 1, 4);
  script.until_ended("promotion", 1);
  script.act(
    "pause", {.verb = actors::operator_verb::pause, .loop = "promotion"});
  script.feedback("promotion", "ok", 5, 8);
  script.act(
    "resume", {.verb = actors::operator_verb::resume, .loop = "promotion"});
  script.until_ended("promotion", 2);
}

} // namespace

scenario promotion(const effects& world) {
  const auto train = world.shell_line("promotion train") +
    "; echo model > \"$RATCHET_OUTPUT/model.txt\"";
  return {
    "promotion",
    {loop("promotion")
       .channel(boolean("ok"))
       .metric("ok_rate")
       .from("ok")
       .retrain_when(feedback_count("ok", 4))
       .stage("dataset", export_dataset{.channel = "ok", .eval_fraction = 0.0})
       .stage("train", command({"/bin/sh", "-c", train}))
       .stage("evaluate", evaluate)
       .stage("look closer", leaves_effect(world, "look closer"))
       .when(output("evaluate", "accuracy") < 0.5)
       .gate("not worse", not_worse_than_champion("accuracy"))
       .promote()},
    play};
}

} // namespace ratchet::test
