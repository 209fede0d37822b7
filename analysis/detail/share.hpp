#pragma once

namespace ratchet::analysis::detail {

/// True from 0 to 1; NaN is none.
[[nodiscard]] constexpr bool is_share(double x) {
  return x >= 0 && x <= 1;
}

} // namespace ratchet::analysis::detail
