#include "workflows/retention.hpp"

#include <algorithm>

namespace ratchet::workflows {

namespace {

using namespace std::chrono_literals;

constexpr duration least_pause = 1h;
constexpr duration longest_pause = 24h;
/// Below this, waste is not worth a rewrite of its own.
constexpr std::uint64_t little_waste = std::uint64_t{64} << 20U;

} // namespace

retention_questions retention_questions_at(
  const retention_limits& limits, duration join_window, time_point now,
  std::optional<time_point> unseen) {
  retention_questions ask;
  if (limits.age)
    ask.aged = now - *limits.age;
  ask.bytes = limits.bytes;
  ask.joinable =
    std::min(now, unseen.value_or(now)) - join_window - longest_request;
  return ask;
}

std::optional<sequence> keep_from(const retention_facts& facts) {
  const auto wanted = std::max(
    facts.aged.value_or(facts.first), facts.fitting.value_or(facts.first));
  auto needed = std::min(facts.cursor.next(), facts.joinable);
  if (facts.in_flight)
    needed = std::min(needed, facts.in_flight->next());
  const auto keep = std::min(wanted, needed);
  if (keep <= facts.first)
    return std::nullopt;
  return keep;
}

bool is_reclaim_due(const reclaim_facts& facts) {
  if (facts.since_last >= longest_pause)
    return true;
  const auto waste =
    facts.file_bytes - std::min(facts.file_bytes, facts.kept_bytes);
  return facts.since_last >= least_pause && waste >= little_waste &&
    waste >= facts.kept_bytes / 4;
}

} // namespace ratchet::workflows
