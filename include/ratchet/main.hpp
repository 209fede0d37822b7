#pragma once

#include "ratchet/loop.hpp"

#include <vector>

namespace ratchet {

/// The whole command line for a program that hosts `loops`: `dev` and `serve`
/// run the engine with them, every other verb talks to a running one.
/// Returns the exit code (docs/guide.md lists them).
int main(int argc, char** argv, const std::vector<loop>& loops);

} // namespace ratchet
