#pragma once

#include "analysis/experiment.hpp"

#include <string>
#include <vector>

namespace ratchet::analysis::detail {

/// A number of a decision, by its name; texts of doubles are exact.
struct decision_field {
  std::string name;
  std::string value;

  friend bool
  operator==(const decision_field&, const decision_field&) = default;
};

/// Every field of the decision, in a fixed order.
[[nodiscard]] std::vector<decision_field>
fields_of(const experiment_decision& decision);

} // namespace ratchet::analysis::detail
