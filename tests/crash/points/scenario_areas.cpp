#include "scenario.hpp"

#include "base/clock.hpp"
#include "storage/loop_journal.hpp"

#include <string>
#include <variant>

namespace ratchet::test {

namespace {

using namespace std::chrono_literals;

const std::string name = "areas";

/// 300 interactions of a moment ago; on tablets all went wrong.
void serve(driver& script) {
  storage::event_batch batch;
  batch.loop = name;
  batch.received = system_wall_clock{}.now() - 10s;
  const storage::event_view::slice tablet{"device", "tablet"};
  const storage::event_view::slice phone{"device", "phone"};
  for (int i = 0; i < 300; ++i) {
    const bool on_tablet = i % 3 == 0;
    const auto id = std::to_string(i);
    storage::event_view seen;
    seen.kind = event_kind::interaction;
    seen.id = id;
    seen.input = "[1]";
    seen.slices = {on_tablet ? &tablet : &phone, 1};
    batch.add(seen, static_cast<std::uint32_t>(batch.slots.size()));
    storage::event_view said;
    said.kind = event_kind::feedback;
    const auto feedback = "f" + id;
    said.id = feedback;
    said.interaction_id = id;
    said.channel = "ok";
    said.value = !on_tablet;
    batch.add(said, static_cast<std::uint32_t>(batch.slots.size()));
  }
  script.append(std::move(batch));
}

bool was_found(const driver& script) {
  const auto state = script.state(name);
  const auto found = state.trigger.areas.find("liked");
  return found != state.trigger.areas.end() && !found->second.areas.empty();
}

/// One look, and one start that it is the reason of.
void check_records(const driver& script) {
  const auto& journal = script.node().journal();
  const auto loop = journal.find_loop(name);
  if (!loop)
    give_up(loop.err().message);
  const auto events = journal.loop_events(*loop, 0, 10'000);
  if (!events)
    give_up(events.err().message);
  int looks = 0;
  int starts = 0;
  for (const auto& event : *events) {
    if (const auto* looked = std::get_if<workflows::areas_looked>(&event))
      looks += looked->look.areas.empty() ? 0 : 1;
    if (const auto* start = std::get_if<workflows::iteration_requested>(&event))
      starts += start->who == workflows::by_trigger ? 1 : 0;
  }
  if (looks != 1 || starts != 1)
    give_up(
      std::to_string(looks) + " looks and " + std::to_string(starts) +
      " starts, of one each");
}

void play(driver& script) {
  script.act("hold", {.verb = actors::operator_verb::pause, .loop = name});
  serve(script);
  script.until_counted(name);
  script.until("an area is found", [&] { return was_found(script); });
  script.act("go", {.verb = actors::operator_verb::resume, .loop = name});
  script.until_ended(name, 1);
  // Decided on after whatever the end of the iteration leads to.
  script.act("stop", {.verb = actors::operator_verb::pause, .loop = name});
  check_records(script);
}

} // namespace

scenario areas(const effects& world) {
  return {
    name,
    {loop(name)
       .channel(boolean("ok"))
       .metric("liked")
       .from("ok")
       .slice_by("device")
       .join_within(1s)
       .areas({.metric = "liked", .every = 1s})
       .retrain_when(area_of("liked", {.impact = 0.1, .rows = 50}))
       .stage(
         "dataset",
         export_dataset{
           .channel = "ok", .eval_fraction = 0.25, .oversample_areas = 1.5})
       .stage("train", leaves_effect(world, "train"))},
    play};
}

} // namespace ratchet::test
