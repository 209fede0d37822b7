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
[[nodiscard]] attempt_report judge_gate(const attempt_site& site);

} // namespace ratchet::actors::detail
