#pragma once

#include "base/clock.hpp"
#include "base/event.hpp"
#include "base/ids.hpp"
#include "base/result.hpp"
#include "storage/event_batch.hpp"
#include "storage/store.hpp"
#include "storage/write_batch.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ratchet::storage {

struct history_options {
  /// A block is closed before it grows beyond this (one event may).
  std::size_t block_bytes = std::size_t{64} << 10U;
  /// Index entries kept in memory before they are written; 26 bytes each, and
  /// two to three times as many at most. Two to three entries per event.
  std::size_t index_tail_entries = std::size_t{1} << 19U;
  /// For tests: ANDed to every hash, so that few bits make many collisions.
  std::uint64_t hash_mask = ~std::uint64_t{0};
};

/// A question to `find_many`.
struct history_query {
  enum class what : std::uint8_t {
    interaction,    ///< The interaction with this id.
    feedback_about, ///< All feedback that speaks of it.
  };
  what wanted = what::interaction;
  std::string_view interaction_id;
};

/// How much a read gives back at most. One event is given in any case.
struct page_limits {
  std::size_t events = 1000;
  std::size_t bytes = std::size_t{1} << 20U; ///< Of encoded events.
};

/// Where a read stopped.
struct page_end {
  /// The `after` of the next page: a sequence, and so a token that stays good
  /// whatever is appended, restarted or retained meanwhile.
  sequence next;
  /// True if there was nothing behind it at that moment.
  bool at_end = true;
};

struct event_page {
  std::vector<stored_event> events;
  sequence next;
  bool at_end = true;
};

/// An event as it lies in its block, for those who need only some of it: see
/// event_codec.hpp. The view lives until the visitor returns.
struct encoded_event {
  sequence seq;
  time_point received;
  std::string_view bytes;
};

/// Keeps retention away from one loop for as long as it lives. Of any thread;
/// not longer than its history.
struct history_hold {
  /// The first event that stays meanwhile; those before may go any time.
  sequence first;
  std::shared_ptr<const void> until_gone;
};

struct history_stats {
  std::uint64_t index_runs = 0;
  std::uint64_t index_entries = 0;      ///< In runs, on disk.
  std::uint64_t index_tail_entries = 0; ///< In memory, not yet in a run.
  std::uint64_t index_filter_bytes = 0; ///< In memory.
};

/// Everything that was captured for the loops of one shard: each loop's events
/// in the order they were taken in, numbered densely from 1, with indexes by
/// id, by interaction and by subject.
///
/// The writer's side stages what requests bring, group by group:
///
///   stage* -> seal -> (commit log) -> committed    published
///                                 \-> abandoned    never happened
///
/// Staging tells duplicates from conflicts, against the history and against
/// what is staged. Nothing is visible, or known to deduplication after a
/// restart, before the commit that holds it. A group may be staged while the
/// one before it is being committed; groups commit in order.
///
/// `received` never falls within a loop: if the machine's clock is set back,
/// events get the time of the one before them until it has caught up.
///
/// The index is derived from the blocks. It is written behind them, and what a
/// crash loses of it is read again on opening; if it is damaged or belongs to
/// another history, it is made anew, with a warning in the log.
///
/// Threads: the writer's functions by one thread at a time. Readers by any
///   thread at any time; they see whole commits.
/// Errors:  `corruption` names the loop and the sequence and is never skipped;
///   `not_found` for a loop that is not registered; `io_error`.
class history {
public:
  /// Cost: reads the blocks that are not indexed yet, a million index entries
  ///   at most, or all of them if the index is gone.
  /// Errors: `corruption`, `io_error`.
  [[nodiscard]] static result<std::unique_ptr<history>>
  open(store& from, history_options options = {});
  /// Writes out the index, so that the next opening has nothing to read again.
  ~history();
  history(const history&) = delete;
  history& operator=(const history&) = delete;

  // Loops -------------------------------------------------------------------

