#pragma once

#include "base/clock.hpp"

namespace ratchet::workflows {

/// What a loop's author declares of a promotion.
struct promotion_options {
  /// For so long the new champion is guarded: an alarm of any metric that the
  /// loop watches takes the one before it back (workflows/probation.hpp). 0: it
  /// is not.
  ///
  /// A sound version is taken back with a probability of at most `probation` as
  /// a share of the days between false alarms, for each metric that is watched:
  /// 24h and 30 days come to 3.3 %.
  duration probation{0};

  friend bool
  operator==(const promotion_options&, const promotion_options&) = default;
};

} // namespace ratchet::workflows
