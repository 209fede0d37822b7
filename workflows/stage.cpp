#include "workflows/stage.hpp"

#include "base/bytes.hpp"

#include <algorithm>

namespace ratchet::workflows {

namespace {

constexpr std::size_t longest_failure_name = 63;

/// A number in [0, 1) out of `text`. FNV leaves the high bits of short texts
/// that differ at the end alike; the multiplications spread them.
double draw(const std::string& text) {
  auto hash = fnv1a64(text);
  hash = (hash ^ (hash >> 33)) * 0xFF51AFD7ED558CCDULL;
  hash = (hash ^ (hash >> 33)) * 0xC4CEB9FE1A85EC53ULL;
  hash ^= hash >> 33;
  return static_cast<double>(hash >> 11) * 0x1p-53;
}

} // namespace

std::string_view to_string(stage_status status) {
  switch (status) {
  case stage_status::pending:
    return "pending";
  case stage_status::running:
    return "running";
  case stage_status::backing_off:
    return "backing_off";
  case stage_status::succeeded:
    return "succeeded";
  case stage_status::failed:
    return "failed";
  case stage_status::refused:
    return "refused";
  case stage_status::canceled:
    return "canceled";
  case stage_status::skipped:
    return "skipped";
  case stage_status::waiting:
    return "waiting";
  case stage_status::queued:
    return "queued";
  case stage_status::listing:
    return "listing";
  case stage_status::fanned_out:
    return "fanned_out";
  }
  return "unknown";
}

bool may_retry(
  const retry_policy& policy, const attempt_failure& failure,
  std::uint32_t failures) {
  if (failures >= policy.max_attempts)
    return false;
  if (failure.code == errc::invalid_argument)
    return false;
  const auto has = [](const auto& items, const auto& item) {
    return std::find(items.begin(), items.end(), item) != items.end();
  };
  if (failure.exit_code != 0)
    if (has(policy.non_retryable_exit_codes, failure.exit_code))
      return false;
  return failure.name.empty() || !has(policy.non_retryable, failure.name);
}

std::string check_failure_name(std::string_view name) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
      (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
  };
  if (
    !name.empty() && name.size() <= longest_failure_name &&
    std::all_of(name.begin(), name.end(), fits))
    return {};
  return "use 1 to " + std::to_string(longest_failure_name) +
    " letters, digits, '_', '-' and '.', such as bad_data";
}

duration retry_delay(
  const retry_policy& policy, std::uint32_t failures,
  const std::string& attempt_id) {
  const auto cap = static_cast<double>(policy.cap.count());
  auto delay = static_cast<double>(policy.initial.count());
  // Multiplied, not std::pow: its last bit differs between C libraries.
  if (policy.multiplier > 1.0)
    for (std::uint32_t i = 1; i < failures && delay > 0 && delay < cap; ++i)
      delay *= policy.multiplier;
  delay = std::min(delay, cap);
  delay *= 1.0 + policy.jitter * (2.0 * draw(attempt_id) - 1.0);
  return duration{static_cast<duration::rep>(std::max(delay, 0.0))};
}

duration lost_delay(std::uint32_t lost) {
  return std::min(duration{100} * lost, duration{5000});
}

} // namespace ratchet::workflows
