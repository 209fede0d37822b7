#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>

/// What operators call iterations, to find them again: "team=vision".

namespace ratchet::workflows {

inline constexpr std::size_t most_labels = 32;

/// Why `name` cannot name a label; empty: it can. Names are 1 to 63 letters,
/// digits, '_', '-', '.' and '/'.
[[nodiscard]] std::string check_label_name(std::string_view name);

/// Why an iteration cannot have these; empty: it can. Values are at most 255
/// bytes of UTF-8 without control characters; there are at most `most_labels`.
[[nodiscard]] std::string
check_labels(const std::map<std::string, std::string>& labels);

} // namespace ratchet::workflows
