#include "actors/experiment_settings.hpp"

namespace ratchet::actors {

namespace {

using workflows::experiment_options;

/// Of a score at a rate of 0.8, when so many challengers share so much of the
/// traffic. It compares two arms: less than half of theirs makes scores wider.
double planned_variance(double traffic, std::size_t challengers) {
  const auto one = traffic / static_cast<double>(challengers);
  const auto share = one / (1 - traffic + one);
  return 0.8 * 0.2 / (share * (1 - share));
}

std::vector<analysis::ramp_step> ramp_of(const experiment_options& options) {
  std::vector<analysis::ramp_step> ramp;
  for (const auto& step : options.ramp)
    ramp.push_back({step.traffic, step.lasts});
  if (ramp.empty())
    ramp.push_back({options.traffic, duration{0}});
  return ramp;
}

} // namespace

analysis::experiment_settings experiment_settings_of(
  const experiment_options& options, std::size_t challengers) {
  analysis::experiment_settings out;
  out.ramp = ramp_of(options);
  const auto metric = [&](const std::string& name, double least, double alpha) {
    return analysis::experiment_metric{
      name,
      least,
      {options.planned_units,
       planned_variance(out.ramp.back().traffic, challengers), alpha}};
  };
  auto& rule = out.rule;
  rule.primary = metric(options.metric, options.min_effect, options.alpha);
  for (const auto& guardrail : options.guardrails)
    rule.guardrails.push_back(metric(
      guardrail.metric, -guardrail.allowed_loss, options.guardrail_alpha));
  rule.alpha = options.alpha;
  rule.guardrail_alpha = options.guardrail_alpha;
  rule.harm_alpha = options.harm_alpha;
  rule.min_units = options.min_units;
  rule.max_units = options.max_units;
  rule.min_duration = options.min_duration;
  rule.max_duration = options.max_duration;
  out.min_propensity = options.min_share;
  out.harm_margins.assign(1 + rule.guardrails.size(), options.harm_margin);
  return out;
}

duration experiment_horizon(
  const workflows::loop_definition& definition,
  const experiment_options& options) {
  return options.horizon == duration{0} ? definition.join_window
                                        : options.horizon;
}

} // namespace ratchet::actors
