#include "actors/detail/follow.hpp"

#include "analysis/join.hpp"
#include "storage/history.hpp"
#include "storage/history_lookup.hpp"

#include <algorithm>
#include <cstddef>

namespace ratchet::actors::detail {

namespace {

/// A piece: large enough to amortize its commit, small enough to be no burden.
constexpr storage::page_limits piece_limits{
  .events = 8192, .bytes = std::size_t{4} << 20U};

/// True if nobody asks what joins: then following is only moving the cursor.
bool needs_join(const workflows::loop_definition& definition) {
  return !definition.channels.empty();
}

/// Adds what `pair` says to every metric made from its channel.
result<void> observe(
  const workflows::loop_definition& definition,
  const analysis::joined_pair& pair, analysis::metric_table& table) {
  if (pair.late)
    return {};
  const auto value = analysis::numeric(pair.feedback.content.value);
  if (!value)
    return {};
  for (const auto& metric : definition.metrics) {
    if (metric.channel != pair.feedback.content.channel)
      continue;
    analysis::observation seen{
      metric.name, pair.interaction.content.version, *value, {}};
    for (const auto& slice : pair.interaction.content.slices)
      if (
        std::find(
          definition.slice_by.begin(), definition.slice_by.end(),
          slice.first) != definition.slice_by.end())
        seen.slices.push_back(slice);
    if (auto added = table.add(seen); !added)
      return added;
  }
  return {};
}

result<void> take_event(
  const stored_event& event, const storage::history& history,
  const hosted_loop& loop, followed& piece) {
  const auto& definition = loop.plan->definition;
  const auto pairs = analysis::join(
    event, storage::history_lookup{history, loop.number},
    definition.join_window);
  if (!pairs)
    return pairs.err();
  for (const auto& pair : *pairs) {
    ++piece.joined[pair.feedback.content.channel];
    if (auto seen = observe(definition, pair, piece.metrics); !seen)
      return seen;
  }
  return {};
}

} // namespace

followed follow(
  const storage::history& history, const hosted_loop& loop, sequence cursor) {
  followed piece;
  piece.cursor = cursor;
  if (!needs_join(loop.plan->definition)) {
    piece.cursor = history.end(loop.number);
    return piece;
  }
  const auto page = history.read(loop.number, cursor, piece_limits);
  if (!page) {
    piece.failure = page.err();
    return piece;
  }
  for (const auto& event : page->events)
    if (auto taken = take_event(event, history, loop, piece); !taken) {
      piece.failure = taken.err();
      return piece;
    }
  piece.cursor = page->next;
  piece.more = !page->at_end;
  return piece;
}

} // namespace ratchet::actors::detail
