#pragma once

#include "base/clock.hpp"
#include "base/result.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

/// Commands that outlive the engine.
///
/// A stage attempt that is a command lives in an *attempt directory*, named
/// by the attempt's id. A *wrapper* (the engine's own binary, started again
/// with a hidden argument and tied to nothing of the engine) holds the
/// directory's lock for its whole life, runs the command in it once, and
/// leaves an end marker. So whoever looks at the directory, the engine that
/// started it or the next one, learns the same:
///
///   end marker          lock   pid file   state
///   present             any    any        exited, start_failed or lost
///   absent              held   any        running
///   absent              free   present    lost (not declared yet)
///   absent              free   absent     not_started
///
/// An attempt directory runs its command at most once, ever: a wrapper that
/// finds the lock held, a marker or a pid file ends without running anything.
///
/// Nothing here needs waitpid, so any number of engines may look at once. All
/// functions are safe to call from any thread.

namespace ratchet::process {

/// The hidden first argument of a wrapper.
inline constexpr std::string_view wrapper_argument = "__attempt";

/// Set in the environment of every command: the attempt directory, absolute.
/// It is how descendants that left the process group are found, so `env` of a
/// command cannot change it.
inline constexpr std::string_view directory_variable = "RATCHET_ATTEMPT_DIR";

/// What to run, and its limits.
struct command_spec {
  /// Program and arguments; never empty. A program without a slash is looked
  /// up on the PATH of the command's environment. No shell is involved.
  std::vector<std::string> argv;
  /// Added to a clean environment (see `command_environment`), and stronger.
  std::map<std::string, std::string> env;
  /// Where the command runs; empty: `work/` of the attempt directory.
  std::filesystem::path directory;
  /// What of stdout and stderr is kept; the rest is read and dropped.
  std::uint64_t log_cap_bytes = 16U << 20U;
  /// How long descendants of an ended command may still hold its output open
  /// before they are killed.
  duration linger{2000};
};

enum class attempt_state : std::uint8_t {
  not_started = 1,  ///< Nothing ran so far; a late wrapper still may.
  running = 2,      ///< A wrapper lives.
  exited = 3,       ///< The command ended: exit code or signal.
  start_failed = 4, ///< The command could not be run; `message` says why.
  lost = 5,         ///< Its wrapper died, so its end is not known.
};

struct attempt_status {
  attempt_state state = attempt_state::not_started;
  int exit_code = 0; ///< exited: the code, if `signal` is 0.
  int signal = 0;    ///< exited: the signal that ended the command, or 0.
  /// start_failed and lost: why. exited: what is wrong with the log, if
  /// anything is.
  std::string message;
  time_point started;                  ///< Epoch if the command never ran.
  time_point ended;                    ///< Epoch while it runs.
  std::uint64_t log_dropped_bytes = 0; ///< exited: output beyond the cap.

  [[nodiscard]] bool succeeded() const {
    return state == attempt_state::exited && exit_code == 0 && signal == 0;
  }

  friend bool
  operator==(const attempt_status&, const attempt_status&) = default;
};

/// A status for people: `exited with code 3`, `killed by signal 9 (Killed)`.
[[nodiscard]] std::string describe(const attempt_status& status);

/// Captured stdout and stderr, in the order they came; see log_tail.hpp.
[[nodiscard]] std::filesystem::path
log_path(const std::filesystem::path& attempt_dir);
/// Where a command leaves what shall be kept. Empty before it runs.
[[nodiscard]] std::filesystem::path
output_path(const std::filesystem::path& attempt_dir);

/// The whole environment `spec` runs with: what programs need of this
/// process's own (PATH, HOME, USER, LOGNAME, LANG, LC_*, TZ, TMPDIR, PYTHON*,
/// LD_LIBRARY_PATH, VIRTUAL_ENV, CUDA_VISIBLE_DEVICES), never all of it,
/// because that may hold secrets; then the variables of `spec`.
[[nodiscard]] std::map<std::string, std::string>
command_environment(const command_spec& spec);

/// Starts `spec` in the attempt directory, which is made if it is missing.
/// The attempt is not a child of this process, inherits no descriptor of it,
/// and goes on when it dies.
///
/// On success a wrapper has taken charge: the command runs or has run;
/// `inspect` says how it is, also when the program could not be executed.
///
/// Errors: `invalid_argument` for an empty program, a NUL byte, a variable's
///         name that is none; `already_exists` if this directory's attempt
///         was started before, by whomever: `inspect` it; `timed_out` if no
///         wrapper answered within 30 s, and one may still come: `inspect`,
///         or `declare_lost`; `io_error`: nothing runs.
/// Durability: before the command's first instruction the directory and the
///         pid file are on disk.
/// Cost:   blocks for a start of `wrapper_program` and about three fsyncs.
[[nodiscard]] result<void> start(
  const std::filesystem::path& attempt_dir, const command_spec& spec,
  const std::filesystem::path& wrapper_program = "/proc/self/exe");

/// How the attempt is. Reads only, never waits: a handful of system calls.
/// Errors: `corruption` if the marker is unreadable; `io_error`.
[[nodiscard]] result<attempt_status>
inspect(const std::filesystem::path& attempt_dir);

/// Sends `signal` to the process group of a running command, once it is known
/// to be that command and not another process with its number. To end one:
/// SIGTERM, a grace, SIGKILL; then `inspect` until it has ended.
///
/// Errors: `not_found` if no command of this attempt lives; `unavailable` if
///         its wrapper is just starting or just ending: try again; `io_error`.
[[nodiscard]] result<void>
send_signal(const std::filesystem::path& attempt_dir, int signal);

/// Ends an attempt that has no wrapper, for good: kills what is left of its
/// command, waits until that is gone, and writes the marker, so that a wrapper
/// that comes late runs nothing. Afterwards a new attempt cannot meet the old
/// one. The end of an attempt that has already ended is returned as it is.
///
/// Errors: `conflict` if a wrapper lives; `unavailable` if leftovers are not
///         gone after 2 s (then nothing is declared: try again); `io_error`.
[[nodiscard]] result<attempt_status>
declare_lost(const std::filesystem::path& attempt_dir);

/// True if this process was started to be a wrapper. Ask first thing in main,
/// and then return `wrapper_main`.
[[nodiscard]] bool is_wrapper_call(int argc, char** argv);

/// The wrapper's whole life. Must be called while the process has one thread.
/// Returns the exit code, in which nobody is interested.
int wrapper_main(int argc, char** argv);

} // namespace ratchet::process
