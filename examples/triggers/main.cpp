#include <ratchet/ratchet.hpp>

#include <chrono>
#include <fstream>

using namespace ratchet;
using namespace std::chrono_literals;

// Two loops whose iterations start for every kind of reason there is. What
// they train is nothing: docs/guide/triggers.md plays with when they start.
int main(int argc, char** argv) {
  const auto train = [](stage_context& context) -> result<stage_output> {
    std::ofstream{context.output_dir() / "model.txt"}
      << context.loop() << ' ' << context.iteration().value << '\n';
    return stage_output{};
  };
  // Starts for a call of its webhook, each night, or for enough feedback.
  loop base("base");
  base.channel(boolean("thumbs"))
    .retrain_when(any_of(
                    webhook("new-data"), cron("30 2 * * *", "Europe/Berlin"),
                    feedback_count("thumbs", 100))
                    .queue_one_when_busy()
                    .budget(20, 24h)
                    .compute_budget(2h, 7 * 24h))
    .stage("train", train)
    .promote();
  // Follows base, and has a look of its own when its champion grows old: once,
  // whatever comes of it.
  loop tuned("tuned");
  tuned.channel(boolean("thumbs"))
    .retrain_when(
      any_of(promoted("base"), champion_older_than(1min).hysteresis())
        .cooldown(1s))
    .stage("train", train)
    .stage(
      "enough",
      [](stage_context& context) -> result<stage_output> {
        // From its second iteration on it finds nothing better.
        return stage_output{
          {{"better", context.iteration().value == 1 ? "yes" : "no"}}};
      })
    .promote()
    .when(output("enough", "better") == "yes");
  return ratchet::main(argc, argv, {base, tuned});
}
