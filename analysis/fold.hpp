#pragma once

#include "base/event.hpp"
#include "base/ids.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ratchet::analysis {

/// One channel's word on one interaction, for a row of a dataset.
struct folded_feedback {
  feedback_value value = false;
  sequence decided_at; ///< Of the piece whose value it is.
  /// Every piece that went in, by place in the history: lineage.
  std::vector<std::string> feedback_ids;

  friend bool
  operator==(const folded_feedback&, const folded_feedback&) = default;
};

/// Folds several pieces of feedback of `channel` on one interaction into one:
/// the last by place in the history wins, because users correct themselves
/// and the history's order is the only one that is the same on every replay.
///
/// Shape: any order in; pieces of other channels are passed over; none if no
///        piece is left.
[[nodiscard]] std::optional<folded_feedback>
fold_last(std::span<const stored_event> feedback, std::string_view channel);

} // namespace ratchet::analysis
