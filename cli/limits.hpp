#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace ratchet::cli {

inline constexpr std::uint32_t most_slots = 4096;

/// Reads how many attempts with which label may run at once: "gpu=1, cpu=8".
/// Labels are as in definitions; blanks around them do not count.
///
/// Errors: `invalid_argument`; the message is the remedy alone.
[[nodiscard]] result<std::map<std::string, std::uint32_t>>
read_limits(std::string_view text);

} // namespace ratchet::cli
