#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace ratchet::process {

inline constexpr std::size_t max_progress_note_bytes = 200;

/// How far a command says it is.
struct progress {
  double done = 0;  ///< From 0 to 1.
  std::string note; ///< For people: valid UTF-8, no control characters, at
                    ///< most `max_progress_note_bytes`; may be empty.

  friend bool operator==(const progress&, const progress&) = default;
};

/// Reads a progress line, `ratchet:progress 0.4 epoch 2/5`: the word at the
/// line's start, a blank, a number from 0 to 1, and perhaps a blank and a
/// note. Nothing for any other line, also for one that is nearly right: it is
/// then an ordinary line of the log.
[[nodiscard]] std::optional<progress> parse_progress(std::string_view line);

} // namespace ratchet::process
