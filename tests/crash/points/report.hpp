#pragma once

#include "driver.hpp"

#include <set>
#include <string>
#include <vector>

namespace ratchet::test {

/// What must not depend on where the process was killed, as lines: of each
/// loop its history, champion and iterations with their stages and results. On
/// the way, everything kept of the loop is held against its journals, and each
/// journal is decided once more (workflows/replay.hpp). Numbers
/// of attempts and versions are left out: an attempt that a crash took along is
/// made up for by another.
[[nodiscard]] std::string end_state(const driver& script);

/// What has happened in the iterations of all loops: the types of their events,
/// and the names of failures.
[[nodiscard]] std::set<std::string> shown(const driver& script);

/// The types that events of iterations have.
[[nodiscard]] std::vector<std::string> every_event_type();

} // namespace ratchet::test
