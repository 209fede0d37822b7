#pragma once

#include <string>

namespace CLI {
class App;
}

namespace ratchet::cli {

/// What `backtest` is told.
struct backtest_flags {
  std::string policy;         ///< A file, a loop's name, or a fingerprint.
  std::string iteration_time; ///< Empty: as long as it usually took.
};

/// Adds the flags to the verb; what they are given goes to `to`.
void add_backtest_flags(CLI::App& verb, backtest_flags& to);

} // namespace ratchet::cli
