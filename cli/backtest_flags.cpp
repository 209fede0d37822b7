#include "cli/backtest_flags.hpp"

#include <CLI/CLI.hpp>

namespace ratchet::cli {

void add_backtest_flags(CLI::App& verb, backtest_flags& to) {
  verb
    .add_option(
      "--policy", to.policy,
      "A file with a trigger, or the loop or definition that has it")
    ->required();
  verb.add_option(
    "--iteration-time", to.iteration_time,
    "So long each takes [as it usually did]");
}

} // namespace ratchet::cli
