// The engine that the crash test kills: a loop whose iterations are short and
// many, with a stage of every kind.
//
// The command leaves a line in the file EFFECTS for each time it runs, so that
// the checker can tell whether an attempt ever ran twice.

#include "ratchet/ratchet.hpp"

#include <cstdlib>
#include <fstream>
#include <string>

using namespace ratchet;
using namespace std::chrono_literals;

namespace {

/// Scores on which every challenger is better.
result<stage_output> evaluate(stage_context& context) {
  std::ofstream out{context.output_dir() / "scores.jsonl"};
  for (int i = 0; i < 20; ++i)
    out << R"({"sample_id":"s)" << i
        << R"(","metric":"accuracy","champion":0,"challenger":1})" << '\n';
  return stage_output{};
}

} // namespace

int main(int argc, char** argv) {
  const char* named = std::getenv("EFFECTS");
  const std::string effects = named != nullptr ? named : "/dev/null";
  const std::string train = "echo \"$RATCHET_ATTEMPT\" >> '" + effects +
    "'; echo 'ratchet:progress 0.5 half'; sleep 0.15; "
    "echo \"$RATCHET_ATTEMPT\" > \"$RATCHET_OUTPUT/model.txt\"";
  auto crash =
    loop("crash")
      .channel(boolean("ok"))
      .metric("ok_rate")
      .from("ok")
      .retrain_when(feedback_count("ok", 60))
      .stage("dataset", export_dataset{.channel = "ok", .eval_fraction = 0.0})
      .stage("train", command(std::vector<std::string>{"/bin/sh", "-c", train}))
      .stage("evaluate", evaluate)
      .gate("not worse", not_worse_than_champion("accuracy"))
      .promote();
  return ratchet::main(argc, argv, {crash});
}
