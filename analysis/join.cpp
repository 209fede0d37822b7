#include "analysis/join.hpp"

#include <algorithm>
#include <utility>

namespace ratchet::analysis {

namespace {

joined_pair
make_pair(event_ptr interaction, event_ptr feedback, duration window) {
  const auto apart = feedback->received - interaction->received;
  const auto late = std::chrono::abs(apart) > window;
  return {std::move(interaction), std::move(feedback), late};
}

} // namespace

result<std::vector<joined_pair>>
join(const event_ptr& e, const join_lookup& lookup, duration window) {
  std::vector<joined_pair> pairs;
  switch (e->content.kind) {
  case event_kind::feedback: {
    auto interaction = lookup.find_interaction(e->content.interaction_id);
    if (!interaction)
      return interaction.err();
    // An interaction behind this place finds this feedback at its own turn.
    if (*interaction != nullptr && (*interaction)->seq < e->seq)
      pairs.push_back(make_pair(std::move(*interaction), e, window));
    break;
  }
  case event_kind::interaction: {
    auto feedback = lookup.feedback_of(e->content.id);
    if (!feedback)
      return feedback.err();
    for (auto& f : *feedback)
      if (f->seq < e->seq)
        pairs.push_back(make_pair(e, std::move(f), window));
    std::sort(
      pairs.begin(), pairs.end(),
      [](const joined_pair& a, const joined_pair& b) {
        return a.feedback->seq < b.feedback->seq;
      });
    break;
  }
  }
  return pairs;
}

} // namespace ratchet::analysis
