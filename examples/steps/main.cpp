#include <ratchet/ratchet.hpp>

#include <string>

/// A trainer in Python that goes on at its last epoch, whatever kills it, and a
/// stage in C++ that does its parts once. The guide's page "Steps" tells of it.

using namespace ratchet;
using namespace std::chrono_literals;

namespace {

/// Publishes, lets some time pass, and announces: each once, whatever happens
/// in between.
result<stage_output> publish(stage_context& context) {
  const auto url = context.step("upload", [&] {
    context.log("uploading");
    return std::string{"s3://models/"} + context.attempt_id();
  });
  if (!url)
    return url.err();
  if (auto slept = context.sleep_for("caches", 1s); !slept)
    return slept.err();
  const auto told =
    context.step("announce", [&] { context.log("announcing " + *url); });
  if (!told)
    return told.err();
  return stage_output{{{"url", *url}}};
}

} // namespace

int main(int argc, char** argv) {
  const auto trainer =
    loop("trainer")
      .stage(
        "train",
        command({"python3", std::string{STEPS_DIR "/train.py"}})
          .timeout(10min)
          .retry({.max_attempts = 5, .initial = 100ms}))
      .stage("publish", publish);
  return ratchet::main(argc, argv, {trainer});
}
