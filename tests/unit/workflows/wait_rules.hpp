#pragma once

#include "workflows/iteration.hpp"

#include <cstdint>
#include <set>
#include <string>

/// What must always hold of waits and signals, for the model test of an
/// iteration.

namespace ratchet::workflows::testing {

/// The stage whose wait `event` ends; empty: it ends none.
inline std::string ended_wait(const iteration_event& event) {
  if (const auto* yes = std::get_if<stage_approved>(&event))
    return yes->stage;
  if (const auto* no = std::get_if<stage_rejected>(&event))
    return no->stage;
  if (const auto* had = std::get_if<signal_taken>(&event))
    return had->stage;
  if (const auto* late = std::get_if<wait_timed_out>(&event))
    return late->stage;
  if (const auto* slept = std::get_if<stage_slept>(&event))
    return slept->stage;
  return {};
}

class wait_rules {
public:
  /// The rule that `event`, recorded of `before` at `now`, breaks; empty: none.
  std::string breach(
    const iteration& before, const iteration_event& event, time_point now) {
    if (const auto* begun = std::get_if<wait_started>(&event))
      if (before.stages.at(begun->stage).status != stage_status::pending)
        return "a wait begins once";
    if (const auto* sent = std::get_if<signal_received>(&event))
      if (!sent_.insert(sent->id).second)
        return "one id is one signal";
    if (const auto* had = std::get_if<signal_taken>(&event))
      if (auto rule = breach_of_taking(had->number); !rule.empty())
        return rule;
    if (auto rule = breach_of_step(before, event, now); !rule.empty())
      return rule;
    if (const auto* told = std::get_if<experiment_decided>(&event)) {
      const auto& stage = before.stages.at(told->stage);
      if (
        stage.status != stage_status::waiting || !stage.in_experiment ||
        stage.attempt != told->attempt)
        return "only what waits for a verdict has one";
    }
    const auto ended = ended_wait(event);
    if (ended.empty())
      return {};
    const auto& wait = before.stages.at(ended);
    if (wait.status != stage_status::waiting)
      return "only what waits is answered";
    const bool declared = std::holds_alternative<wait_timed_out>(event) ||
      std::holds_alternative<stage_slept>(event);
    if (declared != (now >= wait.due))
      return "before the deadline the answer counts, then what is declared";
    return {};
  }

private:
  std::string breach_of_taking(std::uint32_t number) {
    if (!taken_.insert(number).second)
      return "a signal is taken once";
    if (taken_.size() != number || sent_.size() < number)
      return "the oldest signal is taken first";
    return {};
  }

  /// Of attempts that record, and that wait in their middle.
  std::string breach_of_step(
    const iteration& before, const iteration_event& event, time_point now) {
    if (const auto* done = std::get_if<step_recorded>(&event)) {
      const auto& stage = *before.find(done->stage);
      if (stage.status != stage_status::running)
        return "only what runs records steps";
      if (stage.steps.contains(done->name))
        return "a step is recorded once";
    }
    if (const auto* rests = std::get_if<attempt_suspended>(&event))
      if (before.find(rests->stage)->status != stage_status::running)
        return "only what runs is suspended";
    const auto* again = std::get_if<attempt_resumed>(&event);
    if (again == nullptr)
      return {};
    const auto& stage = *before.find(again->stage);
    if (stage.status != stage_status::waiting || stage.suspended_in.empty())
      return "only what is suspended goes on";
    if (stage.attempt != again->attempt)
      return "the attempt that was suspended goes on";
    if (again->signal == 0)
      return now >= stage.due ? "" : "it goes on when it is time";
    // A pause may hold it beyond its time; the signal came before that.
    if (
      now >= stage.due && before.signals.at(again->signal - 1).at >= stage.due)
      return "it goes on with a signal that came in time";
    return breach_of_taking(again->signal);
  }

  std::set<std::string> sent_;    ///< Ids of signals.
  std::set<std::uint32_t> taken_; ///< Signals, by number.
};

} // namespace ratchet::workflows::testing
