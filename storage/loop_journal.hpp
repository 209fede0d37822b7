#pragma once

#include "base/clock.hpp"
#include "base/ids.hpp"
#include "base/result.hpp"
#include "storage/store.hpp"
#include "storage/write_batch.hpp"
#include "workflows/definition.hpp"
#include "workflows/iteration.hpp"
#include "workflows/loop_state.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

/// What is kept of loops and iterations: their names, definitions, journals,
/// and the states and summaries that save replaying those journals.
///
/// One transition is one batch, and what it holds follows from what decided:
///
///   of a loop       its event (+ the loop's state after it, when it is due)
///                   (+ the first event of an iteration, for a start)
///                   (+ a version or an alias: storage/registry.hpp)
///   of an iteration its event (+ the summary, when it starts or ends)
///                   (+ a sleeper, when it falls asleep or wakes)
///
/// So after any crash the state is the fold of the events up to it, and
/// `verify` can say so. Keys and records: docs/formats/control.md.

namespace ratchet::storage {

// Writing: adds to a batch, never fails, touches no disk --------------------

/// Event number `index` of the loop: its `event_count` before the event.
void record(
  write_batch& batch, loop_number loop, std::uint64_t index,
  const workflows::loop_event& event);
/// The loop's state after the last event of the same batch.
void put_state(
  write_batch& batch, loop_number loop, const workflows::loop_state& state);
/// Whether a batch that brings the loop from event `before` to `after` holds
/// its state. With few iterations in flight each does. With many, one of as
/// many as keep the bytes of the state below some hundred for an event; a
/// reader folds the events behind the last.
[[nodiscard]] bool
state_is_due(std::uint64_t before, const workflows::loop_state& after);

/// Event number `index` of the iteration: its `event_count` before the event.
void record(
  write_batch& batch, loop_number loop, iteration_number iteration,
  std::uint32_t index, const workflows::iteration_event& event);
void put_summary(
  write_batch& batch, loop_number loop,
  const workflows::iteration_summary& summary);

/// What a start need not read: an iteration that is asleep until then
/// (workflows/sleep.hpp).
void put_sleeper(
  write_batch& batch, loop_number loop, iteration_number iteration,
  time_point until);
/// Harmless if there is none.
void erase_sleeper(
  write_batch& batch, loop_number loop, iteration_number iteration);

/// Iteration `iteration` was started for `request`; in one batch with its
/// start. Kept for ever, as its journal is: whoever asked may ask again.
void put_request(
  write_batch& batch, loop_number loop, const std::string& request,
  iteration_number iteration);

/// Kept for ever: an iteration ends under the definition it began with.
void put_definition(
  write_batch& batch, loop_number loop, const std::string& fingerprint,
  const workflows::loop_definition& definition);

/// When the loop was hosted with a definition.
struct definition_dates {
  time_point first; ///< For the first time.
  time_point last;  ///< The engine was last started with it.

  friend bool
  operator==(const definition_dates&, const definition_dates&) = default;
};
void put_definition_dates(
  write_batch& batch, loop_number loop, const std::string& fingerprint,
  const definition_dates& dates);

// Reading -------------------------------------------------------------------

struct stored_definition {
  std::string fingerprint;
  std::optional<definition_dates> dates;
  workflows::loop_definition definition;
};

/// Reads back what the functions above wrote.
///
/// Threads: any, also while the writer commits; each call sees whole batches.
/// Errors:  `corruption` naming the loop's number, the record and what is
///   wrong; `io_error`. Both are worth stopping the loop for.
class loop_journal {
public:
  /// `from` must outlive this.
  explicit loop_journal(const store& from) : store_(&from) {}

  /// Errors: `not_found` for a name the store has never hosted.
  [[nodiscard]] result<loop_number> find_loop(const std::string& name) const;
  [[nodiscard]] result<std::map<std::string, loop_number>> loops() const;

  /// The numbers of `names`, in their order. Those that have none yet get the
  /// next ones, from 1, through `batch`; nobody else may hand out numbers
  /// until that is committed.
  [[nodiscard]] result<std::vector<loop_number>> register_loops(
    write_batch& batch, const std::vector<std::string>& names) const;

  /// The state after the last event; that of a new loop if there is none.
  [[nodiscard]] result<workflows::loop_state>
  load_state(loop_number loop) const;
  /// At most `limit` events from number `from` on: element i is number
  /// `from + i`.
  [[nodiscard]] result<std::vector<workflows::loop_event>>
  loop_events(loop_number loop, std::uint64_t from, std::size_t limit) const;

  /// The journal of one iteration, from its first event.
  /// Errors: `not_found`; `corruption` for a gap, and if anything but this
  ///   iteration's own start comes first, or another start later.
  [[nodiscard]] result<std::vector<workflows::iteration_event>>
  iteration_events(loop_number loop, iteration_number iteration) const;
  /// One of these events.
  /// Errors: `not_found`.
  [[nodiscard]] result<workflows::iteration_event> iteration_event(
    loop_number loop, iteration_number iteration, std::uint32_t index) const;
  /// Its fold. `plan` is the definition it runs under (`load_definition` of
  /// the summary's fingerprint).
  /// Errors: as `iteration_events`.
  [[nodiscard]] result<workflows::iteration> load_iteration(
    loop_number loop, iteration_number iteration,
    const workflows::loop_definition& plan) const;

  /// The iterations that sleep, and until when. One that slept when an older
  /// build wrote last is missing.
  [[nodiscard]] result<std::map<iteration_number, time_point>>
  sleepers(loop_number loop) const;

  /// The iteration that was started for `request`; 0: none was.
  [[nodiscard]] result<iteration_number>
  find_request(loop_number loop, const std::string& request) const;

  /// Errors: `not_found`.
  [[nodiscard]] result<workflows::iteration_summary>
  load_summary(loop_number loop, iteration_number iteration) const;
  /// At most `limit`, the newest first; only iterations before `before`,
  /// where 0 means all: the page that follows ends at the last one given.
  [[nodiscard]] result<std::vector<workflows::iteration_summary>>
  summaries(loop_number loop, iteration_number before, std::size_t limit) const;

  /// Errors: `not_found`.
  [[nodiscard]] result<workflows::loop_definition>
  load_definition(loop_number loop, const std::string& fingerprint) const;

  /// Nothing for a definition that only builds before these dates hosted.
  [[nodiscard]] result<std::optional<definition_dates>>
  dates_of(loop_number loop, const std::string& fingerprint) const;
  /// All definitions that the loop has had, the one hosted last at the end;
  /// those without dates come first.
  [[nodiscard]] result<std::vector<stored_definition>>
  definitions(loop_number loop) const;

  /// Holds everything kept of a loop against its journals: the state is the
  /// fold of the events; each iteration that was started has a journal, a
  /// definition with the fingerprint it names, and the summary of its fold;
  /// what is called a sleeper sleeps until then.
  ///
  /// Errors: `corruption` with the first thing that differs.
  /// Cost:   reads all journals of the loop, one at a time.
  [[nodiscard]] result<void> verify(loop_number loop) const;

private:
  [[nodiscard]] result<workflows::loop_state>
  fold_events(loop_number loop, workflows::loop_state state) const;
  [[nodiscard]] result<void> verify_iteration(
    loop_number loop, iteration_number iteration,
    const std::map<iteration_number, time_point>& asleep) const;

  const store* store_;
};

} // namespace ratchet::storage
