#pragma once

#include <string_view>

/// What a wrapper says to the engine that started it: one line, once, on the
/// descriptor `report_fd`. Nobody may be listening any more.

namespace ratchet::process::detail {

inline constexpr int report_fd = 3;

/// The wrapper is in charge: the pid file is on disk, and the command runs,
/// or its end marker is written.
inline constexpr std::string_view report_ok = "ok";
/// The attempt belongs to another wrapper, has run, or was declared lost.
inline constexpr std::string_view report_refused = "refused";
/// Nothing ran and nothing will; a sentence follows.
inline constexpr std::string_view report_error = "error ";

} // namespace ratchet::process::detail
