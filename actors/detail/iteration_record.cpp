#include "actors/detail/iteration_record.hpp"

#include "storage/loop_journal.hpp"
#include "workflows/sleep.hpp"

#include <algorithm>
#include <optional>
#include <variant>

namespace ratchet::actors::detail {

namespace {

using event_list = std::vector<workflows::iteration_event>;

template <class... Events>
bool is_any_of(const workflows::iteration_event& event) {
  return (std::holds_alternative<Events>(event) || ...);
}

/// The summary follows the iteration's start, its end, and what people look
/// for in between: a new version or a gate's word.
bool changes_summary(const workflows::iteration_event& event) {
  if (const auto* done = std::get_if<workflows::stage_succeeded>(&event))
    return done->output.version.value != 0 || !done->output.sentence.empty();
  return !is_any_of<
    workflows::attempt_started, workflows::attempt_queued,
    workflows::attempt_dispatched, workflows::attempt_failed,
    workflows::attempt_withdrawn, workflows::wait_started,
    workflows::signal_received, workflows::signal_taken, workflows::stage_slept,
    workflows::step_recorded, workflows::attempt_suspended,
    workflows::attempt_resumed, workflows::items_awaited,
    workflows::items_fixed, workflows::experiment_awaited>(event);
}

} // namespace

storage::write_batch record_iteration_events(
  const hosted_loop& loop, const record_place& place, const event_list& events,
  const workflows::iteration& after) {
  storage::write_batch batch;
  const auto number = after.start.number;
  auto index = place.index;
  for (const auto& event : events)
    storage::record(batch, loop.number, number, index++, event);
  const bool summary =
    std::any_of(events.begin(), events.end(), changes_summary);
  const auto sleeps_until = workflows::asleep_until(after);
  // What it ran must be known without reading it back, if it counts.
  const bool counted =
    loop.plan->definition.trigger.compute.running != duration{0};
  if (summary || (sleeps_until && counted))
    storage::put_summary(batch, loop.number, workflows::summarize(after));
  if (sleeps_until && sleeps_until != place.slept_until)
    storage::put_sleeper(batch, loop.number, number, *sleeps_until);
  if (!sleeps_until && place.slept_until)
    storage::erase_sleeper(batch, loop.number, number);
  return batch;
}

} // namespace ratchet::actors::detail
