#pragma once

#include "base/result.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace ratchet::process {

/// Splits a command line into arguments, as a shell would, but expands
/// nothing: `$`, `*`, `~`, `;`, `|` and `#` are ordinary characters.
///
///   blanks, tabs, line ends   end an argument
///   '...'                     all as it is
///   "..."                     \" and \\ are one character, other \ are kept
///   \x                        x, whatever it is
///
/// Quotes may stand inside an argument (a'b c'd is one), and `''` is an empty
/// argument. A blank line gives no arguments.
///
/// Errors: `invalid_argument` for a quote without its end, a backslash at the
///         end, or a NUL byte; the message names the byte, counted from 1.
[[nodiscard]] result<std::vector<std::string>>
split_command_line(std::string_view line);

} // namespace ratchet::process
