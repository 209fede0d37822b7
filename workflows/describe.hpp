#pragma once

#include "workflows/definition.hpp"

#include <optional>
#include <string>
#include <vector>

/// A definition in the words of its builder (ratchet/loop.hpp), and what two
/// of them say differently.

namespace ratchet::workflows {

/// One thing that a definition says.
struct setting {
  std::string place; ///< `stage "train"`, `channel "verdict"`, `loop`
  std::string name;  ///< "timeout"
  std::string value; ///< "2h"

  friend bool operator==(const setting&, const setting&) = default;
};

/// All that decides how it runs, and what is left at its default as well, in
/// the order of declaration. Of an environment only the names: its values may
/// hold secrets.
[[nodiscard]] std::vector<setting> describe(const loop_definition& definition);

/// What changed. A place that only one of them has is one change without a
/// name, and its value is what it is: "command python3 train.py".
struct definition_change {
  std::string place;
  std::string name;
  std::optional<std::string> before; ///< None: it was added.
  std::optional<std::string> after;  ///< None: it was removed.

  friend bool
  operator==(const definition_change&, const definition_change&) = default;
};

/// In the order of `after`; what was removed comes last.
[[nodiscard]] std::vector<definition_change>
differences(const loop_definition& before, const loop_definition& after);

} // namespace ratchet::workflows
