#include <ratchet/ratchet.hpp>

#include <fstream>

using namespace ratchet;
using namespace std::chrono_literals;

namespace {

/// "Trains" a model that pleases so many of its users. The third is worse on
/// purpose: no gate looks at it, and live traffic has to find out.
result<stage_output> train(stage_context& context) {
  const auto n = context.iteration().value;
  const auto pleases = n == 1 ? "0.6" : n == 3 ? "0.2" : "0.9";
  std::ofstream{context.output_dir() / "model.txt"} << pleases;
  return stage_output{};
}

} // namespace

int main(int argc, char** argv) {
  auto greeter =
    loop("greeter")
      .channel(boolean("thumbs"))
      .channel(number_between("seconds", 0, 10))
      .metric("liked")
      .from("thumbs")
      .alarm({.below = 0.55})
      .metric("speed")
      .from("seconds")
      .lower_is_better()
      .stage("train", train)
      .experiment(
        {.metric = "liked",
         .traffic = 0.5,
         .guardrails = {{.metric = "speed", .allowed_loss = 0.2}},
         .min_units = 50,
         .max_units = 20'000,
         .max_duration = 1h,
         .horizon = 2s, // Feedback comes at once here; hours are usual.
         .planned_units = 400})
      .promote({.probation = 1h}); // A day or more is usual.
  return ratchet::main(argc, argv, {greeter});
}
