#include "analysis/maturity.hpp"

#include <algorithm>

namespace ratchet::analysis {

maturing_units::maturing_units(maturity_rule rule) : rule_(rule) {
  RATCHET_ASSERT(rule.horizon > duration::zero());
}

result<void> maturing_units::expose(const std::string& unit, time_point at) {
  if (exposed_.contains(unit))
    return error{
      errc::already_exists, "unit " + unit + " waits for feedback already"};
  if (watermark_ && at + rule_.horizon <= *watermark_)
    return error{
      errc::conflict,
      "unit " + unit + " was exposed at " + to_iso8601(at) +
        ", whose time for feedback is over"};
  exposed_.emplace(unit, at);
  by_exposure_.emplace(key{at, unit}, votes{});
  return {};
}

feedback_place maturing_units::feedback(
  const std::string& unit, const std::string& rater, time_point at,
  std::optional<double> value) {
  const auto exposed = exposed_.find(unit);
  if (exposed == exposed_.end())
    return feedback_place::unknown;
  if (at > exposed->second + rule_.horizon)
    return feedback_place::late;
  auto& given = by_exposure_.at({exposed->second, unit});
  const auto [held, is_new] = given.try_emplace(rater, vote{at, value});
  if (!is_new && held->second.at <= at)
    held->second = {at, value};
  return feedback_place::counted;
}

std::vector<matured_outcome> maturing_units::advance(time_point watermark) {
  std::vector<matured_outcome> list;
  if (watermark_ && watermark <= *watermark_)
    return list;
  watermark_ = watermark;
  while (!by_exposure_.empty()) {
    const auto first = by_exposure_.begin();
    if (first->first.first + rule_.horizon > watermark)
      break;
    list.push_back(outcome_of(first->first, first->second));
    exposed_.erase(first->first.second);
    by_exposure_.erase(first);
  }
  return list;
}

matured_outcome
maturing_units::outcome_of(const key& unit, const votes& given) const {
  matured_outcome m{
    .unit = unit.second,
    .exposed = unit.first,
    .outcome = rule_.default_outcome};
  double sum = 0;
  for (const auto& [rater, v] : given)
    if (v.value) {
      sum += *v.value;
      ++m.pieces;
    }
  if (m.pieces > 0)
    m.outcome = sum / m.pieces;
  return m;
}

} // namespace ratchet::analysis
