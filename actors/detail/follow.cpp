#include "actors/detail/follow.hpp"

#include "analysis/join.hpp"
#include "storage/history.hpp"
#include "storage/loop_journal.hpp"
#include "storage/page_lookup.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>
#include <variant>

namespace ratchet::actors::detail {

namespace {

/// A piece: large enough to amortize its commit, small enough to be no burden.
constexpr storage::page_limits piece_limits{
  .events = 8192, .bytes = std::size_t{4} << 20U};

/// True if nobody asks what joins: then following is only moving the cursor.
bool needs_join(const workflows::loop_definition& definition) {
  return !definition.channels.empty();
}

/// By the application's clock, if it gave a time.
time_point shown_at(const stored_event& interaction) {
  return interaction.content.at == time_point{} ? interaction.received
                                                : interaction.content.at;
}

/// Adds what `pair` says to every metric made from its channel.
void observe(
  const workflows::loop_definition& definition,
  const analysis::joined_pair& pair, followed& piece) {
  const auto& feedback = pair.feedback->content;
  const auto& interaction = pair.interaction->content;
  const auto value = analysis::numeric(feedback.value);
  if (pair.late || !value)
    return;
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
    piece.rows.push_back(
      {std::move(seen), shown_at(*pair.interaction),
       std::max(pair.interaction->received, pair.feedback->received),
       std::holds_alternative<double>(feedback.value)});
  }
}

result<void> take_event(
  const analysis::event_ptr& event, const storage::page_lookup& lookup,
  const workflows::loop_definition& definition, followed& piece) {
  const auto pairs = analysis::join(event, lookup, definition.join_window);
  if (!pairs)
    return pairs.err();
  for (const auto& pair : *pairs) {
    ++piece.joined[pair.feedback->content.channel];
    observe(definition, pair, piece);
  }
  return {};
}

/// What the loop wants watched now.
result<std::map<std::string, analysis::wanted_watch>>
find_watches(const services& node, const hosted_loop& loop) {
  const auto& definition = loop.plan->definition;
  if (workflows::watched_drops(definition).empty())
    return std::map<std::string, analysis::wanted_watch>{};
  const auto state = node.journal->load_state(loop.number);
  if (!state)
    return state.err();
  return watches_of(definition, *state);
}

} // namespace

std::map<std::string, analysis::wanted_watch> watches_of(
  const workflows::loop_definition& definition,
  const workflows::loop_state& state) {
  std::map<std::string, analysis::wanted_watch> wanted;
  for (const auto& [condition, drop] : workflows::watched_drops(definition))
    wanted[condition] = {
      drop.metric,
      {drop.low, drop.high, drop.rule.limit, drop.rule.rising, drop.rule.days,
       workflows::warn_days_of(drop.rule), drop.rule.observations},
      {workflows::watch_record_of(state.trigger, condition), state.champion}};
  return wanted;
}

analysis::history_plan
history_plan_of(const workflows::loop_definition& definition) {
  const auto& windows = definition.windows;
  // Feedback joins within that time, so nothing is behind what is older.
  return {
    {windows.size, windows.slide, windows.keep},
    definition.join_window,
    windows.size};
}

followed join_piece(
  const storage::history& history, loop_number loop,
  const workflows::loop_definition& definition, sequence cursor,
  const storage::page_limits& limits) {
  followed piece;
  piece.cursor = cursor;
  if (!needs_join(definition)) {
    piece.cursor = history.end(loop);
    return piece;
  }
  auto page = history.read(loop, cursor, limits);
  if (!page) {
    piece.failure = page.err();
    return piece;
  }
  const auto next = page->next;
  const bool more = !page->at_end;
  const auto lookup =
    storage::page_lookup::make(history, loop, std::move(*page));
  if (!lookup) {
    piece.failure = lookup.err();
    return piece;
  }
  for (const auto& event : lookup->events()) {
    if (auto taken = take_event(event, *lookup, definition, piece); !taken) {
      piece.failure = taken.err();
      return piece;
    }
    piece.until = event->received;
  }
  piece.cursor = next;
  piece.more = more;
  return piece;
}

followed
follow(const services& node, const hosted_loop& loop, sequence cursor) {
  auto piece = join_piece(
    *node.history, loop.number, loop.plan->definition, cursor, piece_limits);
  if (piece.failure || piece.cursor == cursor)
    return piece;
  auto watches = find_watches(node, loop);
  if (!watches) {
    piece.failure = watches.err();
    return piece;
  }
  piece.watches = std::move(*watches);
  return piece;
}

} // namespace ratchet::actors::detail
