#pragma once

#include "base/result.hpp"

#include <nlohmann/json.hpp>

#include <cstddef>
#include <string>
#include <string_view>

/// JSON where speed does not matter: manifests, settings, answers to people.
/// Hot paths read with formats/event_parser.hpp and write with
/// formats/json_writer.hpp. The one place that includes nlohmann/json.

namespace ratchet {

using json = nlohmann::json;

inline constexpr std::size_t deepest_json = 200;

/// Reads one JSON value; `what` names it in the error: "dataset.json".
///
/// Errors: `invalid_argument` with the byte offset of the first mistake, or if
///   it nests deeper than `deepest_json`.
[[nodiscard]] result<json>
parse_json(std::string_view text, std::string_view what);

/// `value` on one line. Bytes that are not UTF-8 become U+FFFD, where
/// nlohmann's own `dump` would throw.
[[nodiscard]] std::string to_text(const json& value);

/// The same for people: indented by two.
[[nodiscard]] std::string to_pretty_text(const json& value);

} // namespace ratchet
