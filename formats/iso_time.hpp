#pragma once

#include "base/clock.hpp"

#include <optional>
#include <string_view>

namespace ratchet::formats {

/// Reads a moment as RFC 3339 and ISO 8601 write it: date, 'T' or a blank,
/// time, an optional fraction (milliseconds are kept, the rest is cut off), and
/// 'Z' or an offset, without which it would be no moment.
///
///   2026-08-22T10:15:30Z   2026-08-22 12:15:30.123456+02:00
///
/// Shape:  years 0000 to 9999; a leap second (":60") is the next second. None
///         if the text is anything else, such as the 30th of February.
/// Source: RFC 3339, section 5.6.
[[nodiscard]] std::optional<time_point> parse_iso8601(std::string_view text);

} // namespace ratchet::formats
