#include <ratchet/ratchet.hpp>

#include <chrono>
#include <fstream>

using namespace ratchet;
using namespace std::chrono_literals;

// A loop that watches itself: docs/guide/monitors.md plays with it. Users say
// whether an answer was right, and the app how long it took. A drop of the
// first starts an iteration; of the second there is only an alarm.
int main(int argc, char** argv) {
  const auto train = [](stage_context& context) -> result<stage_output> {
    std::ofstream{context.output_dir() / "model.txt"}
      << "answers " << context.iteration().value << '\n';
    return stage_output{};
  };
  loop answers("answers");
  answers.channel(boolean("right"))
    .channel(number_between("seconds", 0, 60))
    .metric("accuracy")
    .from("right")
    .higher_is_better()
    .metric("latency")
    .from("seconds")
    .lower_is_better()
    .alarm({.above = 10, .mean_days_between_false_alarms = 7})
    .slice_by("language")
    .join_within(24h)
    .windows({.size = 1h, .slide = 10min, .keep = 48h})
    .retrain_when(
      drop_of("accuracy", {.below = 0.90, .mean_days_between_false_alarms = 30})
        .cooldown(1s))
    .stage("train", train)
    .promote();
  return ratchet::main(argc, argv, {answers});
}
