#pragma once

#include "base/ids.hpp"
#include "storage/detail/area_fields.hpp"
#include "storage/detail/byte_archive.hpp"
#include "storage/detail/drop_fields.hpp"
#include "storage/detail/loop_experiment_fields.hpp"
#include "workflows/audit.hpp"
#include "workflows/definition.hpp"
#include "workflows/iteration.hpp"
#include "workflows/loop_state.hpp"

#include <cereal/types/chrono.hpp>
#include <cereal/types/map.hpp>
#include <cereal/types/optional.hpp>
#include <cereal/types/set.hpp>
#include <cereal/types/string.hpp>
#include <cereal/types/vector.hpp>

/// Which fields of the workflow structs are stored, in which order. The order
/// is the format. Found by argument-dependent lookup through the archive,
/// whose namespace this is.

namespace ratchet::storage::detail {

template <class Archive, class Tag, class Rep>
void serialize(Archive& archive, number<Tag, Rep>& x) {
  archive(x.value);
}

// Definition ----------------------------------------------------------------

template <class Archive>
void serialize(Archive& archive, workflows::channel_definition& x) {
  archive(
    x.name, in_range{x.type, workflows::value_type::text}, x.labels, x.min,
    x.max);
}
template <class Archive>
void serialize(Archive& archive, workflows::metric_definition& x) {
  archive(x.name, x.channel, x.higher_is_better);
  if (archive.version() >= 4)
    archive(x.alarm);
}
template <class Archive>
void serialize(Archive& archive, workflows::window_policy& x) {
  archive(x.size, x.slide, x.keep);
}
template <class Archive>
void serialize(Archive& archive, workflows::trigger_condition& x) {
  archive(
    in_range{x.kind, workflows::condition_kind::rolled_back}, x.channel,
    x.count, x.interval, x.children);
  if (archive.version() >= 2)
    archive(x.schedule, x.zone);
  if (archive.version() >= 4)
    archive(x.source, x.hysteresis, x.drop, x.area);
}
template <class Archive>
void serialize(Archive& archive, workflows::start_budget& x) {
  archive(x.starts, x.window);
}
template <class Archive>
void serialize(Archive& archive, workflows::compute_budget& x) {
  archive(x.running, x.window);
}
template <class Archive>
void serialize(Archive& archive, workflows::trigger_policy& x) {
  archive(x.condition, x.cooldown, x.minimum);
  if (archive.version() >= 2)
    archive(x.budget, in_range{x.busy, workflows::when_busy::queue_one});
  if (archive.version() >= 4)
    archive(x.compute);
}
template <class Archive>
void serialize(Archive& archive, workflows::retry_policy& x) {
  archive(
    x.max_attempts, x.initial, x.multiplier, x.cap, x.jitter,
    x.non_retryable_exit_codes);
  if (archive.version() >= 4)
    archive(x.non_retryable);
}
template <class Archive>
void serialize(Archive& archive, workflows::dataset_options& x) {
  archive(x.format, x.channel, x.eval_fraction, x.whole_history);
  if (archive.version() >= 4)
    archive(x.oversample_areas);
}
template <class Archive>
void serialize(Archive& archive, workflows::gate_options& x) {
  archive(x.metric, x.margin, x.alpha, x.min_pairs, x.must_improve);
}
template <class Archive>
void serialize(Archive& archive, workflows::stage_condition& x) {
  archive(
    in_range{x.kind, workflows::predicate_kind::negation}, x.stage, x.value,
    in_range{x.op, workflows::comparison::unequal}, x.number, x.text,
    x.children);
}
template <class Archive>
void serialize(Archive& archive, workflows::fan_out_options& x) {
  archive(
    in_range{x.source, workflows::item_source::units}, x.items, x.stage, x.name,
    x.count, x.parallel, in_range{x.policy, workflows::item_policy::threshold},
    x.least_items, x.least_share);
}
template <class Archive>
void serialize(Archive& archive, workflows::wait_options& x) {
  archive(
    x.signal, x.within,
    in_range{x.on_timeout, workflows::wait_outcome::reject});
}
template <class Archive>
void serialize(Archive& archive, workflows::nested_options& x) {
  archive(
    x.loop, in_range{x.on_timeout, workflows::child_policy::go_on},
    in_range{x.on_rejected, workflows::child_policy::go_on},
    in_range{x.on_failed, workflows::child_policy::go_on});
}
template <class Archive>
void serialize(Archive& archive, workflows::promotion_options& x) {
  archive(x.probation);
}
template <class Archive>
void serialize(Archive& archive, workflows::stage_definition& x) {
  archive(
    x.name, in_range{x.kind, workflows::stage_kind::experiment}, x.after,
    x.argv, x.env, x.dataset, x.gate, x.timeout, x.grace, x.retry, x.label);
  if (archive.version() >= 3)
    archive(x.when);
  if (archive.version() >= 4)
    archive(
      x.start_within, x.heartbeat_within, x.priority, x.for_each, x.wait,
      x.choose_by, x.nested, x.experiment, x.promotion);
}
template <class Archive>
void serialize(Archive& archive, workflows::retention_limits& x) {
  archive(x.age, x.bytes);
}
template <class Archive>
void serialize(Archive& archive, workflows::cleanup_definition& x) {
  archive(in_range{x.kind, workflows::cleanup_kind::always}, x.undoes, x.stage);
}
template <class Archive>
void serialize(Archive& archive, workflows::timing_policy& x) {
  archive(
    in_range{x.mode, workflows::timing_mode::asynchronous}, x.max_staleness,
    in_range{x.late, workflows::late_policy::drop});
}
template <class Archive>
void serialize(Archive& archive, workflows::loop_definition& x) {
  archive(
    x.name, x.channels, x.metrics, x.slice_by, x.join_window, x.trigger,
    x.max_in_flight, x.stages);
  if (archive.version() >= 2)
    archive(x.keep);
  if (archive.version() >= 3)
    archive(x.cleanup);
  if (archive.version() >= 4)
    archive(x.concurrency, x.priority, x.timing, x.windows, x.areas);
}

// Parts of events -----------------------------------------------------------

template <class Archive>
void serialize(Archive& archive, workflows::artifact_ref& x) {
  archive(x.name, x.digest, x.bytes);
}
template <class Archive>
void serialize(Archive& archive, workflows::stage_result& x) {
  archive(x.values, x.artifacts, x.version, x.sentence);
}
template <class Archive>
void serialize(Archive& archive, workflows::attempt_failure& x) {
  static_assert(sizeof x.exit_code == 4);
  archive(in_range{x.code, errc::unauthorized}, x.message, x.exit_code, x.lost);
  if (archive.version() >= 2)
    archive(x.name, x.retry_after);
}
template <class Archive>
void serialize(Archive& archive, workflows::webhook_calls& x) {
  archive(x.calls, x.last_event);
}
template <class Archive>
void serialize(Archive& archive, workflows::trigger_inputs& x) {
  archive(x.cursor, x.joined);
}
/// What came later, apart: the records that hold inputs count their layouts
/// differently.
struct later_inputs {
  workflows::trigger_inputs& of;
};
template <class Archive>
void serialize(Archive& archive, later_inputs& x) {
  archive(
    x.of.promotions, x.of.webhooks, x.of.in_flight, x.of.drops, x.of.areas,
    x.of.rollbacks);
}
template <class Archive>
void serialize(Archive& archive, workflows::spent_compute& x) {
  archive(x.at, x.ran);
}
template <class Archive>
void serialize(Archive& archive, workflows::trigger_state& x) {
  archive(x.baseline, x.first_seen, x.last_start, x.last_end);
  if (archive.version() >= 2)
    archive(x.champion_since, x.starts);
  if (archive.version() >= 3) {
    later_inputs baseline{x.baseline};
    archive(
      baseline, x.disarmed, x.webhooks, x.spent, x.watch_record, x.acknowledged,
      x.areas, x.rollbacks);
  }
}

template <class Archive>
void serialize(Archive& archive, workflows::sequence_range& x) {
  archive(x.from, x.to);
}
template <class Archive>
void serialize(Archive& archive, workflows::admission_rule& x) {
  archive(x.versions, x.closed);
}

// Iteration events, in the order of the variant -----------------------------

template <class Archive>
void serialize(Archive& archive, workflows::iteration_started& x) {
  archive(
    x.loop, x.number, x.fingerprint, x.reason, x.champion, x.data_from,
    x.data_to, x.at);
  // Of the events, and of the summaries, which hold it too.
  if (archive.version() >= 2)
    archive(x.admits, x.labels);
}
template <class Archive>
void serialize(Archive& archive, workflows::attempt_started& x) {
  archive(x.stage, x.attempt, x.at, x.deadline);
}
template <class Archive>
void serialize(Archive& archive, workflows::attempt_failed& x) {
  archive(x.stage, x.attempt, x.at, x.failure, x.retry_at);
}
template <class Archive>
void serialize(Archive& archive, workflows::stage_succeeded& x) {
  archive(x.stage, x.attempt, x.at, x.output);
}
template <class Archive>
void serialize(Archive& archive, workflows::gate_refused& x) {
  archive(x.stage, x.attempt, x.at, x.output);
}
template <class Archive>
void serialize(Archive& archive, workflows::cancel_requested& x) {
  archive(x.who, x.reason, x.at);
}
template <class Archive>
void serialize(Archive& archive, workflows::stage_canceled& x) {
  archive(x.stage, x.at);
}
template <class Archive>
void serialize(Archive& archive, workflows::stage_reset& x) {
  archive(x.stage, x.who, x.reason, x.at);
}
template <class Archive>
void serialize(Archive& archive, workflows::iteration_ended& x) {
  archive(
    in_range{x.outcome, workflows::iteration_outcome::canceled}, x.reason,
    x.at);
}

template <class Archive>
void serialize(Archive& archive, workflows::stage_skipped& x) {
  archive(x.stage, x.who, x.reason, x.at);
}

template <class Archive>
void serialize(Archive& archive, workflows::cleanup_started& x) {
  archive(
    in_range{x.outcome, workflows::iteration_outcome::canceled}, x.reason,
    x.at);
}

template <class Archive>
void serialize(Archive& archive, workflows::attempt_queued& x) {
  archive(x.stage, x.attempt, x.at, x.start_by);
}

template <class Archive>
void serialize(Archive& archive, workflows::attempt_dispatched& x) {
  archive(x.stage, x.attempt, x.at, x.deadline);
}

template <class Archive>
void serialize(Archive& archive, workflows::items_awaited& x) {
  archive(x.stage, x.attempt, x.at);
}

template <class Archive>
void serialize(Archive& archive, workflows::items_fixed& x) {
  archive(x.stage, x.attempt, x.at, x.items);
}
template <class Archive>
void serialize(Archive& archive, workflows::wait_started& x) {
  archive(x.stage, x.at, x.until);
}
template <class Archive>
void serialize(Archive& archive, workflows::stage_approved& x) {
  archive(x.stage, x.who, x.reason, x.at);
}
template <class Archive>
void serialize(Archive& archive, workflows::stage_rejected& x) {
  archive(x.stage, x.who, x.reason, x.at);
}
template <class Archive>
void serialize(Archive& archive, workflows::signal_received& x) {
  archive(x.signal, x.id, x.who, x.payload, x.at);
}
template <class Archive>
void serialize(Archive& archive, workflows::signal_taken& x) {
  archive(x.stage, x.signal, x.number, x.at);
}
template <class Archive>
void serialize(Archive& archive, workflows::wait_timed_out& x) {
  archive(
    x.stage, in_range{x.outcome, workflows::wait_outcome::reject}, x.reason,
    x.at);
}
template <class Archive>
void serialize(Archive& archive, workflows::stage_slept& x) {
  archive(x.stage, x.at);
}

template <class Archive>
void serialize(Archive& archive, workflows::step_recorded& x) {
  archive(x.stage, x.attempt, x.name, x.value, x.at);
}
template <class Archive>
void serialize(Archive& archive, workflows::attempt_suspended& x) {
  archive(
    x.stage, x.attempt, x.name, in_range{x.kind, workflows::step_kind::signal},
    x.signal, x.until, x.at);
}
template <class Archive>
void serialize(Archive& archive, workflows::attempt_resumed& x) {
  archive(x.stage, x.attempt, x.signal, x.at, x.deadline);
}

template <class Archive>
void serialize(Archive& archive, workflows::iteration_paused& x) {
  archive(x.who, x.reason, x.at_once, x.at);
}

template <class Archive>
void serialize(Archive& archive, workflows::attempt_withdrawn& x) {
  archive(x.stage, x.attempt, x.at);
}

template <class Archive>
void serialize(Archive& archive, workflows::iteration_resumed& x) {
  archive(x.who, x.reason, x.at);
}

template <class Archive>
void serialize(Archive& archive, workflows::iteration_labeled& x) {
  archive(x.set, x.removed, x.who, x.reason, x.at);
}

template <class Archive>
void serialize(Archive& archive, workflows::iteration_summary& x) {
  archive(
    x.start, in_range{x.outcome, workflows::iteration_outcome::canceled},
    x.ended, x.version, x.verdict);
  if (archive.version() >= 2)
    archive(x.ran, x.labels, x.paused);
}

// Loop events, in the order of the variant ----------------------------------

template <class Archive>
void serialize(Archive& archive, workflows::loop_adopted& x) {
  archive(x.at);
}
template <class Archive>
void serialize(Archive& archive, workflows::iteration_requested& x) {
  archive(
    x.number, x.fingerprint, x.reason, x.who, x.inputs, x.data_from, x.data_to,
    x.champion, x.at);
  if (archive.version() >= 2) {
    later_inputs inputs{x.inputs};
    archive(inputs, x.fired, x.queued, x.admits, x.window, x.request, x.labels);
  }
}
template <class Archive>
void serialize(Archive& archive, workflows::iteration_closed& x) {
  archive(
    x.number, in_range{x.outcome, workflows::iteration_outcome::canceled},
    x.at);
  if (archive.version() >= 2)
    archive(x.ran, x.window, x.history_end, x.recount);
}
template <class Archive>
void serialize(Archive& archive, workflows::iteration_reopened& x) {
  archive(x.number, x.who, x.reason, x.at);
  if (archive.version() >= 2)
    archive(x.ran, x.window);
}
template <class Archive>
void serialize(Archive& archive, workflows::loop_paused& x) {
  archive(x.who, x.reason, x.at);
}
template <class Archive>
void serialize(Archive& archive, workflows::loop_resumed& x) {
  archive(x.who, x.reason, x.at);
}
template <class Archive>
void serialize(Archive& archive, workflows::version_registered& x) {
  archive(x.version, x.source, x.iteration, x.artifact, x.at);
}
template <class Archive>
void serialize(Archive& archive, workflows::champion_moved& x) {
  archive(
    in_range{x.kind, workflows::move_kind::rollback}, x.from, x.to, x.iteration,
    x.who, x.reason, x.at);
  if (archive.version() >= 2)
    archive(x.probation, x.alarm);
}

template <class Archive>
void serialize(Archive& archive, workflows::start_skipped& x) {
  archive(x.fingerprint, x.reason, x.inputs, x.at);
  if (archive.version() >= 2) {
    later_inputs inputs{x.inputs};
    archive(inputs, x.fired);
  }
}

template <class Archive>
void serialize(Archive& archive, workflows::start_queued& x) {
  later_inputs inputs{x.inputs};
  archive(x.fingerprint, x.reason, x.inputs, inputs, x.data_to, x.fired, x.at);
}

template <class Archive>
void serialize(Archive& archive, workflows::trigger_noted& x) {
  archive(x.rearmed, x.primed, x.at);
}

template <class Archive>
void serialize(Archive& archive, workflows::webhook_received& x) {
  archive(x.name, x.key, x.payload, x.at);
}

template <class Archive>
void serialize(Archive& archive, workflows::webhook_key& x) {
  archive(x.hash, x.payload_crc, x.event);
}

template <class Archive>
void serialize(Archive& archive, workflows::loop_archived& x) {
  archive(x.who, x.reason, x.at);
}

template <class Archive>
void serialize(Archive& archive, workflows::registration& x) {
  archive(x.version, x.iteration, x.promoted);
}
template <class Archive>
void serialize(Archive& archive, workflows::loop_state& x) {
  archive(
    x.paused, x.last_iteration, x.running, x.last_version, x.champion,
    x.previous, x.promoted_by, x.trigger, x.data_to, x.registered,
    x.event_count);
  if (archive.version() >= 3)
    archive(
      x.queued, x.promotions, x.webhook_keys, x.accounted, x.champions,
      x.closed_from, x.closed, x.archived, x.alarms, x.experiment,
      x.experiments_waiting, x.experiments_ended, x.experiments_begun,
      x.experiments_won, x.areas, x.probation_until);
}

// Audit ---------------------------------------------------------------------

template <class Archive>
void serialize(Archive& archive, workflows::audit_stamp& x) {
  archive(x.at, x.index);
}
template <class Archive>
void serialize(Archive& archive, workflows::audit_entry& x) {
  archive(
    x.stamp, x.verb, x.iteration, x.stage, x.version, x.who, x.reason,
    in_range{x.outcome, workflows::audit_outcome::refused}, x.detail);
}

} // namespace ratchet::storage::detail
