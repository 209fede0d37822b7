#include "scenario.hpp"
#include "traffic.hpp"

namespace ratchet::test {

namespace {

using namespace std::chrono_literals;

const std::string name = "experiment";

/// The first iteration has none: it has nothing to compare with.
trial_traffic trial(std::uint64_t iteration, std::size_t better) {
  return {
    .loop = name,
    .channel = "ok",
    .iteration = iteration_number{iteration},
    .experiment = experiment_number{iteration - 1},
    .better = better};
}

void play(driver& script) {
  script.trigger(name, 1); // Nothing to compare with.
  script.until_ended(name, 1);
  script.trigger(name, 2);
  serve_experiment(script, trial(2, 0)); // The new one does harm.
  script.until_ended(name, 2);
  script.until_counted(name);
  script.trigger(name, 3);
  serve_experiment(script, trial(3, 1)); // The new one is better.
  script.until_ended(name, 3);
}

} // namespace

scenario experiment(const effects& world) {
  const auto train = world.shell_line("experiment train") +
    "; echo model > \"$RATCHET_OUTPUT/model.txt\"";
  return {
    name,
    {loop(name)
       .channel(boolean("ok"))
       .metric("liked")
       .from("ok")
       .stage("train", command({"/bin/sh", "-c", train}))
       .experiment(
         {.metric = "liked",
          .min_units = 10,
          .max_duration = 1h,
          .horizon = 1ms,
          .planned_units = 80})
       .promote()},
    play};
}

} // namespace ratchet::test
