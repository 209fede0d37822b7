#include <ratchet/ratchet.hpp>

#include <cstdlib>
#include <string>

using namespace ratchet;
using namespace std::chrono_literals;

namespace {

/// A stage in Python, under Debian's interpreter: scikit-learn belongs to it.
command python(const std::string& program) {
  return command({"/usr/bin/python3", DIGITS_DIR "/" + program})
    .timeout(5min)
    .retry({.max_attempts = 3, .initial = 1s});
}

/// DIGITS_SPOILED names the iteration that learns nonsense, for the demo.
/// Commands have a clean environment: what they need is declared.
command trainer() {
  auto train = python("train.py");
  if (const char* iteration = std::getenv("DIGITS_SPOILED"))
    train.env("DIGITS_SPOILED", iteration);
  return train;
}

} // namespace

int main(int argc, char** argv) {
  loop digits("digits");
  digits
    .channel(boolean("verdict"))         // Thumbs.
    .channel(category("correction", 10)) // The right digit, from the user.
    .metric("accuracy")
    .from("verdict")
    .higher_is_better()
    .slice_by("writer", "device")
    .join_within(10min)
    .retrain_when(feedback_count("correction", 300).cooldown(3s))
    .stage(
      "dataset", export_dataset{.channel = "correction", .eval_fraction = 0.25})
    .stage("train", trainer())
    .stage("evaluate", python("evaluate.py"))
    .gate(
      "no regression", not_worse_than_champion("accuracy", {.margin = 0.03}))
    .experiment(
      {.metric = "accuracy",
       .min_effect = -0.05, // As good will do: it learns all the time.
       .min_units = 100,
       .max_units = 4000,
       .max_duration = 60s,
       .horizon = 5s,
       .planned_units = 500})
    .promote();
  return ratchet::main(argc, argv, {digits});
}
