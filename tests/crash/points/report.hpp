#pragma once

#include "driver.hpp"

#include <string>

namespace ratchet::test {

/// What must not depend on where the process was killed, as lines: of each
/// loop its history, champion and iterations with their stages and results. On
/// the way, everything kept of the loop is held against its journals. Numbers
/// of attempts and versions are left out: an attempt that a crash took along is
/// made up for by another.
[[nodiscard]] std::string end_state(const driver& script);

} // namespace ratchet::test
