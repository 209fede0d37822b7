#pragma once

#include "base/bytes.hpp"

#include <cstdint>
#include <string>

namespace ratchet::workflows::detail {

/// What is kept of a call's name and key. On disk: never changes.
[[nodiscard]] inline std::uint64_t
webhook_hash(const std::string& name, const std::string& key) {
  return fnv1a64(key, fnv1a64(name + '\n'));
}

} // namespace ratchet::workflows::detail
