#pragma once

#include "base/clock.hpp"
#include "base/result.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

/// Which process is which, beyond its number: numbers are used again.

namespace ratchet::process::detail {

/// One process, for ever: no other has the same number, start time and boot.
struct process_identity {
  pid_t pid = 0;
  pid_t session = 0; ///< Its session's number; no part of who it is.
  std::uint64_t start_ticks = 0; ///< Since boot: proc(5), stat, field 22.
  std::string boot_id;           ///< /proc/sys/kernel/random/boot_id
};

/// What /proc says about a process now.
struct process_stat {
  char state = '?'; ///< 'Z': it has ended and waits for its parent.
  pid_t group = 0;
  pid_t session = 0;
  std::uint64_t start_ticks = 0;
};

/// Nothing if there is no such process.
[[nodiscard]] std::optional<process_stat> read_process_stat(pid_t pid);

/// The identity of a living process.
[[nodiscard]] std::optional<process_identity> identify(pid_t pid);

/// True if `identity` names a process that exists, perhaps as a zombie.
[[nodiscard]] bool still_exists(const process_identity& identity);

/// Living descendants of the command of `attempt_dir` (absolute):
/// processes that carry its directory in their environment, and members of
/// its process group if `identity` is known and the group's number cannot
/// have been given to others. Never this process.
[[nodiscard]] std::vector<pid_t> find_leftovers(
  const std::filesystem::path& attempt_dir,
  const std::optional<process_identity>& identity);

/// Kills the leftovers and waits until they are gone, at most `patience`.
/// Errors: `unavailable`, naming one that is still there.
[[nodiscard]] result<void> end_leftovers(
  const std::filesystem::path& attempt_dir,
  const std::optional<process_identity>& identity, duration patience);

} // namespace ratchet::process::detail
