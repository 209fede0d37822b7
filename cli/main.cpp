#include "ratchet/main.hpp"

#include "cli/run.hpp"
#include "process/attempt_process.hpp"

namespace ratchet {

int main(int argc, char** argv, const std::vector<loop>& loops) {
  // First of all: a wrapper must have one thread, little memory, and none of
  // what the command line sets up.
  if (process::is_wrapper_call(argc, argv))
    return process::wrapper_main(argc, argv);
  return static_cast<int>(cli::run(argc, argv, loops));
}

} // namespace ratchet
