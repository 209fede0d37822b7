#include <ratchet/ratchet.hpp>

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
    .retrain_when(feedback_count("correction", 200).cooldown(5s))
    .stage(
      "dataset", export_dataset{.channel = "correction", .eval_fraction = 0.25})
    .stage("train", python("train.py"))
    .stage("evaluate", python("evaluate.py"))
    .gate(
      "no regression", not_worse_than_champion("accuracy", {.margin = 0.03}))
    .promote();
  return ratchet::main(argc, argv, {digits});
}
