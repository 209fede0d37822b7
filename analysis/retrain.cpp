#include "analysis/retrain.hpp"

#include "analysis/detail/retrain_sentence.hpp"

#include <algorithm>

namespace ratchet::analysis {

namespace {

duration
cooldown_after(const retrain_policy& policy, const retrain_state& state) {
  auto wait = policy.cooldown;
  for (auto i = state.failed_gates; i > 0 && wait < policy.max_cooldown; --i)
    wait = std::min(2 * wait, policy.max_cooldown);
  return wait;
}

/// What keeps everything from starting, drop included.
std::optional<retrain_verdict> held_back(
  const retrain_policy& policy, const retrain_state& state,
  const retrain_inputs& in, retrain_decision& d) {
  if (state.in_flight)
    return retrain_verdict::in_flight;
  if (state.broken > policy.back_off.size())
    return retrain_verdict::needs_operator;
  if (state.retry_at && in.now < *state.retry_at) {
    d.until = state.retry_at;
    return retrain_verdict::backing_off;
  }
  if (state.last_end) {
    const auto until = *state.last_end + cooldown_after(policy, state);
    if (in.now < until) {
      d.until = until;
      return retrain_verdict::cooling_down;
    }
  }
  if (in.new_labels < policy.min_labels)
    return retrain_verdict::insufficient;
  return std::nullopt;
}

std::optional<retrain_verdict> reason(
  const retrain_policy& policy, const retrain_state& state,
  const retrain_inputs& in) {
  if (state.drop == drop_trigger::pending)
    return retrain_verdict::drop;
  if (in.area_labels && *in.area_labels >= policy.area_labels)
    return retrain_verdict::area;
  if (in.new_labels >= policy.count_labels)
    return retrain_verdict::count;
  if (state.last_end && in.now - *state.last_end >= policy.staleness)
    return retrain_verdict::stale;
  return std::nullopt;
}

/// Whether a training pays, as far as is known; fills in the numbers.
bool pays(
  const retrain_policy& policy, const retrain_inputs& in, retrain_decision& d) {
  if (!in.economy)
    return true;
  const auto curve = fit_learning_curve(in.economy->history);
  if (!curve || !(in.economy->labels > 0))
    return true;
  const auto& e = *in.economy;
  d.gain = expected_gain(*curve, e.labels, static_cast<double>(in.new_labels));
  d.net = *d.gain * e.requests_per_day * e.days * e.value_per_error - e.cost;
  return *d.net >= policy.min_return * e.cost;
}

retrain_verdict judge(
  const retrain_policy& policy, const retrain_state& state,
  const retrain_inputs& in, retrain_decision& d) {
  if (const auto held = held_back(policy, state, in, d))
    return *held;
  const auto why = reason(policy, state, in);
  if (!why)
    return retrain_verdict::nothing;
  // A drop costs users every day: it is not weighed against a training.
  if (*why != retrain_verdict::drop && !pays(policy, in, d))
    return retrain_verdict::not_worth;
  return *why;
}

} // namespace

result<void> check(const retrain_policy& policy) {
  const auto negative = [](duration d) { return d < duration::zero(); };
  if (
    negative(policy.cooldown) || negative(policy.max_cooldown) ||
    negative(policy.staleness) ||
    std::any_of(policy.back_off.begin(), policy.back_off.end(), negative))
    return error{
      errc::invalid_argument,
      "a retrain policy has a duration below zero; give zero or more"};
  if (policy.low && !(policy.high >= *policy.low))
    return error{
      errc::invalid_argument,
      "a retrain policy fires below " + std::to_string(*policy.low) +
        " and rearms at " + std::to_string(policy.high) +
        "; rearm at the same level or above"};
  return {};
}

retrain_state observe(
  const retrain_policy& policy, retrain_state state, const retrain_inputs& in) {
  const auto is_low = policy.low && in.metric && *in.metric < *policy.low;
  if (
    state.drop == drop_trigger::disarmed && in.metric &&
    *in.metric >= policy.high)
    state.drop = drop_trigger::armed;
  if (state.drop == drop_trigger::armed && (in.drop_alarm || is_low))
    state.drop = drop_trigger::pending;
  return state;
}

retrain_decision decide(
  const retrain_policy& policy, const retrain_state& state,
  const retrain_inputs& in) {
  retrain_decision d;
  d.verdict = judge(policy, state, in, d);
  if (starts(d.verdict))
    d.start = state.starts + 1;
  d.asks_for_labels = in.input_drift;
  d.sentence = detail::retrain_sentence(policy, state, in, d);
  return d;
}

retrain_state started(retrain_state state, const retrain_decision& decision) {
  RATCHET_ASSERT(decision.start == state.starts + 1 && !state.in_flight);
  state.starts = *decision.start;
  state.in_flight = state.drop == drop_trigger::pending ? retrain_verdict::drop
                                                        : decision.verdict;
  if (state.drop == drop_trigger::pending)
    state.drop = drop_trigger::disarmed;
  state.retry_at.reset();
  return state;
}

retrain_state ended(
  const retrain_policy& policy, retrain_state state, retrain_outcome outcome,
  time_point now) {
  RATCHET_ASSERT(state.in_flight.has_value());
  const auto reason_of_start = *state.in_flight;
  state.in_flight.reset();
  if (outcome != retrain_outcome::broke) {
    state.last_end = now;
    state.broken = 0;
    state.failed_gates =
      outcome == retrain_outcome::failed_gate ? state.failed_gates + 1 : 0;
    return state;
  }
  // Nothing was trained: what asked for it asks again, after a while.
  if (reason_of_start == retrain_verdict::drop)
    state.drop = drop_trigger::pending;
  if (state.broken < policy.back_off.size())
    state.retry_at = now + policy.back_off[state.broken];
  ++state.broken;
  return state;
}

retrain_state acknowledged(retrain_state state) {
  state.broken = 0;
  state.retry_at.reset();
  return state;
}

} // namespace ratchet::analysis
