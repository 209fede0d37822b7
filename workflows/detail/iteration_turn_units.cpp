#include "workflows/detail/iteration_turn.hpp"

#include <utility>

/// The part of a turn that is about stages that run for each item.

namespace ratchet::workflows::detail {

/// The turn of `stage` has come.
void iteration_turn::begin_items(const stage_definition& stage) {
  const auto& options = *stage.for_each;
  const auto attempt = before_.stages.at(stage.name).attempt + 1;
  const auto units = before_.fan_outs.find(options.stage);
  auto items = known_items(
    options, output_of(options.stage),
    units == before_.fan_outs.end() ? nullptr : &units->second,
    change_of(options.stage));
  if (!items) {
    events_.emplace_back(attempt_failed{
      stage.name, attempt, now_, {items.err().code, items.err().message}, {}});
    set(stage.name, stage_status::failed);
  } else if (!*items) {
    events_.emplace_back(items_awaited{stage.name, attempt, now_});
    set(stage.name, stage_status::listing);
  } else {
    add_items(stage, {stage.name, attempt, now_, std::move(**items)});
  }
}

void iteration_turn::add_items(
  const stage_definition& stage, items_fixed fixed) {
  if (auto why = check_items(fixed.items); !why.empty()) {
    events_.emplace_back(attempt_failed{
      stage.name,
      fixed.attempt,
      now_,
      {errc::invalid_argument, std::move(why)},
      {}});
    set(stage.name, stage_status::failed);
    return;
  }
  const auto earlier = before_.fan_outs.find(stage.name);
  auto first = begin_units(
    stage, earlier == before_.fan_outs.end() ? fan_out{} : earlier->second,
    fixed, pace());
  events_.emplace_back(std::move(fixed));
  add(std::move(first.events));
  set(stage.name, first.status);
}

void iteration_turn::fix_items(
  const stage_definition& stage, std::uint32_t attempt,
  std::vector<std::string> items) {
  recorded_ = &stage.name;
  add_items(stage, {stage.name, attempt, now_, std::move(items)});
}

void iteration_turn::fail_items(
  const stage_definition& stage, std::uint32_t attempt,
  attempt_failure failure) {
  record(
    attempt_failed{stage.name, attempt, now_, std::move(failure), {}},
    stage.name, stage_status::failed);
}

/// What the turn did to a unit of `stage`; it lives as long as no event is
/// added.
std::optional<unit_change>
iteration_turn::change_of(const std::string& stage) const {
  if (unit_of_ == nullptr || unit_of_->name != stage)
    return std::nullopt;
  return unit_change{unit_index_, unit_status_, &events_.front()};
}

void iteration_turn::step(
  const stage_definition& stage, const std::optional<unit_change>& change,
  unit_pace pace) {
  auto next = advance_units(stage, before_, change, pace, now_);
  add(std::move(next.events));
  set(stage.name, next.status);
  if (pace == unit_pace::stop)
    stopped_units_.push_back(&stage.name);
}

unit_pace iteration_turn::pace() const {
  if (is_stopping(before_))
    return unit_pace::stop;
  return before_.paused ? unit_pace::hold : unit_pace::start;
}

/// Lets units follow on the one that the turn is about; in a turn about no
/// stage, all that can.
void iteration_turn::go_on_with_units() {
  const auto pace = this->pace();
  if (unit_of_ != nullptr) {
    step(*unit_of_, change_of(unit_of_->name), pace);
    if (status_of(unit_of_->name) != stage_status::fanned_out)
      recorded_ = &unit_of_->name;
    return;
  }
  if (recorded_ != nullptr)
    return;
  for (const auto& stage : plan_.stages)
    if (status_of(stage.name) == stage_status::fanned_out) {
      step(stage, std::nullopt, pace);
      started_units_ = pace != unit_pace::stop;
    }
}

/// Stops what is under way with the units in mind that this turn has started.
/// Only a turn about no stage comes here, so it may copy.
void iteration_turn::stop_after_so_far() {
  const auto after = after_so_far();
  iteration_turn rest{plan_, after, now_};
  rest.advance();
  add(rest.take());
}

} // namespace ratchet::workflows::detail
