#include "scenario.hpp"

#include "storage/artifacts.hpp"

namespace ratchet::test {

namespace {

using namespace std::chrono_literals;

const std::string name = "timing";
const std::string released = "timing released";

/// The second iteration is held until the script releases it.
stage_function held(const effects& world) {
  return [world](stage_context& context) -> result<stage_output> {
    hold(context, [&] {
      return context.iteration().value != 2 || world.count(released) > 0;
    });
    world.leave("timing held " + std::to_string(context.iteration().value));
    return stage_output{};
  };
}

/// The follower gets a baseline before there is anything to follow.
void promote_base(driver& script) {
  script.until("follower has heard of base", [&script] {
    return script.state("follower")
      .trigger.baseline.promotions.contains("base");
  });
  const auto made = script.node().artifacts().put_bytes("base", "model.txt");
  if (!made)
    give_up(made.err().message);
  script.act(
    "champion",
    {.verb = actors::operator_verb::add_version,
     .loop = "base",
     .artifact = *made,
     .champion = true});
  script.until_ended("follower", 1);
}

void play(driver& script, const effects& world) {
  promote_base(script);
  script.feedback(name, "ok", 1, 4);
  script.call(name, "go", "first");
  script.until_ended(name, 1);

  script.feedback(name, "ok", 5, 8);
  script.call(name, "go", "second");
  script.until_stage(name, 2, "held", workflows::stage_status::running);
  // While it runs: dropped, but enough for a firing, which is queued.
  script.feedback(name, "ok", 9, 12);
  script.call(name, "go", "third");
  script.until("the third is queued", [&script] {
    const auto now = script.state(name);
    return now.queued || now.last_iteration.value >= 3;
  });
  if (world.count(released) == 0)
    world.leave(released);
  script.until_ended(name, 3);

  script.feedback(name, "ok", 13, 16);
  script.call(name, "go", "fourth");
  script.until_ended(name, 4);
}

} // namespace

scenario timing(const effects& world) {
  return {
    name,
    {loop("base").stage("rest", leaves_effect(world, "rest")),
     loop("follower")
       .retrain_when(promoted("base"))
       .stage("follow", leaves_effect(world, "follow")),
     loop(name)
       .channel(boolean("ok"))
       .retrain_when(all_of(feedback_count("ok", 4), webhook("go"))
                       .queue_one_when_busy()
                       .compute_budget(24h, 7 * 24h))
       .timing(synchronous{})
       .late_feedback(drop)
       .stage(
         "dataset",
         export_dataset{
           .channel = "ok", .eval_fraction = 0.0, .whole_history = false})
       .stage("held", held(world))},
    [world](driver& script) { play(script, world); }};
}

} // namespace ratchet::test
