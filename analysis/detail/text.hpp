#pragma once

#include <cstdint>
#include <string>

namespace ratchet::analysis::detail {

/// A number for people: up to `digits` significant ones, whatever the locale.
[[nodiscard]] std::string show(double x, int digits = 4);

/// The shortest text that reads back as exactly this double.
[[nodiscard]] std::string show_exact(double x);

/// "3.1 %": `part` of `whole`, which may be 0.
[[nodiscard]] std::string share_text(std::uint64_t part, std::uint64_t whole);

} // namespace ratchet::analysis::detail
