#pragma once

#include "base/result.hpp"
#include "process/detail/attempt_files.hpp"
#include "process/detail/file.hpp"

#include <string>
#include <sys/types.h>

namespace ratchet::process::detail {

/// The command's process, between fork and exec: it has a group of its own,
/// dies with the wrapper, and waits for `release`.
struct waiting_child {
  pid_t pid = 0;
  unique_fd output;  ///< What it writes to stdout and stderr.
  unique_fd gate;    ///< A byte lets it go on; closing it ends it.
  unique_fd verdict; ///< Why the program could not be run; empty if it could.
};

/// Forks the command and holds it. Call with one thread only.
/// Errors: `io_error` if the system has no process or pipe to give.
[[nodiscard]] result<waiting_child>
fork_command(const resolved_command& command);

/// Lets the child run its program, and waits until it does or cannot.
/// Returns why it cannot; empty: it runs.
[[nodiscard]] std::string release(waiting_child& child);

} // namespace ratchet::process::detail
