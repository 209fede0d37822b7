#pragma once

namespace ratchet::analysis::detail {

/// The natural logarithm of `x`, within 4 units in the last place.
///
/// Made of additions, multiplications and divisions only, which IEEE 754
/// defines to the last bit. The C library's own may differ in that bit from one
/// processor to the next, and stored sums of logarithms must not.
///
/// Shape: `x` positive, finite and not subnormal.
[[nodiscard]] double portable_log(double x);

} // namespace ratchet::analysis::detail
