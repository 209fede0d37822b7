#include "cli/simulation_flags.hpp"

#include <CLI/CLI.hpp>

namespace ratchet::cli {

namespace {

/// What the traffic is like.
void add_truth_flags(CLI::App& verb, simulation_flags& to) {
  verb.add_option(
    "TRUTH", to.truths,
    "no-effect, gain, harm, wave, drift, slow-feedback, fewer-answers, "
    "lost-units [all]");
  verb.add_option("--rate", to.rate, "Mean outcome of the champion [0.8]");
  verb.add_option("--effect", to.effect, "A gain's [0.03]");
  verb.add_option("--harm", to.harm, "Harm's [0.1]");
  verb.add_option(
    "--feedback-delay", to.feedback_delay,
    "Until feedback comes, in the mean [10m]");
  verb.add_option("--units-per-day", to.units_per_day, "Traffic [5000]");
  verb.add_option("--runs", to.runs, "Experiments for each truth [200]")
    ->check(CLI::Range(1, 1'000'000));
  verb.add_option("--seed", to.seed, "The same seed, the same traffic [1]");
}

/// What the experiment is told: by the loop that declares it, or here.
void add_setting_flags(CLI::App& verb, simulation_flags& to) {
  verb.add_option("--challengers", to.challengers, "At once [1]")
    ->check(CLI::Range(1, 20));
  auto* loop = verb.add_option(
    "--loop", to.loop,
    "Take the settings from the experiment of this loop of the program");
  const auto setting = [&](const char* name, auto& value, const char* text) {
    verb.add_option(name, value, text)->excludes(loop);
  };
  setting(
    "--traffic", to.traffic,
    "Share of the challengers, or a ramp: \"0.05 1h, 0.25 4h, 0.5\" [0.5]");
  setting(
    "--allocation", to.allocation,
    "equal, thompson, top-two or track-and-stop [equal]");
  setting("--horizon", to.horizon, "How long feedback of a unit counts [1h]");
  setting("--alpha", to.alpha, "Error rate of promotions [0.05]");
  setting("--harm-margin", to.harm_margin, "A loss that is none [0]");
  setting(
    "--min-effect", to.min_effect,
    "What must be exceeded; -0.01 allows a loss [0]");
  setting("--min-units", to.min_units, "Of each arm before a promotion [200]");
  setting("--max-units", to.max_units, "Then it ends [20000]");
  setting("--max-time", to.max_time, "Then it ends [28d]");
}

} // namespace

void add_simulation_flags(CLI::App& verb, simulation_flags& to) {
  add_truth_flags(verb, to);
  add_setting_flags(verb, to);
}

} // namespace ratchet::cli
