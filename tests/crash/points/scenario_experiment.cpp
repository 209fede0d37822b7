#include "scenario.hpp"

#include "analysis/exposure.hpp"
#include "analysis/live_experiment.hpp"

namespace ratchet::test {

namespace {

using namespace std::chrono_literals;
using workflows::iteration_outcome;

const std::string name = "experiment";

/// Who serves in the experiment of iteration `number`, the first of which has
/// none; without one if it is over.
actors::served_version arms_of(driver& script, std::uint64_t number) {
  actors::served_version served;
  script.until("the arms are served", [&] {
    const auto it = script.iteration(name, number);
    if (it && it->outcome != iteration_outcome::running) {
      served.experiment = nullptr;
      return true;
    }
    const auto table = script.node().assignments();
    const auto found = table->find(name);
    if (found != table->end())
      served = found->second;
    return served.experiment != nullptr &&
      served.experiment->number == experiment_number{number - 1};
  });
  return served;
}

/// 80 users at once, of whom only those of the `better` arm are content.
void serve(driver& script, std::uint64_t number, std::size_t better) {
  const auto served = arms_of(script, number);
  if (served.experiment == nullptr)
    return;
  const auto& with = *served.experiment;
  storage::event_batch batch;
  batch.loop = name;
  batch.received = from_ms(1000); // Its time for feedback is over at once.
  for (int i = 0; i < 80; ++i) {
    const auto unit = std::to_string(number) + "." + std::to_string(i);
    const auto arm = analysis::assign_arm(unit, with.salt, with.shares);
    storage::event_view seen;
    seen.kind = event_kind::interaction;
    seen.id = unit;
    seen.subject = unit;
    seen.version =
      arm == 0 ? served.version : with.challengers.at(arm - 1).version;
    seen.arm = analysis::arm_name(arm);
    seen.propensity = with.shares.at(arm);
    batch.add(seen, static_cast<std::uint32_t>(batch.slots.size()));
    storage::event_view said;
    said.kind = event_kind::feedback;
    const auto id = "f" + unit;
    said.id = id;
    said.interaction_id = unit;
    said.channel = "ok";
    said.value = arm == better;
    batch.add(said, static_cast<std::uint32_t>(batch.slots.size()));
  }
  script.append(std::move(batch));
}

void play(driver& script) {
  script.trigger(name, 1); // Nothing to compare with.
  script.until_ended(name, 1);
  script.trigger(name, 2);
  serve(script, 2, 0); // The new one does harm.
  script.until_ended(name, 2);
  script.until_counted(name);
  script.trigger(name, 3);
  serve(script, 3, 1); // The new one is better.
  script.until_ended(name, 3);
}

} // namespace

scenario experiment(const effects& world) {
  const auto train = world.shell_line("experiment train") +
    "; echo model > \"$RATCHET_OUTPUT/model.txt\"";
  return {
    name,
    {loop(name)
       .channel(boolean("ok"))
       .metric("liked")
       .from("ok")
       .stage("train", command({"/bin/sh", "-c", train}))
       .experiment(
         {.metric = "liked",
          .min_units = 10,
          .max_duration = 1h,
          .horizon = 1ms,
          .planned_units = 80})
       .promote()},
    play};
}

} // namespace ratchet::test
