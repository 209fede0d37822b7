#pragma once

#include "analysis/gate.hpp"
#include "base/result.hpp"

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

/// Paired scores: what an evaluator stage writes to scores.jsonl, and what a
/// gate judges by (docs/formats/scores.md).
///
///   {"sample_id":"s1","metric":"accuracy","model":"champion","score":1}
///   {"sample_id":"s1","metric":"accuracy","model":"challenger","score":0}
///
/// or both models in one line:
///
///   {"sample_id":"s1","metric":"accuracy","champion":1,"challenger":0}

namespace ratchet::formats {

struct score_limits {
  std::size_t bytes = 256UL * 1024 * 1024;
  std::size_t line_bytes = 64UL * 1024;
  std::size_t samples = 1'000'000;
};

/// The scores of `metric` in `text`, one JSON object per line; lines of other
/// metrics are checked and passed over. `name` names the text in errors.
///
/// Shape:  samples sorted by id, each once; one without the other model's score
///         is kept. Slices are "name=value", sorted. "score" may be a boolean:
///         true is 1.
/// Errors: `invalid_argument` names line and field: malformed JSON, a missing
///         field or one of the wrong type, a score that is not finite, a second
///         score of the same sample and model, slices of one sample that
///         differ. `not_found` if there are scores but none of `metric`, naming
///         the metrics there are. `resource_limit` beyond `limits`.
[[nodiscard]] result<std::vector<analysis::scored_sample>> read_scores(
  std::string_view text, std::string_view metric, std::string_view name,
  score_limits limits = {});

/// The same from a file. Errors: also `not_found`, `io_error`.
[[nodiscard]] result<std::vector<analysis::scored_sample>> read_scores_file(
  const std::filesystem::path& file, std::string_view metric,
  score_limits limits = {});

} // namespace ratchet::formats
