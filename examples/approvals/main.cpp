#include <ratchet/ratchet.hpp>

/// A loop that waits for data, for a person, and for time to pass. The guide's
/// page "Approvals, signals, sleeps" plays it.

using namespace ratchet;
using namespace std::chrono_literals;

int main(int argc, char** argv) {
  const auto digits =
    loop("digits")
      .stage(
        "train",
        command({"sh", "-c", "echo weights > $RATCHET_OUTPUT/model.txt"}))
      .wait_for_signal(
        "labels",
        {.signal = "labels-ready",
         .within = 7 * 24h,
         .on_timeout = on_timeout::skip})
      .stage("score", command({"sh", "-c", "cat $RATCHET_VALUES"}))
      .when(succeeded("labels"))
      .approval("sign-off", {.within = 24h, .on_timeout = on_timeout::reject})
      .sleep("soak", 5s)
      .promote();
  return ratchet::main(argc, argv, {digits});
}
