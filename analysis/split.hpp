#pragma once

#include "analysis/hash.hpp"

#include <cstdint>
#include <string_view>

namespace ratchet::analysis {

/// The side of a dataset an interaction is on.
enum class split_side : std::uint8_t { train = 1, eval = 2 };

/// On which side the interaction `id` is: for ever the same, whatever else is
/// in the history, so that nothing that was trained on is ever evaluated on.
///
/// Shape: `eval_fraction` in [0, 1]. Raising it moves interactions from train
///        to eval only; no other setting moves any. Use the loop's name as
///        `salt`: loops then split independently.
[[nodiscard]] constexpr split_side
split_of(std::string_view id, std::string_view salt, double eval_fraction) {
  return to_unit(salted_hash(salt, id)) < eval_fraction ? split_side::eval
                                                        : split_side::train;
}

} // namespace ratchet::analysis
