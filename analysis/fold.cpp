#include "analysis/fold.hpp"

#include <algorithm>

namespace ratchet::analysis {

std::optional<folded_feedback>
fold_last(std::span<const stored_event> feedback, std::string_view channel) {
  std::vector<const stored_event*> pieces;
  for (const auto& f : feedback)
    if (f.content.kind == event_kind::feedback && f.content.channel == channel)
      pieces.push_back(&f);
  if (pieces.empty())
    return std::nullopt;
  std::sort(
    pieces.begin(), pieces.end(),
    [](const stored_event* a, const stored_event* b) {
      return a->seq < b->seq;
    });
  folded_feedback folded;
  folded.value = pieces.back()->content.value;
  folded.decided_at = pieces.back()->seq;
  for (const auto* piece : pieces)
    folded.feedback_ids.push_back(piece->content.id);
  return folded;
}

} // namespace ratchet::analysis
