#pragma once

#include "base/result.hpp"

#include <cstdint>

namespace ratchet::cli {

/// What the program's end says to scripts. Stable: docs/cli.md lists them.
enum class exit_code : std::uint8_t {
  ok = 0,
  failure = 1,
  usage = 2,       ///< The command line, or what it asks for, makes no sense.
  not_found = 3,   ///< No such loop, iteration, version, file.
  no_access = 4,   ///< Not signed in, or not allowed.
  unreachable = 5, ///< No engine answers, or it cannot serve now.
  not_met = 6,     ///< A condition that was asked for is false.
  conflict = 7,    ///< The state does not allow it (now).
  timed_out = 124,
  interrupted = 130,
};

[[nodiscard]] exit_code exit_code_of(errc code);

} // namespace ratchet::cli
