#pragma once

#include "base/clock.hpp"
#include "base/event.hpp"
#include "base/ids.hpp"
#include "base/result.hpp"

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

/// Where late feedback meets its interaction.
///
/// A pair (interaction, feedback) joins at the later of its two places in the
/// history. A reader that goes through the history in order asks for every
/// event what joins there:
///
///   sequence   1     2     3     4     5     6
///   event      i-a   f-b   f-a   i-b   i-c   f-a'
///                     :     |     |           |
///              i-a <--:-----+     |           |   f-a  looks back: i-a
///                     +-----------+           |   i-b  looks back: f-b
///              i-a <--------------------------+   f-a' looks back: i-a
///
/// Each event looks back only, so each pair comes up exactly once, however
/// late or early its feedback was, and the only state is the reader's cursor.

namespace ratchet::analysis {

/// Shared, because a reader's page, a cache and several pairs hold on to the
/// same one.
using event_ptr = std::shared_ptr<const stored_event>;

/// What the join asks the history. It may already hold events behind the
/// reader's place: those are left to their own turn.
class join_lookup {
public:
  virtual ~join_lookup() = default;

  /// The interaction with this id; null if it has not come (yet).
  [[nodiscard]] virtual result<event_ptr>
  find_interaction(const std::string& id) const = 0;

  /// All feedback about this interaction, in any order.
  [[nodiscard]] virtual result<std::vector<event_ptr>>
  feedback_of(const std::string& interaction_id) const = 0;
};

struct joined_pair {
  event_ptr interaction;
  event_ptr feedback;
  /// Taken in further apart than the join window: training data, but too late
  /// for metrics. Measured by the engine's receive times, because an event's
  /// own time is data and never trusted.
  bool late = false;

  /// The later of the two places: where this pair joined.
  [[nodiscard]] sequence position() const {
    return std::max(interaction->seq, feedback->seq);
  }
};

/// What joins at `e`: for feedback its earlier interaction, for an interaction
/// the feedback that came before it.
///
/// Shape:  feedback gives at most one pair; an interaction any number, in the
///         order of their feedback. All pairs have `position() == e.seq`.
/// Errors: those of `lookup`, unchanged.
/// Cost:   one lookup.
[[nodiscard]] result<std::vector<joined_pair>>
join(const event_ptr& e, const join_lookup& lookup, duration window);

} // namespace ratchet::analysis
