#pragma once

#include "base/clock.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

/// What an operator does to an iteration that goes on: a pause, its end, and
/// labels (workflows/labels.hpp).
///
/// While it is paused nothing starts: no attempt, no item, no condition, no
/// cleanup. A pause at the boundary lets running attempts come to their ends;
/// one at once stops them, and their stages and items are pending again, as if
/// the attempt had not been: it counts for nothing, and what it recorded of its
/// steps is kept. What waits for a slot gives up its place; a stage's time-out
/// counts while it runs, so each attempt has all of it.
///
/// Time goes on. A back-off goes by the clock, and a try that falls due waits
/// for the resume. So does an attempt that waits in its middle, whatever comes
/// for it: a signal that came before its deadline is taken at the resume. A
/// stage that only waits keeps its deadline, which was given to people: answers
/// and signals are taken, and what was declared happens when it passes. Only
/// what follows on it is held. Likewise a stage that runs another loop: that
/// iteration is not paused or stopped with this one, and its end is taken.

namespace ratchet::workflows {

/// Events of steering; see iteration.hpp.

/// Nothing new starts until it is resumed.
struct iteration_paused {
  std::string who;
  std::string reason;
  bool at_once = false; ///< What runs is stopped, and runs again after it.
  time_point at;

  friend bool
  operator==(const iteration_paused&, const iteration_paused&) = default;
};
/// A pause ended the attempt, or took its place in the queue: the stage or unit
/// is to run again, and the attempt counts for nothing.
struct attempt_withdrawn {
  std::string stage;
  std::uint32_t attempt = 1;
  time_point at;

  friend bool
  operator==(const attempt_withdrawn&, const attempt_withdrawn&) = default;
};
struct iteration_resumed {
  std::string who;
  std::string reason;
  time_point at;

  friend bool
  operator==(const iteration_resumed&, const iteration_resumed&) = default;
};
/// An operator set or took away labels, also after the end.
struct iteration_labeled {
  std::map<std::string, std::string> set;
  std::vector<std::string> removed;
  std::string who;
  std::string reason;
  time_point at;

  friend bool
  operator==(const iteration_labeled&, const iteration_labeled&) = default;
};

/// Commands of steering.

struct pause_iteration {
  std::string who;
  std::string reason;
  bool at_once = false; ///< Else what runs may come to its end.
};
struct resume_iteration {
  std::string who;
  std::string reason;
};
struct label_iteration {
  std::map<std::string, std::string> set;
  std::vector<std::string> removed;
  std::string who;
  std::string reason;
};

/// Of an iteration that an operator has paused.
struct pause_state {
  bool at_once = false;
  std::string who;
  std::string reason;
  time_point at;

  friend bool operator==(const pause_state&, const pause_state&) = default;
};

} // namespace ratchet::workflows
