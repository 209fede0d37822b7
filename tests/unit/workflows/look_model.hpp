#pragma once

#include "seeds.hpp"

#include "workflows/areas.hpp"

#include <cstdint>
#include <optional>

namespace ratchet::workflows::testing {

/// Of the model of a loop: what looks for areas there were since the champion
/// moved, and whether the last found what no start was for.
struct look_model {
  std::optional<std::uint64_t> digest; ///< Of the last.
  bool fresh = false;

  /// A look at the champion or another, of the same rows or others.
  static area_look
  draw(dice& random, version_number champion, version_number other) {
    area_look look;
    look.metric = random.one_in(8) ? "other" : "liked";
    look.version = random.one_in(4) ? other : champion;
    look.digest = random.below(3);
    if (random.one_in(2))
      look.areas.resize(1);
    return look;
  }

  /// False: it had to be known already, or was not to be recorded at all.
  bool take(const area_look& look, version_number champion) {
    const bool sound = look.metric == "liked" && look.version == champion &&
      digest != look.digest;
    digest = look.digest;
    fresh = !look.areas.empty();
    return sound;
  }
};

} // namespace ratchet::workflows::testing
