#include "workflows/backtest.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace ratchet::workflows {

namespace {

backtest_start start_of(const iteration_requested& event) {
  return {
    event.at, event.who, event.reason, false, event.queued != time_point{}};
}

backtest_start start_of(const start_skipped& event) {
  return {event.at, std::string{by_trigger}, event.reason, true, false};
}

} // namespace

backtest::backtest(loop_definition definition, duration takes)
    : plan_(std::move(definition)), takes_(takes) {}

void backtest::follow(const loop_event& event) {
  struct visitor {
    backtest& self;

    void operator()(const loop_adopted& e) const { self.take(e); }
    void operator()(const loop_paused& e) const { self.take(e); }
    void operator()(const loop_resumed& e) const { self.take(e); }
    void operator()(const version_registered& e) const { self.take(e); }
    void operator()(const champion_moved& e) const { self.take(e); }
    void operator()(const webhook_received& e) const { self.take(e); }
    void operator()(const loop_archived& e) const { self.take(e); }
    void operator()(const areas_looked& e) const { self.take(e); }
    /// By hand: also now, if there is room.
    void operator()(const iteration_requested& e) const {
      if (e.who == by_trigger)
        return;
      self.end_due(e.at);
      self.carry_out(
        start_iteration{
          e.who, e.reason, self.inputs_, self.inputs_.cursor, {}, {}},
        e.at);
    }
    // Of its own trigger, and what came of that.
    void operator()(const iteration_closed&) const {}
    void operator()(const iteration_reopened&) const {}
    void operator()(const start_skipped&) const {}
    void operator()(const start_queued&) const {}
    void operator()(const trigger_noted&) const {}
    void operator()(const drop_raised&) const {}
    void operator()(const alarm_acknowledged&) const {}
    void operator()(const experiment_requested&) const {}
    void operator()(const experiment_begun&) const {}
    void operator()(const experiment_ended&) const {}
  };
  std::visit(visitor{*this}, event);
}

void backtest::look(const trigger_inputs& inputs, time_point now) {
  inputs_ = inputs;
  end_due(now);
  carry_out(consider_start{inputs_, inputs_.cursor}, now);
  // One that takes no time may be followed by another at once.
  end_due(now);
  next_ = workflows::next_look(plan_, state_, inputs_, now);
  if (next_ <= now)
    next_ = {};
  if (!running_.empty() && (next_ == time_point{} || running_[0].ends < next_))
    next_ = running_[0].ends;
}

/// What it refuses did not happen. Nor does an alarm take a champion back: who
/// served is taken over.
void backtest::carry_out(const loop_command& command, time_point now) {
  const auto events = decide(plan_, state_, command, now);
  if (!events)
    return;
  for (const auto& event : *events) {
    if (std::holds_alternative<champion_moved>(event))
      continue;
    take(event);
    if (const auto* start = std::get_if<iteration_requested>(&event)) {
      starts_.push_back(start_of(*start));
      running_.push_back({start->number, now + takes_});
    }
    if (const auto* skipped = std::get_if<start_skipped>(&event))
      starts_.push_back(start_of(*skipped));
  }
}

void backtest::take(const loop_event& event) {
  apply(state_, event);
}

void backtest::end_due(time_point now) {
  while (!running_.empty() && running_.front().ends <= now) {
    const auto ended = running_.front();
    running_.erase(running_.begin());
    close_iteration command;
    command.number = ended.number;
    command.ran = takes_;
    command.joined = inputs_.joined;
    command.history_end = inputs_.cursor;
    carry_out(command, ended.ends);
  }
}

std::vector<backtest_start> starts_of(const std::vector<loop_event>& events) {
  std::vector<backtest_start> starts;
  for (const auto& event : events) {
    if (const auto* start = std::get_if<iteration_requested>(&event))
      starts.push_back(start_of(*start));
    if (const auto* skipped = std::get_if<start_skipped>(&event))
      starts.push_back(start_of(*skipped));
  }
  return starts;
}

duration usual_time(const std::vector<loop_event>& events) {
  std::map<iteration_number, time_point> began;
  std::vector<duration> took;
  for (const auto& event : events) {
    if (const auto* start = std::get_if<iteration_requested>(&event))
      began[start->number] = start->at;
    const auto* end = std::get_if<iteration_closed>(&event);
    if (end == nullptr)
      continue;
    if (const auto start = began.extract(end->number); !start.empty())
      took.push_back(std::max(end->at - start.mapped(), duration{0}));
  }
  if (took.empty())
    return duration{0};
  const auto middle =
    took.begin() + static_cast<std::ptrdiff_t>(took.size() / 2);
  std::nth_element(took.begin(), middle, took.end());
  return *middle;
}

time_point time_of(const loop_event& event) {
  return std::visit([](const auto& e) { return e.at; }, event);
}

} // namespace ratchet::workflows
