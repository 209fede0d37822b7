#pragma once

#include <cstddef>
#include <string_view>

namespace ratchet::formats::detail {

/// True if `text` is one JSON value, without blanks around it, that we keep as
/// it is: nested at most `max_depth` levels, every integer within 64 bits,
/// every other number within the range of doubles, every \u escape a character.
///
/// Shape:  `text` is UTF-8, which is not checked here.
/// Cost:   a nanosecond for a few bytes, less in long strings: the free-form
///         parts of every event pass here. find_json_problem
///         (json_check.hpp) says what is wrong where this says no.
/// Source: RFC 8259.
[[nodiscard]] bool is_sound_json(std::string_view text, std::size_t max_depth);

/// For a token that is an integer by the grammar: int64 or uint64 holds it.
[[nodiscard]] bool integer_fits(std::string_view token);
/// For a token that is another number: a double is near it.
[[nodiscard]] bool real_fits(std::string_view token);

} // namespace ratchet::formats::detail
