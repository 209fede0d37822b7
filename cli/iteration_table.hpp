#pragma once

#include "base/clock.hpp"
#include "cli/loop_view.hpp"
#include "cli/table.hpp"

#include <cstdint>
#include <string>
#include <vector>

/// Iterations in a list, and how their parts read wherever they stand.

namespace ratchet::cli {

/// "v3"; "-" for none.
[[nodiscard]] std::string version_name(std::uint64_t version);

/// How long it took, or takes so far; "-" if it has not begun.
[[nodiscard]] std::string took(const iteration_view& it, time_point now);

[[nodiscard]] table
iteration_table(const std::vector<iteration_view>& all, time_point now);

} // namespace ratchet::cli
