#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace ratchet::cli {

/// What `simulate` is told, with what it takes if it is not.
struct simulation_flags {
  std::vector<std::string> truths; ///< By name; none: all there are.
  /// Whose experiment it is, of the program's own loops; empty: of none, the
  /// settings are those below.
  std::string loop;
  double rate = 0.8;    ///< Of the champion.
  double effect = 0.03; ///< A gain's.
  double harm = 0.1;
  std::string feedback_delay = "10m";
  std::string traffic = "0.5"; ///< Or a ramp: "0.05 1h, 0.25 4h, 0.5".
  std::uint64_t challengers = 1;
  std::string allocation = "equal";
  double units_per_day = 5000;
  std::string horizon = "1h";
  double alpha = 0.05;
  double harm_margin = 0;
  double min_effect = 0;
  std::uint64_t min_units = 200;
  std::uint64_t max_units = 20'000;
  std::string max_time = "28d";
  std::uint64_t runs = 200;
  std::uint64_t seed = 1;
};

/// Adds the flags to the verb; what they are given goes to `to`.
void add_simulation_flags(CLI::App& verb, simulation_flags& to);

} // namespace ratchet::cli
