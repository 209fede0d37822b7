#include "actors/journal.hpp"

#include "actors/errors.hpp"
#include "base/log.hpp"
#include "storage/history.hpp"

#include <caf/all.hpp>

#include <chrono>
#include <utility>

namespace ratchet::actors {

namespace {

using self_pointer = journal_actor::stateful_pointer<journal_state>;

const error closed_error{
  errc::unavailable, "the engine is shutting down; send it again later"};

void flush_later(self_pointer self) {
  auto& st = self->state;
  if (st.flush_sent)
    return;
  st.flush_sent = true;
  self->send(self, flush_atom{});
}

void tell_growth(self_pointer self) {
  auto& st = self->state;
  for (const auto& [loop, end] : std::exchange(st.grown, {}))
    self->send(st.channels, history_grew{loop, end});
}

void answer(node_stats& stats, waiting_append& append, const error* failure) {
  if (failure != nullptr) {
    append.done(*failure);
    return;
  }
  stats.events_accepted += append.outcome.accepted;
  stats.events_duplicate += append.outcome.duplicates;
  stats.events_conflict += append.outcome.conflicts.size();
  append.done(std::move(append.outcome));
}

void answer(node_stats&, waiting_commit& commit, const error* failure) {
  if (failure != nullptr)
    commit.promise.deliver(to_caf(*failure));
  else
    commit.promise.deliver(committed{});
}

/// Commits the group and answers everyone in it.
void flush(self_pointer self) {
  auto& st = self->state;
  st.flush_sent = false;
  if (st.waiting.empty())
    return;
  auto group = std::exchange(st.waiting, {});
  storage::write_batch batch;
  st.history->seal(batch);
  for (auto& entry : group)
    if (auto* commit = std::get_if<waiting_commit>(&entry))
      batch.append(std::move(commit->batch));

  // A group of duplicates only has nothing to write: they are durable.
  const auto before = std::chrono::steady_clock::now();
  const auto durable = batch.empty() ? result<void>{} : st.log->commit(batch);
  const error* failure = durable ? nullptr : &durable.err();
  if (failure == nullptr) {
    st.history->committed();
    st.stats->commit_latency.add(std::chrono::steady_clock::now() - before);
    ++st.stats->commits;
    tell_growth(self);
  } else {
    st.history->abandoned();
    st.grown.clear();
    ++st.stats->commit_failures;
    log(
      log_level::error, "commit failed; the shard takes no more writes",
      {{"error", failure->message}});
  }
  st.stats->appends += group.size();
  for (auto& entry : group)
    std::visit([&](auto& e) { answer(*st.stats, e, failure); }, entry);
}

void append(self_pointer self, append_events& request) {
  auto& st = self->state;
  if (st.closed) {
    request.done(closed_error);
    return;
  }
  const auto loop = request.batch.loop;
  auto outcome = st.history->stage(std::move(request.batch));
  if (!outcome) {
    request.done(outcome.err());
    return;
  }
  if (outcome->accepted > 0)
    st.grown[loop] = outcome->end;
  st.waiting.emplace_back(
    waiting_append{std::move(request.done), std::move(*outcome)});
  flush_later(self);
}

/// The history keeps what is dropped in its open group; the batch only has to
/// go along with it.
caf::result<committed> retain(self_pointer self, retain_history wish) {
  auto& st = self->state;
  if (st.closed)
    return to_caf(closed_error);
  storage::write_batch batch;
  if (auto staged = st.history->retain(wish.loop, wish.keep_from, batch);
      !staged)
    return to_caf(staged.err());
  auto promise = self->make_response_promise<committed>();
  st.waiting.emplace_back(waiting_commit{std::move(batch), promise});
  flush_later(self);
  return promise;
}

} // namespace

journal_actor::behavior_type journal(
  self_pointer self, storage::history* history, storage::commit_log* log,
  node_stats* stats, channels_actor channels) {
  auto& st = self->state;
  st.history = history;
  st.log = log;
  st.stats = stats;
  st.channels = std::move(channels);
  return {
    [self](append_events& request) { append(self, request); },
    [self](commit_batch& request) -> caf::result<committed> {
      if (self->state.closed)
        return to_caf(closed_error);
      auto promise = self->make_response_promise<committed>();
      self->state.waiting.emplace_back(
        waiting_commit{std::move(request.batch), promise});
      flush_later(self);
      return promise;
    },
    [self](retain_history wish) -> caf::result<committed> {
      return retain(self, wish);
    },
    [self](flush_atom) { flush(self); },
    [self](close_atom) -> bool {
      self->state.closed = true;
      flush(self);
      return true;
    },
  };
}

} // namespace ratchet::actors
