#include "workflows/loop_state.hpp"

#include "base/bytes.hpp"
#include "workflows/detail/loop_experiments.hpp"
#include "workflows/detail/webhook_hash.hpp"

#include <algorithm>

namespace ratchet::workflows {

namespace {

/// Forgets the oldest of more uploads than are kept. Versions count up.
void bound_uploads(loop_state& state) {
  auto oldest = state.registered.end();
  std::size_t uploads = 0;
  for (auto at = state.registered.begin(); at != state.registered.end(); ++at) {
    if (at->second.iteration.value != 0)
      continue;
    ++uploads;
    if (
      oldest == state.registered.end() ||
      at->second.version < oldest->second.version)
      oldest = at;
  }
  if (uploads > kept_uploads)
    state.registered.erase(oldest);
}

/// One function per event.
struct applier {
  loop_state& state;

  void operator()(const loop_adopted& event) const {
    state.archived = false;
    // Seen again, it goes on as it was.
    if (state.trigger.first_seen == time_point{})
      state.trigger.first_seen = event.at;
  }

  void operator()(const iteration_requested& event) const {
    state.last_iteration = event.number;
    state.running.insert(event.number);
    state.data_to = event.data_to;
    std::erase_if(state.closed, [&event](const sequence_range& range) {
      return range.to <= event.data_to;
    });
    if (event.window)
      state.closed_from[event.number] = *event.window;
    // One that was queued has begun the counting anew when it fired.
    if (event.queued == time_point{})
      begin_counting(event);
    else
      state.queued.reset();
    if (event.who == by_trigger) {
      auto& starts = state.trigger.starts;
      starts.push_back(event.at);
      if (starts.size() > most_budgeted)
        starts.erase(starts.begin());
    }
  }

  void operator()(const start_skipped& event) const { begin_counting(event); }

  void operator()(const start_queued& event) const {
    begin_counting(event);
    state.queued = event;
  }

  void operator()(const trigger_noted& event) const {
    for (const auto& condition : event.rearmed)
      state.trigger.disarmed.erase(condition);
    for (const auto& other : event.primed)
      state.trigger.baseline.promotions.insert(other);
  }

  void operator()(const webhook_received& event) const {
    auto& calls = state.trigger.webhooks[event.name];
    ++calls.calls;
    calls.last_event = state.event_count;
    if (event.key.empty())
      return;
    auto& keys = state.webhook_keys;
    keys.push_back(
      {detail::webhook_hash(event.name, event.key), crc32c(event.payload),
       state.event_count});
    if (keys.size() > kept_webhook_keys)
      keys.erase(keys.begin());
  }

  void operator()(const drop_raised& event) const {
    state.alarms.push_back(
      {state.event_count, event.condition, event.reading.level,
       event.reading.record});
  }

  void operator()(const alarm_acknowledged& event) const {
    state.trigger.acknowledged[event.condition] = state.event_count + 1;
    close_alarms([&event](const alarm_mark& one) {
      return one.condition == event.condition;
    });
  }

  /// All watches for drops begin anew, with the champion that this event made,
  /// and areas of another are none of its.
  void begin_watches() const {
    state.trigger.watch_record = state.event_count + 1;
    state.trigger.acknowledged.clear();
    state.trigger.areas.clear();
    close_alarms([](const alarm_mark&) { return true; });
  }

  template <class Which>
  void close_alarms(Which which) const {
    auto& alarms = state.alarms;
    for (auto& alarm : alarms)
      if (!alarm.closed && which(alarm))
        alarm.closed = state.event_count;
    const auto is_closed = [](const alarm_mark& one) {
      return one.closed.has_value();
    };
    auto closed = std::count_if(alarms.begin(), alarms.end(), is_closed);
    for (; static_cast<std::size_t>(closed) > kept_alarms; --closed)
      alarms.erase(std::find_if(alarms.begin(), alarms.end(), is_closed));
  }

  void operator()(const experiment_requested& event) const {
    detail::apply(state, event);
  }
  void operator()(const experiment_begun& event) const {
    detail::apply(state, event);
  }
  void operator()(const experiment_ended& event) const {
    detail::apply(state, event);
  }

  void operator()(const areas_looked& event) const {
    const auto& look = event.look;
    state.areas[look.metric] = {
      state.event_count, look.version, look.as_of, look.digest};
    state.trigger.areas[look.metric] = reading_of(look, state.event_count);
  }

  template <class Start>
  void begin_counting(const Start& event) const {
    set_baseline(state.trigger, event.inputs);
    state.trigger.last_start = event.at;
    state.trigger.disarmed.insert(event.fired.begin(), event.fired.end());
  }

  void operator()(const iteration_closed& event) const {
    state.running.erase(event.number);
    state.experiments_ended.erase(event.number);
    state.trigger.last_end = event.at;
    if (const auto closed = state.closed_from.extract(event.number);
        !closed.empty() && closed.mapped() < event.history_end)
      state.closed.push_back({closed.mapped(), event.history_end});
    if (event.recount)
      state.trigger.baseline.joined = *event.recount;
    const auto before = state.accounted.extract(event.number);
    const auto counted = before.empty() ? duration{0} : before.mapped();
    add_spent(
      state.trigger, {event.at, event.ran - std::min(counted, event.ran)},
      event.window);
    std::erase_if(state.registered, [&event](const auto& entry) {
      return entry.second.iteration == event.number;
    });
  }

  void operator()(const iteration_reopened& event) const {
    state.running.insert(event.number);
    if (event.window)
      state.closed_from[event.number] = *event.window;
    if (event.ran > duration{0})
      state.accounted[event.number] = event.ran;
  }

  void operator()(const loop_archived&) const { state.archived = true; }
  void operator()(const loop_paused&) const { state.paused = true; }
  void operator()(const loop_resumed&) const { state.paused = false; }

  void operator()(const version_registered& event) const {
    state.last_version = event.version;
    state.registered[event.source] = {event.version, event.iteration, false};
    bound_uploads(state);
  }

  void operator()(const champion_moved& event) const {
    state.champion = event.to;
    auto& champions = state.champions;
    if (event.kind != move_kind::rollback) {
      ++state.promotions;
      if (champions.empty())
        champions.push_back(event.from);
    } else {
      ++state.trigger.rollbacks;
      champions.clear();
    }
    champions.insert(champions.begin(), event.to);
    if (champions.size() > std::size_t{most_staleness} + 1)
      champions.pop_back();
    state.trigger.champion_since = event.at;
    state.probation_until =
      event.probation > duration{0} ? event.at + event.probation : time_point{};
    begin_watches();
    // After a rollback there is no way back by another one: it would bring
    // the version that was just found worse.
    state.previous =
      event.kind == move_kind::rollback ? version_number{} : event.from;
    state.promoted_by = event.iteration;
    if (event.kind == move_kind::promotion)
      for (auto& [source, made] : state.registered)
        if (made.version == event.to && made.iteration == event.iteration)
          made.promoted = true;
  }
};

} // namespace

void apply(loop_state& state, const loop_event& event) {
  std::visit(applier{state}, event);
  ++state.event_count;
}

} // namespace ratchet::workflows
