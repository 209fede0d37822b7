#pragma once

#include "workflows/iteration.hpp"

#include <algorithm>
#include <cstddef>
#include <vector>

/// The commands of a pause, for the tests of it.

namespace ratchet::workflows::testing {

inline const pause_iteration at_boundary{"ada", "quiet", false};
inline const pause_iteration at_once{"ada", "now", true};
inline const resume_iteration go_on{"ada", "go on"};

/// How many of `events` are of one kind.
template <class Event>
std::size_t count(const std::vector<iteration_event>& events) {
  return static_cast<std::size_t>(
    std::count_if(events.begin(), events.end(), [](const auto& event) {
      return std::holds_alternative<Event>(event);
    }));
}

} // namespace ratchet::workflows::testing
