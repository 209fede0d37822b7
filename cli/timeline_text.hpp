#pragma once

#include "base/clock.hpp"
#include "cli/terminal.hpp"
#include "formats/json.hpp"

#include <cstddef>
#include <string>

namespace ratchet::cli {

/// The answer of the timeline's route for people: a line per attempt, with a
/// bar over the time from the iteration's start to its end, or to `now`.
///
///   STAGE  TRY  0s               1m20s  RESULT
///   train    1  ░░░██████····           failed after 20s: exit code 3
///   train    2               █████████  succeeded in 30s
///
/// No line is wider than `width`, if that is not 0.
[[nodiscard]] std::string timeline_text(
  const json& answer, const palette& paint, std::size_t width, time_point now);

} // namespace ratchet::cli
