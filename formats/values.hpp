#pragma once

#include "base/result.hpp"

#include <cstddef>
#include <filesystem>
#include <map>
#include <string>

namespace ratchet::formats {

inline constexpr std::size_t most_values = 100;
inline constexpr std::size_t longest_value = 1024; ///< Bytes; names too.
inline constexpr std::uintmax_t largest_values_file = 256 * 1024;

/// Reads what a command says about itself, a `values.json` such as
///
///   {"accuracy": 0.93, "rows": 2500, "mode": "full", "early_stop": false}
///
/// for people and for the conditions of later stages. Numbers and booleans
/// become the text they are written as in JSON.
///
/// Shape:  one flat object; empty if there is no such file.
/// Errors: `invalid_argument`, naming file and member: no JSON object, a
///   member that is neither text, number nor boolean, a bound above passed.
///   `io_error` if it cannot be read.
[[nodiscard]] result<std::map<std::string, std::string>>
read_values_file(const std::filesystem::path& path);

} // namespace ratchet::formats
