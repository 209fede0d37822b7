#pragma once

#include "base/clock.hpp"
#include "base/ids.hpp"
#include "base/result.hpp"

#include <cstdint>
#include <string>
#include <string_view>

/// What the meta column says of a loop's history.

namespace ratchet::storage::detail {

/// Value of a loop_name_key: u32 number.
[[nodiscard]] std::string encode_loop_number(loop_number number);
[[nodiscard]] result<loop_number> decode_loop_number(std::string_view bytes);

/// Value of a low_water_key: u64 first, u64 bytes, i64 received. The last two
/// let the history go on where it was when retention has left no block.
struct low_water {
  sequence first;      ///< Nothing below is left.
  std::uint64_t bytes; ///< block_end::bytes at that time.
  time_point received; ///< block_end::received at that time.
};
[[nodiscard]] std::string encode_low_water(const low_water& mark);
[[nodiscard]] result<low_water> decode_low_water(std::string_view bytes);

} // namespace ratchet::storage::detail
