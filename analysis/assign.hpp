#pragma once

#include "analysis/hash.hpp"

#include <cstdint>
#include <string_view>

namespace ratchet::analysis {

enum class arm : std::uint8_t { champion = 1, challenger = 2 };

struct arm_assignment {
  arm which = arm::champion;
  /// The probability with which a unit gets this arm: what off-policy
  /// estimates and experiments need recorded beside each interaction.
  double propensity = 1;

  friend bool
  operator==(const arm_assignment&, const arm_assignment&) = default;
};

/// Which arm `unit` (a user, a session) is served by: the same at every call
/// and on every node, without anything stored.
///
/// Shape: `share` in [0, 1] is the part of the units that gets the challenger.
///        Raising it only moves units from champion to challenger, lowering it
///        only back. Use the challenger's registration (loop and version) as
///        `salt`: each experiment then draws its units afresh.
[[nodiscard]] constexpr arm_assignment
assign(std::string_view unit, std::string_view salt, double share) {
  if (to_unit(salted_hash(salt, unit)) < share)
    return {arm::challenger, share};
  return {arm::champion, 1 - share};
}

} // namespace ratchet::analysis
