#include "actors/detail/stage_call.hpp"

#include "storage/loop_journal.hpp"
#include "workflows/check.hpp"

#include <algorithm>
#include <utility>
#include <variant>

/// The steps of a stage function, and its waits.

namespace ratchet::actors::detail {

namespace {

error about_step(errc code, std::string_view name, const std::string& what) {
  return {code, "step \"" + std::string{name} + "\" " + what};
}

/// A deadline that is not too far away to be one.
time_point later(time_point now, duration time) {
  return now + std::clamp(time, duration{0}, workflows::longest_time);
}

} // namespace

result<const workflows::step_memo*>
stage_call::take_name(std::string_view name) {
  if (const auto why = workflows::check_step_name(name); !why.empty())
    return about_step(errc::invalid_argument, name, "cannot be: " + why);
  if (!taken_.emplace(name).second)
    return about_step(
      errc::invalid_argument, name,
      "was taken before in this run; give each step a name of its own, such "
      "as \"epoch 3\"");
  const auto found = site_.order.steps.find(std::string{name});
  return found == site_.order.steps.end() ? nullptr : &found->second;
}

result<workflows::iteration_event>
stage_call::event_of(const workflows::step_memo& memo) const {
  return site_.node->journal->iteration_event(
    site_.loop->number, site_.order.start.number, memo.event);
}

result<std::optional<std::string>> stage_call::recall(std::string_view name) {
  const auto memo = take_name(name);
  if (!memo)
    return memo.err();
  if (*memo == nullptr)
    return std::optional<std::string>{};
  if ((*memo)->kind != workflows::step_kind::value)
    return about_step(
      errc::conflict, name, "was a wait in an earlier run of the stage");
  auto event = event_of(**memo);
  if (!event)
    return event.err();
  auto* recorded = std::get_if<workflows::step_recorded>(&*event);
  if (recorded == nullptr)
    return about_step(errc::corruption, name, "is not where it was recorded");
  return std::optional{std::move(recorded->value)};
}

result<void> stage_call::remember(std::string_view name, std::string value) {
  return site_.remember(std::string{name}, std::move(value));
}

void stage_call::suspend(actors::suspension wish) {
  suspension_ = std::move(wish);
  throw stage_suspended{};
}

result<void> stage_call::sleep(std::string_view name, time_point until) {
  const auto memo = take_name(name);
  if (!memo)
    return memo.err();
  if (*memo == nullptr) {
    if (until <= site_.node->clock->now())
      return {};
    suspend({std::string{name}, workflows::step_kind::sleep, {}, until});
  }
  if ((*memo)->kind != workflows::step_kind::sleep)
    return about_step(
      errc::conflict, name, "was no sleep in an earlier run of the stage");
  return {};
}

result<void> stage_call::sleep_for(std::string_view name, duration time) {
  return sleep(name, later(site_.node->clock->now(), time));
}

/// The moment is its name: until another one, it is another sleep.
result<void> stage_call::sleep_until(time_point time) {
  return sleep("until " + to_iso8601(time), time);
}

result<received_signal>
stage_call::wait_for_signal(std::string_view signal, duration within) {
  const auto name = "signal " + std::string{signal} + " " +
    std::to_string(++signals_[std::string{signal}]);
  const auto memo = take_name(name);
  if (!memo)
    return memo.err();
  if (*memo == nullptr)
    suspend(
      {name, workflows::step_kind::signal, std::string{signal},
       later(site_.node->clock->now(), within)});
  if ((*memo)->kind != workflows::step_kind::signal)
    return about_step(
      errc::conflict, name, "was no wait in an earlier run of the stage");
  if ((*memo)->timed_out)
    return error{
      errc::timed_out,
      "no signal \"" + std::string{signal} + "\" came until " +
        to_iso8601((*memo)->until)};
  const auto event = event_of(**memo);
  if (!event)
    return event.err();
  const auto* received = std::get_if<workflows::signal_received>(&*event);
  if (received == nullptr)
    return about_step(errc::corruption, name, "is not where it was recorded");
  return received_signal{received->payload, received->who, received->id};
}

} // namespace ratchet::actors::detail
