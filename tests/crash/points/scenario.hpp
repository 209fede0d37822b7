#pragma once

#include "driver.hpp"
#include "effects.hpp"
#include "ratchet/loop.hpp"
#include "workflows/dispatch.hpp"

#include <functional>
#include <string>
#include <vector>

namespace ratchet::test {

/// A few loops that use one part of the engine, and the script that drives
/// them to their ends. The script must come to the same end state wherever the
/// process is killed on the way.
struct scenario {
  std::string name;
  std::vector<loop> loops;
  std::function<void(driver& script)> play;
  workflows::slot_limits limits{};
  /// What a run that nothing disturbs leaves in its journals, at the least, as
  /// `shown` finds it: proof that the scenario does what it is there for.
  std::vector<std::string> shows{};
};

/// Feedback starts an iteration that trains, evaluates, passes its gate and
/// promotes; a condition skips a stage; the loop is paused and resumed.
[[nodiscard]] scenario promotion(const effects& world);
/// Retries with a back-off, an exit code that no retry mends, compensation and
/// the other cleanup, an operator's skip, retry and cancel.
[[nodiscard]] scenario repair(const effects& world);

/// Items of a list that is known at run time, one that is retried, one that an
/// operator repeats, and a stage that runs for the items of another.
[[nodiscard]] scenario fan_out(const effects& world);
/// A loop that follows another's promotion; one that a webhook and feedback
/// start together, that queues a firing, and drops what comes while it runs.
[[nodiscard]] scenario timing(const effects& world);
/// An approval, a rejection, a signal, a sleep, a deadline that passes; a
/// function with steps that is retried, and waits in its middle.
[[nodiscard]] scenario waits(const effects& world);

/// Several challengers, of which the best is chosen and promoted.
[[nodiscard]] scenario challengers(const effects& world);
/// A loop that runs iterations of another: one that has to wait for it, and one
/// that is canceled with its caller.
[[nodiscard]] scenario nested(const effects& world);
/// Versions that live traffic takes back, and that it promotes.
[[nodiscard]] scenario experiment(const effects& world);
/// A champion that is taken back in its probation, and the next one.
[[nodiscard]] scenario probation(const effects& world);

/// An iteration is paused at once in the midst of a stage and of the items of
/// another, resumed, and labeled after its end.
[[nodiscard]] scenario steering(const effects& world);
/// All that a loop can do, in one: see everything_stages.hpp.
[[nodiscard]] scenario everything(const effects& world);

/// A metric that drops: an alarm that is acknowledged, and one that starts the
/// iteration that ends it.
[[nodiscard]] scenario drops(const effects& world);

/// An area that a look finds, that starts an iteration, and whose rows its data
/// set draws more often.
[[nodiscard]] scenario areas(const effects& world);

/// All of them, in the order in which they are played.
[[nodiscard]] std::vector<scenario> scenarios(const effects& world);

/// A callable stage that leaves its name in the world. `values` are its
/// results.
[[nodiscard]] stage_function leaves_effect(
  const effects& world, std::string name,
  std::map<std::string, std::string> values = {});

/// The end of a stage "train" for items: the model is the item, which says how
/// many of 20 samples it has right.
[[nodiscard]] stage_output leave_model(stage_context& context);
/// A stage after "train" that scores its model. `row` writes the scores of one
/// sample as they follow its metric: `"model":"challenger","score":1`.
[[nodiscard]] stage_function
scores_model(std::function<std::string(int sample, bool right)> row);

/// Until `reached`, or until the stage is to stop.
void hold(stage_context& context, const std::function<bool()>& reached);

} // namespace ratchet::test
