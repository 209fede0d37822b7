#pragma once

#include "storage/detail/byte_archive.hpp"
#include "workflows/experiment_options.hpp"
#include "workflows/loop_state.hpp"

#include <cereal/types/chrono.hpp>
#include <cereal/types/optional.hpp>
#include <cereal/types/string.hpp>
#include <cereal/types/vector.hpp>

/// The part of workflow_fields.hpp that is about experiments.

namespace ratchet::storage::detail {

template <class Archive>
void serialize(Archive& archive, workflows::experiment_guardrail& x) {
  archive(x.metric, x.allowed_loss, x.default_outcome);
}
template <class Archive>
void serialize(Archive& archive, workflows::traffic_step& x) {
  archive(x.traffic, x.lasts);
}
template <class Archive>
void serialize(Archive& archive, workflows::experiment_options& x) {
  archive(
    x.metric, x.traffic, x.min_effect, x.guardrails, x.ramp, x.min_units,
    x.max_units, x.min_duration, x.max_duration, x.horizon, x.default_outcome,
    x.harm_margin, x.alpha, x.guardrail_alpha, x.harm_alpha, x.min_share,
    x.planned_units, x.challengers);
}

template <class Archive>
void serialize(Archive& archive, workflows::experiment_verdict& x) {
  archive(
    x.experiment,
    in_range{x.outcome, workflows::experiment_outcome::nothing_to_compare},
    x.champion, x.winner, x.sentence);
}
template <class Archive>
void serialize(Archive& archive, workflows::experiment_awaited& x) {
  archive(x.stage, x.attempt, x.at);
}
template <class Archive>
void serialize(Archive& archive, workflows::experiment_decided& x) {
  archive(x.stage, x.attempt, x.verdict, x.at);
}

template <class Archive>
void serialize(Archive& archive, workflows::experiment_request& x) {
  archive(x.iteration, x.stage, x.attempt, x.fingerprint, x.challengers);
}
template <class Archive>
void serialize(Archive& archive, workflows::experiment_requested& x) {
  archive(x.request, x.at);
}
template <class Archive>
void serialize(Archive& archive, workflows::experiment_begun& x) {
  archive(x.number, x.request, x.champion, x.won_before, x.at);
}
template <class Archive>
void serialize(Archive& archive, workflows::experiment_ended& x) {
  archive(x.iteration, x.stage, x.attempt, x.verdict, x.at);
}
template <class Archive>
void serialize(Archive& archive, workflows::running_experiment& x) {
  archive(x.number, x.request, x.champion, x.began);
}

} // namespace ratchet::storage::detail
