#include "actors/detail/retention_look.hpp"

#include "base/log.hpp"
#include "storage/experiment_store.hpp"
#include "storage/history.hpp"
#include "storage/loop_journal.hpp"
#include "storage/monitor_store.hpp"
#include "storage/store.hpp"
#include "workflows/retention.hpp"

#include <algorithm>
#include <filesystem>
#include <string>
#include <system_error>

namespace ratchet::actors::detail {

namespace {

using workflows::retention_facts;

/// When the first event behind `cursor` was received; none if none is there.
result<std::optional<time_point>> received_behind(
  const storage::history& history, loop_number loop, sequence cursor) {
  std::optional<time_point> received;
  const auto scanned =
    history.scan(loop, cursor, {.events = 1}, [&](const auto& event) {
      received = event.received;
      return false;
    });
  if (!scanned)
    return scanned.err();
  return received;
}

/// The earliest `data_from` of the iterations under way.
///
/// One that starts after this look is not among them. Its data set then begins
/// at what is left, as it would had it started a moment later.
result<std::optional<sequence>>
read_in_flight(const services& node, loop_number loop) {
  const auto state = node.journal->load_state(loop);
  if (!state)
    return state.err();
  std::optional<sequence> earliest;
  for (const auto number : state->running) {
    const auto summary = node.journal->load_summary(loop, number);
    if (!summary)
      return summary.err();
    const auto from = summary->start.data_from;
    earliest = std::min(earliest.value_or(from), from);
  }
  return earliest;
}

/// How far the outcomes of the experiment that runs are counted; none runs:
/// nothing.
result<std::optional<sequence>>
read_experiment(const services& node, loop_number loop) {
  const auto state = node.journal->load_state(loop);
  if (!state)
    return state.err();
  if (!state->experiment)
    return std::optional<sequence>{};
  const auto running = storage::load_experiment_state(
    *node.store, loop, state->experiment->number);
  if (!running)
    return running.err();
  return std::optional{running->matured};
}

/// Puts the history's answer into `to`, or says why there is none.
template <class To>
result<void> take(result<sequence> answer, To& to) {
  if (!answer)
    return answer.err();
  to = *answer;
  return {};
}

result<retention_facts>
read_facts(const services& node, const hosted_loop& loop) {
  const auto& history = *node.history;
  const auto& definition = loop.plan->definition;
  retention_facts facts;
  facts.first = history.first(loop.number);
  // Only ever moves on, so what is asked about it later errs by keeping more.
  if (auto read = take(
        storage::load_monitor_cursor(*node.store, loop.number), facts.cursor);
      !read)
    return read.err();
  const auto counted = read_experiment(node, loop.number);
  if (!counted)
    return counted.err();
  facts.cursor = std::min(facts.cursor, counted->value_or(facts.cursor));
  auto in_flight = read_in_flight(node, loop.number);
  if (!in_flight)
    return in_flight.err();
  facts.in_flight = *in_flight;
  // Read before the history is: what comes in between is received later.
  const auto now = node.clock->now();
  const auto unseen = received_behind(history, loop.number, facts.cursor);
  if (!unseen)
    return unseen.err();
  const auto ask = workflows::retention_questions_at(
    definition.keep, definition.join_window, now, *unseen);
  auto answered =
    take(history.first_since(loop.number, ask.joinable), facts.joinable);
  if (answered && ask.aged)
    answered = take(history.first_since(loop.number, *ask.aged), facts.aged);
  if (answered && ask.bytes)
    answered =
      take(history.first_within(loop.number, *ask.bytes), facts.fitting);
  if (!answered)
    return answered.err();
  return facts;
}

/// Of all loops of the shard, hosted or not: they share its files.
result<std::uint64_t> kept_bytes(const storage::history& history) {
  std::uint64_t all = 0;
  for (const auto& name : history.loops()) {
    const auto number = history.loop_number_of(name);
    if (!number)
      return number.err();
    const auto bytes = history.stored_bytes(*number);
    if (!bytes)
      return bytes.err();
    all += *bytes;
  }
  return all;
}

/// 0 if nobody knows: then nothing is written that could fill it.
std::uint64_t free_bytes(const std::filesystem::path& directory) {
  std::error_code failed;
  const auto space = std::filesystem::space(directory, failed);
  return failed ? 0 : space.available;
}

/// True if the files were rewritten.
result<bool> rewrite_if_worth_it(const services& node) {
  const auto kept = kept_bytes(*node.history);
  if (!kept)
    return kept.err();
  const workflows::reclaim_facts facts{
    node.store->stats().history_bytes, *kept,
    free_bytes(node.store->directory())};
  switch (workflows::judge_rewrite(facts)) {
  case workflows::rewrite_verdict::not_worth_it:
    return false;
  case workflows::rewrite_verdict::no_room:
    return error{
      errc::resource_limit,
      "the disk has no room to rewrite " + std::to_string(*kept) +
        " bytes of history"};
  case workflows::rewrite_verdict::worth_it:
    break;
  }
  const auto done =
    node.store->reclaim_history(storage::reclaim_depth::mixed_files);
  if (!done)
    return done.err();
  return true;
}

} // namespace

retention_looked look_at_histories(
  const services& node,
  const std::vector<std::shared_ptr<const hosted_loop>>& loops) {
  retention_looked looked;
  for (const auto& loop : loops) {
    const auto facts = read_facts(node, *loop);
    if (!facts)
      log(
        log_level::error, "cannot tell what a loop's history may drop",
        {{"loop", loop->name}, {"error", facts.err().message}});
    else if (const auto from = workflows::keep_from(*facts))
      looked.wishes.push_back({loop->number, *from});
  }
  return looked;
}

space_reclaimed reclaim_space(const services& node, bool may_rewrite) {
  const auto complain = [](const error& reason) {
    log(
      log_level::warning, "space of dropped events is not given back yet",
      {{"reason", reason.message}});
  };
  const auto done =
    node.store->reclaim_history(storage::reclaim_depth::whole_files);
  if (!done) {
    complain(done.err());
    return {};
  }
  if (!may_rewrite)
    return {};
  const auto rewritten = rewrite_if_worth_it(node);
  if (!rewritten) {
    complain(rewritten.err());
    return {.rewritten = true}; // Not again at once.
  }
  return {.rewritten = *rewritten};
}

} // namespace ratchet::actors::detail
