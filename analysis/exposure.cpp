#include "analysis/exposure.hpp"

#include "analysis/aggregate.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>

namespace ratchet::analysis {

namespace {

/// Texts of numbers in between may have cut the last digits.
constexpr double slack = 1e-9;

/// The shares that gave `arm` this propensity; null: none ever did.
const share_move* find_move(
  std::span<const share_move> moves, std::size_t arm, double propensity,
  time_point received) {
  const share_move* any = nullptr;
  for (auto move = moves.rbegin(); move != moves.rend(); ++move) {
    if (std::abs(move->shares[arm] - propensity) > slack)
      continue;
    if (move->at <= received)
      return &*move;
    any = &*move;
  }
  return any;
}

double outcome_of(const metric_reading& reading, double value) {
  const auto scaled =
    std::clamp((value - reading.min) / (reading.max - reading.min), 0.0, 1.0);
  return reading.higher_is_better ? scaled : 1 - scaled;
}

} // namespace

exposure_finding exposure_of(
  const stored_event& event, std::span<const version_number> arms,
  std::span<const share_move> moves) {
  const auto& said = event.content;
  const auto found = std::find(arms.begin(), arms.end(), said.version);
  if (said.kind != event_kind::interaction || found == arms.end())
    return {};
  const auto arm = static_cast<std::size_t>(found - arms.begin());
  const bool outside = said.arm.empty() || said.propensity >= 1;
  if (arm == 0 && outside)
    return {};
  if (said.arm.empty())
    return {exposure_kind::exposed, {arm, {}}};
  if (said.arm != arm_name(arm))
    return {exposure_kind::unknown, {}};
  if (!(said.propensity > 0))
    return {exposure_kind::exposed, {arm, {}}};
  const auto* move = find_move(moves, arm, said.propensity, event.received);
  if (move == nullptr)
    return {exposure_kind::unknown, {}};
  return {exposure_kind::exposed, {arm, move->shares}};
}

std::optional<double> outcome_of(
  const metric_reading& reading, const stored_event& interaction,
  std::span<const event_ptr> feedback, duration horizon) {
  // Summed in the order of the history, so that a replay has the same bits.
  std::vector<const stored_event*> pieces;
  for (const auto& piece : feedback)
    if (
      piece->content.channel == reading.channel &&
      std::chrono::abs(piece->received - interaction.received) <= horizon &&
      numeric(piece->content.value))
      pieces.push_back(piece.get());
  if (pieces.empty())
    return reading.default_outcome;
  std::sort(pieces.begin(), pieces.end(), [](const auto* a, const auto* b) {
    return a->seq < b->seq;
  });
  double sum = 0;
  for (const auto* piece : pieces)
    sum += outcome_of(reading, *numeric(piece->content.value));
  return sum / static_cast<double>(pieces.size());
}

} // namespace ratchet::analysis
