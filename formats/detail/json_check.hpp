#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// A second, slow reading of JSON that was refused: says where and why. The
/// fast ones know only that something is wrong, and not always where.

namespace ratchet::formats::detail {

enum class json_problem_kind : std::uint8_t {
  malformed,     ///< No JSON.
  invalid_utf8,  ///< Bytes that are no UTF-8, or half of a surrogate pair.
  not_finite,    ///< Too large for a double; or NaN and its like, no JSON.
  integer_range, ///< An integer that needs more than 64 bits.
  too_deep,      ///< Nested beyond the limit.
};

struct json_problem {
  json_problem_kind kind = json_problem_kind::malformed;
  std::size_t offset = 0; ///< In bytes, from 0.
  std::string message;    ///< "expected ':' after the key"
};

/// The first thing wrong with the one JSON value that `text` should be;
/// `malformed` comes before all other kinds, wherever it is. NaN, Infinity and
/// -Infinity, which Python's json writes, are `not_finite`: they cost their
/// event, not the whole body.
///
/// Cost: one pass; memory for the nesting only.
/// Source: RFC 8259.
[[nodiscard]] std::optional<json_problem>
find_json_problem(std::string_view text, std::size_t max_depth);

/// The elements of the array that `text` is, which must be sound JSON.
[[nodiscard]] std::vector<std::string_view>
split_json_array(std::string_view text);

/// Where the string that begins at `quote` ends: at its other quote, or behind
/// the text.
[[nodiscard]] inline std::size_t
end_of_string(std::string_view text, std::size_t quote) {
  auto at = quote + 1;
  while (at < text.size() && text[at] != '"')
    at += text[at] == '\\' ? 2 : 1;
  return at;
}

} // namespace ratchet::formats::detail
