#pragma once

#include "actors/detail/attempt.hpp"
#include "actors/detail/stage_call.hpp"

namespace ratchet::actors::detail {

/// The dataset stage: train.jsonl, eval.jsonl and dataset.json out of the
/// history that belongs to the iteration.
[[nodiscard]] attempt_report
write_dataset(const attempt_site& site, stage_call& call);

/// The gate stage: reads the nearest scores.jsonl before it, and judges.
/// The evidence becomes the stage's values and sentence; `refused` is its no.
/// If the stage that made the scores ran for each of its items, each is judged,
/// and the gate says no if it says so to all (workflows/choose.hpp).
[[nodiscard]] attempt_report judge_gate(const attempt_site& site);

/// The choose stage: what was chosen when its order was made.
[[nodiscard]] attempt_report choose_version(const attempt_site& site);

} // namespace ratchet::actors::detail
