#pragma once

#include "analysis/experiment.hpp"
#include "analysis/exposure.hpp"
#include "analysis/live_experiment.hpp"
#include "base/ids.hpp"
#include "base/result.hpp"
#include "storage/store.hpp"
#include "storage/write_batch.hpp"
#include "workflows/experiments.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// What is kept of experiments: how each stands and ended, what its units add
/// up to while it runs, which units were seen, and the record of its decision.
/// docs/formats/experiments.md.
///
/// The state follows the history by two cursors and is stored in one batch with
/// them and with the units seen, so a crash neither loses nor repeats a unit.

namespace ratchet::storage {

/// What is shown of an experiment. Changes with the loop's events.
struct experiment_summary {
  experiment_number number;
  iteration_number iteration;
  std::string stage;
  std::string fingerprint;          ///< Of the definition that declares it.
  std::vector<version_number> arms; ///< The champion first.
  std::string metric;               ///< The primary one.
  time_point began;
  time_point ended; ///< Epoch: it runs.
  workflows::experiment_verdict verdict;

  friend bool
  operator==(const experiment_summary&, const experiment_summary&) = default;
};

/// An experiment while it runs; as it was at its end afterwards.
struct experiment_state {
  experiment_number number;
  std::vector<version_number> arms; ///< The champion first.
  std::string salt;                 ///< Of the assignment.
  duration horizon{0};
  std::vector<analysis::metric_reading> readings; ///< The primary one first.
  std::vector<analysis::share_move> moves;        ///< The oldest first.
  sequence assigned; ///< Exposures up to here were counted as assigned.
  sequence matured;  ///< Up to here their outcomes were counted.
  /// Of its versions, with a propensity that the experiment never gave.
  std::uint64_t unknown = 0;
  analysis::live_experiment live;
};

/// A final verdict with all that it depends on.
struct experiment_record {
  experiment_number number;
  time_point at;
  analysis::experiment_inputs inputs;
  analysis::experiment_decision decision;
};

// Writing: adds to a batch, never fails, touches no disk --------------------

void put_experiment(
  write_batch& batch, loop_number loop, const experiment_summary& summary);
void put_experiment(
  write_batch& batch, loop_number loop, const experiment_state& state);
void put_experiment(
  write_batch& batch, loop_number loop, const experiment_record& record);

/// The place in the history where a unit was first exposed.
void put_unit(
  write_batch& batch, loop_number loop, experiment_number number,
  std::uint64_t unit, sequence first);
/// Forgets all units of an experiment, which has ended.
void erase_units(
  write_batch& batch, loop_number loop, experiment_number number);

// Reading -------------------------------------------------------------------
// Errors: `corruption`, `io_error`; those that name one experiment also
//   `not_found`.
// Threads: any.

[[nodiscard]] result<experiment_summary> load_experiment_summary(
  const store& from, loop_number loop, experiment_number number);
/// At most `limit`, the newest first; only those before `before`, 0: all.
[[nodiscard]] result<std::vector<experiment_summary>> load_experiments(
  const store& from, loop_number loop, experiment_number before,
  std::size_t limit);
[[nodiscard]] result<experiment_state> load_experiment_state(
  const store& from, loop_number loop, experiment_number number);
/// Nothing if it runs, or ended without a decision: it was canceled.
[[nodiscard]] result<std::optional<experiment_record>> load_experiment_record(
  const store& from, loop_number loop, experiment_number number);
/// Nothing for one that was not seen.
[[nodiscard]] result<std::optional<sequence>> find_unit(
  const store& from, loop_number loop, experiment_number number,
  std::uint64_t unit);

// Records, for tests of the format ------------------------------------------

[[nodiscard]] std::string encode(const experiment_summary& summary);
[[nodiscard]] std::string encode(const experiment_state& state);
[[nodiscard]] std::string encode(const experiment_record& record);
[[nodiscard]] result<experiment_summary>
decode_experiment_summary(std::string_view record);
[[nodiscard]] result<experiment_state>
decode_experiment_state(std::string_view record);
[[nodiscard]] result<experiment_record>
decode_experiment_record(std::string_view record);

} // namespace ratchet::storage
