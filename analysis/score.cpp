#include "analysis/score.hpp"

#include "analysis/detail/portable_log.hpp"
#include "analysis/detail/share.hpp"

#include <algorithm>
#include <string>

namespace ratchet::analysis {

namespace {

using detail::is_share;

/// What propensities that were computed by division may be off by.
constexpr double slack = 1e-12;

error invalid(const std::string& what) {
  return {errc::invalid_argument, "experiment score: " + what};
}

/// The mean outcome, pulled to a half as by one more unit.
double guess_from(const fixed_sum& outcomes, std::uint64_t units) {
  return (value_of(outcomes) + 0.5) / (static_cast<double>(units) + 1);
}

double center_from(const score_sums& sums) {
  if (sums.units() == 0)
    return 0;
  const auto mean = value_of(sums.scores) / static_cast<double>(sums.units());
  return std::clamp(mean, -1.0, 1.0);
}

result<void> check(const scored_unit& unit) {
  if (!is_share(unit.outcome))
    return invalid(
      "outcome " + std::to_string(unit.outcome) +
      " is outside [0, 1]; scale the metric by its declared bounds");
  if (
    unit.guess &&
    !(is_share(unit.guess->champion) && is_share(unit.guess->challenger)))
    return invalid("a unit's guess is outside [0, 1]; clip it");
  return {};
}

/// Counts the unit `times` times, which may be negative.
void count(
  pair_evidence& evidence, const score_frame& frame, const scored_unit& unit,
  std::int64_t times) {
  auto& sums = evidence.sums;
  const auto champion = unit.served_by == arm::champion;
  // Wraps around for a negative number, and so subtracts.
  (champion ? sums.champion_units : sums.challenger_units) +=
    static_cast<std::uint64_t>(times);
  add(
    champion ? sums.champion_outcomes : sums.challenger_outcomes, unit.outcome,
    times);
  const auto score = score_of(frame, unit);
  add(sums.scores, score, times);
  const auto distance = score - frame.center;
  add(sums.spread, distance * distance, times);
  const auto loss = -(score + evidence.rule.harm_margin);
  const auto sizes = harm_bet_sizes(evidence.rule);
  for (std::size_t i = 0; i < harm_bets; ++i)
    add(sums.harm[i], detail::portable_log(1 + sizes[i] * loss), times);
}

} // namespace

double score_of(const score_frame& frame, const scored_unit& unit) {
  const auto& guess = unit.guess ? *unit.guess : frame.guess;
  const auto expected = guess.challenger - guess.champion;
  return unit.served_by == arm::challenger
    ? expected + (unit.outcome - guess.challenger) / frame.propensity
    : expected - (unit.outcome - guess.champion) / (1 - frame.propensity);
}

result<void> check(const score_rule& rule) {
  if (!(rule.min_propensity > 0 && rule.min_propensity <= 0.5))
    return invalid("min_propensity must be above 0 and at most 0.5");
  if (!is_share(rule.harm_margin))
    return invalid("harm_margin must be in [0, 1]");
  return {};
}

std::array<double, harm_bets> harm_bet_sizes(const score_rule& rule) {
  // The largest bet leaves a tenth of the stake after the worst unit there can
  // be; each next one is half as large.
  std::array<double, harm_bets> sizes{};
  auto size = 0.9 / (1 / rule.min_propensity + rule.harm_margin);
  for (auto& bet : sizes) {
    bet = size;
    size /= 2;
  }
  return sizes;
}

void merge(score_sums& sums, const score_sums& other) {
  sums.champion_units += other.champion_units;
  sums.challenger_units += other.challenger_units;
  merge(sums.champion_outcomes, other.champion_outcomes);
  merge(sums.challenger_outcomes, other.challenger_outcomes);
  merge(sums.scores, other.scores);
  merge(sums.spread, other.spread);
  for (std::size_t i = 0; i < harm_bets; ++i)
    merge(sums.harm[i], other.harm[i]);
}

bool needs_epoch(const pair_evidence& evidence, double propensity) {
  if (evidence.frames.empty())
    return true;
  const auto& open = evidence.frames.back();
  return open.propensity != propensity ||
    evidence.sums.units() >= open.units_before + epoch_limit(open.units_before);
}

result<void> open_epoch(pair_evidence& evidence, double propensity) {
  if (auto sound = check(evidence.rule); !sound)
    return sound;
  const auto smallest = evidence.rule.min_propensity;
  if (!(propensity >= smallest - slack && propensity <= 1 - smallest + slack))
    return invalid(
      "propensity " + std::to_string(propensity) + " leaves an arm less than " +
      std::to_string(smallest) +
      "; raise the floor of the allocation or lower min_propensity");
  const auto& sums = evidence.sums;
  evidence.frames.push_back(
    {propensity,
     {guess_from(sums.champion_outcomes, sums.champion_units),
      guess_from(sums.challenger_outcomes, sums.challenger_units)},
     center_from(sums),
     sums.units()});
  return {};
}

result<void>
add(pair_evidence& evidence, const scored_unit& unit, std::uint64_t times) {
  if (evidence.frames.empty())
    return invalid("a unit came before the first epoch was opened");
  if (auto checked = check(unit); !checked)
    return checked;
  count(
    evidence, evidence.frames.back(), unit, static_cast<std::int64_t>(times));
  return {};
}

result<void>
remove(pair_evidence& evidence, std::size_t epoch, const scored_unit& unit) {
  if (epoch >= evidence.frames.size())
    return invalid(
      "a unit of epoch " + std::to_string(epoch) +
      " was taken back, but only " + std::to_string(evidence.frames.size()) +
      " were opened");
  if (auto checked = check(unit); !checked)
    return checked;
  const auto& sums = evidence.sums;
  const auto counted = unit.served_by == arm::champion ? sums.champion_units
                                                       : sums.challenger_units;
  if (counted == 0)
    return invalid("a unit was taken back from an arm that has none");
  count(evidence, evidence.frames[epoch], unit, -1);
  evidence.taken_back += 1;
  return {};
}

result<pair_evidence>
evidence_of(const score_rule& rule, std::span<const epoch_counts> epochs) {
  pair_evidence evidence;
  evidence.rule = rule;
  for (const auto& epoch : epochs) {
    if (auto opened = open_epoch(evidence, epoch.propensity); !opened)
      return opened.err();
    const auto& frame = evidence.frames.back();
    const auto units = [&](arm by, double outcome, std::uint64_t times) {
      count(
        evidence, frame, {by, outcome, {}}, static_cast<std::int64_t>(times));
    };
    units(arm::champion, 1, epoch.champion_good);
    units(arm::champion, 0, epoch.champion_bad);
    units(arm::challenger, 1, epoch.challenger_good);
    units(arm::challenger, 0, epoch.challenger_bad);
  }
  return evidence;
}

} // namespace ratchet::analysis