  /// The number of a known loop; `not_found` otherwise.
  [[nodiscard]] result<loop_number> loop_number_of(std::string_view name) const;
  /// The number of a loop, given out now if it is new, which adds it to
  /// `batch`: to be committed no later than the loop's first event.
  /// Writer. Errors: `invalid_argument` for an empty name; `resource_limit`
  ///   beyond a million loops.
  [[nodiscard]] result<loop_number>
  register_loop(const std::string& name, write_batch& batch);
  [[nodiscard]] std::vector<std::string> loops() const;

  // Writer ------------------------------------------------------------------

  /// Takes a batch into the open group. On an error nothing of it is staged.
  /// Errors: also `unavailable` if the index cannot be written any more.
  [[nodiscard]] result<append_outcome> stage(event_batch&& batch);
  /// Drops the blocks that lie wholly below `keep_from`; what they held is
  /// unknown from then on, ids included. Part of the open group: takes effect
  /// with `committed`. Space comes back by and by: store::reclaim_history.
  /// Drops nothing while a `hold` lives, which is no error: ask again later.
  [[nodiscard]] result<void>
  retain(loop_number loop, sequence keep_from, write_batch& batch);
  /// Closes the open group and adds its blocks to `batch`.
  void seal(write_batch& batch);
  /// The oldest sealed group is durable: publishes it.
  void committed();
  /// A commit failed: forgets all groups.
  void abandoned();

  // Readers -----------------------------------------------------------------

  /// The last sequence; 0 while the loop has no events (or is unknown).
  [[nodiscard]] sequence end(loop_number loop) const;
  /// The first sequence that retention has left, which may be end + 1.
  [[nodiscard]] sequence first(loop_number loop) const;

  /// Events behind `after`, oldest first. A token from before what retention
  /// has left goes on at the first that is left.
  [[nodiscard]] result<event_page>
  read(loop_number loop, sequence after, page_limits limits = {}) const;
  /// The same without decoding; false from `visit` ends it.
  /// Cost: some tens of ns per event.
  [[nodiscard]] result<page_end> scan(
    loop_number loop, sequence after, page_limits limits,
    const std::function<bool(const encoded_event&)>& visit) const;

  [[nodiscard]] result<std::optional<stored_event>>
  find(loop_number loop, event_kind kind, std::string_view id) const;
  /// Feedback that speaks of an interaction, oldest first; the interaction
  /// itself need not be there.
  [[nodiscard]] result<std::vector<stored_event>> feedback_of(
    loop_number loop, std::string_view interaction_id,
    std::size_t limit = 1000) const;
  /// Answers many questions about events up to `up_to`: calls `answer` with
  /// the question's position and an event, in the order of the history.
  /// Cost: a fraction of asking one by one where that would read the disk:
  ///   what lies together is read once.
  [[nodiscard]] result<void> find_many(
    loop_number loop, std::span<const history_query> queries, sequence up_to,
    const std::function<void(std::size_t which, stored_event)>& answer) const;
  /// Events of one subject behind `after`, oldest first.
  /// Cost: a block read per event that is not near the one before it.
  [[nodiscard]] result<event_page> of_subject(
    loop_number loop, std::string_view subject, sequence after,
    page_limits limits = {}) const;

  // Retention's questions ---------------------------------------------------

  /// The first sequence received at `since` or later; end + 1 if none.
  [[nodiscard]] result<sequence>
  first_since(loop_number loop, time_point since) const;
  /// The first sequence from which on the blocks have at most `bytes`.
  [[nodiscard]] result<sequence>
  first_within(loop_number loop, std::uint64_t bytes) const;
  /// Bytes of the loop's blocks.
  [[nodiscard]] result<std::uint64_t> stored_bytes(loop_number loop) const;

  /// For a long read that looks things up in what it has passed: while the
  /// hold lives, nothing more of the loop is dropped.
  [[nodiscard]] result<history_hold> hold(loop_number loop) const;

  [[nodiscard]] history_stats stats() const;

private:
  struct impl;
  explicit history(std::unique_ptr<impl> state);

  std::unique_ptr<impl> impl_;
};

} // namespace ratchet::storage
