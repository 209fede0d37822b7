#pragma once

#include "storage/detail/byte_archive.hpp"
#include "storage/detail/workflow_fields.hpp"
#include "storage/experiment_store.hpp"

#include <cereal/types/array.hpp>

/// Which fields of experiments are stored, in which order. The order is the
/// format.

namespace ratchet::analysis {

using storage::detail::in_range;

template <class Archive>
void serialize(Archive& archive, fixed_sum& x) {
  archive(x.words);
}
template <class Archive>
void serialize(Archive& archive, score_rule& x) {
  archive(x.min_propensity, x.harm_margin);
}
template <class Archive>
void serialize(Archive& archive, score_frame& x) {
  archive(
    x.propensity, x.guess.champion, x.guess.challenger, x.center,
    x.units_before);
}
template <class Archive>
void serialize(Archive& archive, score_sums& x) {
  archive(
    x.champion_units, x.challenger_units, x.champion_outcomes,
    x.challenger_outcomes, x.scores, x.spread, x.harm);
}
template <class Archive>
void serialize(Archive& archive, pair_evidence& x) {
  archive(x.rule, x.frames, x.sums, x.taken_back);
}
template <class Archive>
void serialize(Archive& archive, evidence_plan& x) {
  archive(x.planned_units, x.planned_variance, x.alpha);
}
template <class Archive>
void serialize(Archive& archive, experiment_metric& x) {
  archive(x.name, x.min_effect, x.plan);
}
template <class Archive>
void serialize(Archive& archive, experiment_rule& x) {
  archive(
    x.primary, x.guardrails, x.alpha, x.guardrail_alpha, x.harm_alpha,
    x.ratio_alpha, x.response_alpha, in_range{x.pace, spending::slow},
    x.min_units, x.max_units, x.min_duration, x.max_duration);
}
template <class Archive>
void serialize(Archive& archive, ratio_epoch& x) {
  archive(x.probabilities, x.counts);
}
template <class Archive>
void serialize(Archive& archive, challenger_evidence& x) {
  archive(x.name, x.rolled_back, x.metrics, x.answered);
}
template <class Archive>
void serialize(Archive& archive, experiment_inputs& x) {
  archive(
    x.rule, x.trial, x.promoted_before, x.elapsed, x.assigned, x.matured,
    x.excluded, x.challengers);
}
template <class Archive>
void serialize(Archive& archive, ramp_step& x) {
  archive(x.traffic, x.lasts);
}
template <class Archive>
void serialize(Archive& archive, allocation_rule& x) {
  archive(
    in_range{x.method, allocation_method::track_and_stop}, x.floor,
    x.nursery_units, x.max_factor, x.slack);
}
template <class Archive>
void serialize(Archive& archive, experiment_settings& x) {
  archive(
    x.rule, x.min_propensity, x.harm_margins, x.ramp, x.allocation,
    x.allocation_units);
}
template <class Archive>
void serialize(Archive& archive, live_experiment& x) {
  archive(
    x.settings, x.trial, x.promoted_before, x.began, x.shares, x.shared_at,
    x.assigned, x.matured, x.excluded, x.challengers);
}
template <class Archive>
void serialize(Archive& archive, share_move& x) {
  archive(x.at, x.units, x.shares);
}
template <class Archive>
void serialize(Archive& archive, metric_reading& x) {
  archive(
    x.metric, x.channel, x.higher_is_better, x.min, x.max, x.default_outcome);
}
template <class Archive>
void serialize(Archive& archive, interval& x) {
  archive(x.low, x.high);
}
template <class Archive>
void serialize(Archive& archive, metric_finding& x) {
  archive(
    x.metric, x.champion_units, x.challenger_units, x.effect, x.covered,
    x.above_min_effect, x.harm);
}
template <class Archive>
void serialize(Archive& archive, challenger_finding& x) {
  archive(
    x.name, x.harmful, x.reason_metric, x.passes, x.metrics, x.answers,
    x.answers_differ);
}
template <class Archive>
void serialize(Archive& archive, experiment_decision& x) {
  archive(
    x.formulas, in_range{x.verdict, experiment_verdict::keep_running}, x.winner,
    x.challengers, x.units, x.excluded, x.taken_back, x.elapsed, x.level,
    x.promote_bound, x.guardrail_bound, x.harm_bound, x.ratio_bound,
    x.assigned_ln_e, x.matured_ln_e, x.impossible_ratio, x.sentence, x.warning,
    x.excluded_ln_e);
}

} // namespace ratchet::analysis

namespace ratchet::storage {

template <class Archive>
void serialize(Archive& archive, experiment_summary& x) {
  archive(
    x.number, x.iteration, x.stage, x.fingerprint, x.arms, x.metric, x.began,
    x.ended, x.verdict);
}
template <class Archive>
void serialize(Archive& archive, experiment_state& x) {
  archive(
    x.number, x.arms, x.salt, x.horizon, x.readings, x.moves, x.assigned,
    x.matured, x.unknown, x.live);
}
template <class Archive>
void serialize(Archive& archive, experiment_record& x) {
  archive(x.number, x.at, x.inputs, x.decision);
}

} // namespace ratchet::storage
