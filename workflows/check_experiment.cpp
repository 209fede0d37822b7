#include "workflows/check.hpp"
#include "workflows/detail/checking.hpp"

#include <cmath>
#include <set>
#include <utility>

namespace ratchet::workflows::detail {

namespace {

bool is_share(double value) {
  return value >= 0 && value <= 1;
}

/// Negated where it is asked, so that NaN is refused too.
bool is_error_rate(double value) {
  return value > 0 && value <= 0.5;
}

std::string check_metric(
  const loop_definition& definition, const std::string& name,
  std::set<std::string>& seen) {
  if (auto why = check_metric_in_range(
        definition, name, "that must improve", "to scale them by");
      !why.empty())
    return why;
  if (!seen.insert(name).second)
    return "metric " + in_quotes(name) + " is given twice; remove one";
  return {};
}

std::string check_default(const std::optional<double>& outcome) {
  if (outcome && !is_share(*outcome))
    return "default_outcome is not in [0, 1]; 1 counts silence as content";
  return {};
}

std::string check_metrics(
  const loop_definition& definition, const experiment_options& options) {
  std::set<std::string> seen;
  if (auto why = check_metric(definition, options.metric, seen); !why.empty())
    return why;
  if (auto why = check_default(options.default_outcome); !why.empty())
    return why;
  if (!(options.min_effect > -1 && options.min_effect < 1))
    return "min_effect is not in (-1, 1); 0 asks for any gain";
  for (const auto& guardrail : options.guardrails) {
    auto why = check_metric(definition, guardrail.metric, seen);
    if (why.empty())
      why = check_default(guardrail.default_outcome);
    if (
      why.empty() &&
      !(guardrail.allowed_loss > 0 && guardrail.allowed_loss < 1))
      why = "allowed_loss of " + in_quotes(guardrail.metric) +
        " is not in (0, 1); no loss at all cannot be shown with any number of "
        "units, and 0.01 is usual";
    if (!why.empty())
      return "guardrail: " + why;
  }
  return {};
}

std::string check_traffic(double traffic, double min_share) {
  if (traffic >= min_share && traffic <= 1 - min_share)
    return {};
  return "traffic is not between min_share and 1 - min_share, so that either "
         "side would get too little; 0.5 decides soonest";
}

std::string check_shares(const experiment_options& options) {
  if (!(options.min_share > 0 && options.min_share <= 0.5))
    return "min_share is not in (0, 0.5]; 0.05 is usual";
  if (options.ramp.empty())
    return check_traffic(options.traffic, options.min_share);
  double before = 0;
  for (std::size_t i = 0; i < options.ramp.size(); ++i) {
    const auto& step = options.ramp[i];
    const auto place = "step " + std::to_string(i + 1) + " of the ramp: ";
    if (auto why = check_traffic(step.traffic, options.min_share); !why.empty())
      return place + why;
    if (step.traffic < before)
      return place + "traffic goes down; order the steps";
    before = step.traffic;
    if (i + 1 == options.ramp.size())
      break;
    if (auto why = check_positive("its time", step.lasts, "1h"); !why.empty())
      return place + why;
  }
  return {};
}

/// Each of them needs its least share from the first moment on.
std::string check_challengers(const experiment_options& options) {
  if (options.challengers == 0)
    return "challengers is 0; give the most that may be compared at once";
  const auto first =
    options.ramp.empty() ? options.traffic : options.ramp.front().traffic;
  if (options.challengers * options.min_share <= first + 1e-9)
    return {};
  return std::to_string(options.challengers) +
    " challengers with a min_share each need more traffic than they get at "
    "first; give more, or compare fewer";
}

std::string
check_limits(const loop_definition& definition, const experiment_options& o) {
  if (auto why = check_positive("max_duration", o.max_duration, "14 * 24h");
      !why.empty())
    return why;
  if (o.min_duration < duration{0} || o.min_duration > o.max_duration)
    return "min_duration is " + format_duration(o.min_duration) +
      "; give one from 0 to max_duration, " + format_duration(o.max_duration);
  if (o.horizon != duration{0})
    if (auto why = check_positive("horizon", o.horizon, "1h"); !why.empty())
      return why;
  const auto horizon =
    o.horizon == duration{0} ? definition.join_window : o.horizon;
  if (horizon >= o.max_duration)
    return "max_duration is " + format_duration(o.max_duration) +
      ", and feedback is waited for " + format_duration(horizon) +
      ": no unit would count before the end; lengthen it, or shorten horizon";
  if (o.min_units == 0)
    return "min_units is 0; give at least 1, 200 is usual";
  if (o.max_units < o.min_units)
    return "max_units is " + std::to_string(o.max_units) +
      ", below min_units; give more, such as 100000";
  return {};
}

std::string check_rates(const experiment_options& options) {
  for (const auto& [name, value] :
       {std::pair{"alpha", options.alpha},
        std::pair{"guardrail_alpha", options.guardrail_alpha},
        std::pair{"harm_alpha", options.harm_alpha}})
    if (!is_error_rate(value))
      return std::string{name} + " is not in (0, 0.5]";
  if (!(options.harm_margin >= 0 && options.harm_margin < 1))
    return "harm_margin is not in [0, 1); it is the loss on a unit that is no "
           "harm yet";
  if (!(options.planned_units >= 1 && std::isfinite(options.planned_units)))
    return "planned_units is not a number from 1 up; 5000 is usual";
  return {};
}

} // namespace

std::string check_experiment(
  const loop_definition& definition, const stage_definition& stage) {
  if (!stage.experiment)
    return "no options; declare it with experiment({...})";
  const auto& options = *stage.experiment;
  if (auto why = check_metrics(definition, options); !why.empty())
    return why;
  if (auto why = check_shares(options); !why.empty())
    return why;
  if (auto why = check_challengers(options); !why.empty())
    return why;
  if (auto why = check_limits(definition, options); !why.empty())
    return why;
  return check_rates(options);
}

} // namespace ratchet::workflows::detail
