#pragma once

#include "driver.hpp"

#include <cstddef>
#include <string>

namespace ratchet::test {

/// The users of a loop while an iteration of it has an experiment: 80 at once,
/// of whom only those of one arm are content.
struct trial_traffic {
  std::string loop;
  std::string channel; ///< On which they say so.
  iteration_number iteration;
  experiment_number experiment;
  std::size_t better = 0; ///< The arm; 0: the champion's.
};

/// Waits until the experiment's arms are served, and plays its users once,
/// however often it is called; nothing if its iteration has ended.
void serve_experiment(driver& script, const trial_traffic& users);

} // namespace ratchet::test
