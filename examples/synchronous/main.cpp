#include <ratchet/ratchet.hpp>

#include <cstdlib>
#include <string>

using namespace ratchet;

namespace {

/// What a stage's labour takes, in seconds: `LABOUR_SECONDS=0.05`.
std::string seconds() {
  const char* given = std::getenv("LABOUR_SECONDS");
  return given == nullptr ? "0.4" : given;
}

command labour(const std::string& work) {
  return command{{"/bin/sh", "-c", "sleep " + seconds() + "; " + work}};
}

loop learner(const std::string& name) {
  loop made(name);
  made.channel(boolean("ok"))
    .retrain_when(feedback_count("ok", 10))
    .stage("dataset", export_dataset{.channel = "ok", .whole_history = false})
    .stage("train", labour("echo model > \"$RATCHET_OUTPUT/model.txt\""))
    .stage("evaluate", labour("true"))
    .promote();
  return made;
}

} // namespace

// The same loop twice; one line makes the difference.
int main(int argc, char** argv) {
  auto in_turns = learner("synchronous");
  in_turns.timing(synchronous{});

  auto overlapping = learner("asynchronous");
  overlapping.timing(asynchronous{.max_staleness = 2, .max_in_flight = 3});

  return ratchet::main(argc, argv, {in_turns, overlapping});
}
