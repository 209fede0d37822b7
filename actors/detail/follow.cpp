#include "actors/detail/follow.hpp"

#include "analysis/join.hpp"
#include "storage/history.hpp"
#include "storage/page_lookup.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>

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
  const auto& feedback = pair.feedback->content;
  const auto& interaction = pair.interaction->content;
  const auto value = analysis::numeric(feedback.value);
  if (!value)
    return {};
  for (const auto& metric : definition.metrics) {
    if (metric.channel != feedback.channel)
      continue;
    analysis::observation seen{metric.name, interaction.version, *value, {}};
    for (const auto& slice : interaction.slices)
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
  const analysis::event_ptr& event, const storage::page_lookup& lookup,
  const workflows::loop_definition& definition, followed& piece) {
  const auto pairs = analysis::join(event, lookup, definition.join_window);
  if (!pairs)
    return pairs.err();
  for (const auto& pair : *pairs) {
    ++piece.joined[pair.feedback->content.channel];
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
  auto page = history.read(loop.number, cursor, piece_limits);
  if (!page) {
    piece.failure = page.err();
    return piece;
  }
  const auto next = page->next;
  const bool more = !page->at_end;
  const auto lookup =
    storage::page_lookup::make(history, loop.number, std::move(*page));
  if (!lookup) {
    piece.failure = lookup.err();
    return piece;
  }
  const auto& definition = loop.plan->definition;
  for (const auto& event : lookup->events())
    if (auto taken = take_event(event, *lookup, definition, piece); !taken) {
      piece.failure = taken.err();
      return piece;
    }
  piece.cursor = next;
  piece.more = more;
  return piece;
}

} // namespace ratchet::actors::detail
