#pragma once

#include "base/clock.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

/// Text for people: how wide it is on a terminal, how it is cut to fit, and
/// how numbers and times read.

namespace ratchet::cli {

/// `text` with nothing in it that could move the cursor or change colors:
/// control characters become blanks, malformed UTF-8 becomes U+FFFD. For
/// everything that comes from others and goes to a terminal.
[[nodiscard]] std::string printable(std::string_view text);

/// Terminal cells that printable text takes: wide characters count two,
/// combining marks none.
[[nodiscard]] std::size_t display_width(std::string_view text);

/// `text`, or its beginning and an ellipsis, in at most `width` cells.
[[nodiscard]] std::string fit(std::string_view text, std::size_t width);

/// `text` and blanks, `width` cells or more.
[[nodiscard]] std::string pad_right(std::string_view text, std::size_t width);
[[nodiscard]] std::string pad_left(std::string_view text, std::size_t width);

/// `piece`, `count` times.
[[nodiscard]] std::string repeat(std::string_view piece, std::size_t count);

/// 1234567 as "1,234,567".
[[nodiscard]] std::string with_commas(std::uint64_t n);

/// The number with at most `decimals` decimals and no trailing zeros beyond
/// the first: 0.94, 12.0.
[[nodiscard]] std::string decimal(double value, int decimals);

/// "850ms", "12s", "3m12s", "2h05m", "4d03h"; negative counts as 0.
[[nodiscard]] std::string short_duration(duration d);

/// "12s ago", "in 3m12s", "now"; "never" for the epoch.
[[nodiscard]] std::string relative_time(time_point t, time_point now);

/// 1536 as "1.5 KiB".
[[nodiscard]] std::string byte_size(std::uint64_t bytes);

/// A bar of `width` cells filled to `done` (0 to 1) in eighths of a cell.
[[nodiscard]] std::string bar(double done, std::size_t width);

} // namespace ratchet::cli
