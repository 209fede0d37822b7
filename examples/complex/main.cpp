#include "stages.hpp"

#include <cstdlib>

using namespace ratchet;
using namespace std::chrono_literals;
namespace stages = complex_example;

namespace {

/// How long a sign-off is waited for, in seconds: `PATIENCE`.
duration patience() {
  const char* given = std::getenv("PATIENCE");
  return std::chrono::seconds{given == nullptr ? 8 : std::atoi(given)};
}

/// How missed escalations are weighed; another team's loop.
loop rubric() {
  return loop("rubric").stage("survey", stages::survey).promote();
}

/// Decides which messages of users go to a person.
loop assistant() {
  return loop("assistant")
    .channel(boolean("escalate"))
    .metric("escalations")
    .from("escalate")
    .slice_by("language")
    .retrain_when(feedback_count("escalate", 200))
    .timing(asynchronous{.max_staleness = 2, .max_in_flight = 2})

    .stage("announce", stages::announce)
    .compensate(callable{stages::withdraw})

    // Two branches: what the data is like, and what mistakes cost.
    .stage("dataset", export_dataset{.channel = "escalate"})
    .stage(
      "profile",
      callable{stages::profile}.retry(
        {.max_attempts = 2, .non_retryable = {"too_few_rows"}}))
    .for_each(slices("language").parallel(2).skip_failed())
    .run_loop("costs", "rubric", {.within = 1min})
    .after("announce")

    // Three challengers; the best of those that are not worse goes on.
    .stage("train", callable{stages::train}.timeout(5min))
    .for_each(items({"cautious", "steady", "bold"}))
    .after("profile", "costs")
    .stage("evaluate", stages::evaluate)
    .for_each(each_of("train"))
    .gate("not worse", not_worse_than_champion("accuracy", {.margin = 0.05}))
    .choose("best")

    .approval(
      "sign-off", {.within = patience(), .on_timeout = on_timeout::fail})
    .promote()

    .on_failure("page", callable{stages::page})
    .always("report", callable{stages::report});
}

} // namespace

int main(int argc, char** argv) {
  return ratchet::main(argc, argv, {assistant(), rubric()});
}
