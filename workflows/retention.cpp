#include "workflows/retention.hpp"

#include <algorithm>

namespace ratchet::workflows {

namespace {

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

rewrite_verdict judge_rewrite(const reclaim_facts& facts) {
  const auto kept = facts.kept_bytes;
  const auto waste = facts.file_bytes - std::min(facts.file_bytes, kept);
  if (waste < little_waste || waste < kept / 4)
    return rewrite_verdict::not_worth_it;
  // Events go on coming in while it lasts.
  if (facts.free_bytes < kept + kept / 4 + little_waste)
    return rewrite_verdict::no_room;
  return rewrite_verdict::worth_it;
}

} // namespace ratchet::workflows
