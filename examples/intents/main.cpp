#include <ratchet/ratchet.hpp>

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <string>
#include <vector>

using namespace ratchet;
using namespace std::chrono_literals;

namespace {

/// A stage in Python, under Debian's interpreter: scikit-learn belongs to it.
command python(const std::string& program) {
  return command({"/usr/bin/python3", INTENTS_DIR "/" + program})
    .timeout(10min)
    .retry({.max_attempts = 3, .initial = 1s});
}

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

/// The names of the intents: one a line in the file that `INTENTS` names.
std::vector<std::string> intents() {
  std::vector<std::string> names;
  std::ifstream lines(variable("INTENTS"));
  for (std::string line; std::getline(lines, line);)
    names.push_back(line);
  return names;
}

} // namespace

int main(int argc, char** argv) {
  const auto names = intents();
  if (names.empty()) {
    std::cerr << "intents: INTENTS names no file of intents, one a line; "
                 "run.py makes it out of the data\n";
    return 2;
  }
  loop made("intents");
  made
    .channel(boolean("solved"))             // Was that what the user meant?
    .channel(category("correction", names)) // What was meant, from the user.
    .metric("understood")
    .from("solved")
    .higher_is_better()
    .slice_by("intent") // As it was understood.
    .join_within(10min)
    .retrain_when(feedback_count("correction", 600).cooldown(2s))
    .stage(
      "dataset", export_dataset{.channel = "correction", .eval_fraction = 0.25})
    // Commands get a clean environment, and what they are given by name.
    .stage(
      "train", python("train.py").env("INTENTS_SEED", variable("INTENTS_SEED")))
    .stage("evaluate", python("evaluate.py"))
    .gate("not worse", not_worse_than_champion("accuracy", {.margin = 0.03}))
    .promote();
  return ratchet::main(argc, argv, {made});
}
