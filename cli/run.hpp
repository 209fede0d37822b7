#pragma once

#include "cli/exit_code.hpp"
#include "ratchet/loop.hpp"

#include <vector>

namespace ratchet::cli {

/// Reads the command line, runs its verb, and says on stderr what went wrong.
[[nodiscard]] exit_code
run(int argc, char** argv, const std::vector<loop>& loops);

} // namespace ratchet::cli
