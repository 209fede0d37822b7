#pragma once

#include "base/result.hpp"
#include "process/attempt_process.hpp"
#include "process/detail/identity.hpp"

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// The files of an attempt directory and their one format:
///
///   ratchet-<kind> 1\n             kind: spec, pid or exit; 1: the version
///   <key> <size>:<value>\n         any number; <size> in bytes, decimal
///   crc <8 hex digits>\n           CRC-32C of everything before this line
///
/// Values may hold any bytes. A key may come more than once (`arg`, `env`);
/// an unknown key is ignored, so that an older program reads what a newer
/// one wrote. Anything else that is unexpected is corruption.
///
///   spec   arg..., env... (NAME=value), directory, log_cap_bytes, linger_ms
///   pid    pid, session, start_ticks, boot_id, started_ms
///   exit   state, exit_code, signal, message, started_ms, ended_ms,
///          log_dropped_bytes

namespace ratchet::process::detail {

inline constexpr std::string_view spec_name = "spec";
inline constexpr std::string_view lock_name = "lock";
inline constexpr std::string_view pid_name = "pid";
inline constexpr std::string_view log_name = "log";
inline constexpr std::string_view exit_name = "exit";
inline constexpr std::string_view output_name = "out";
inline constexpr std::string_view work_name = "work";

/// What a wrapper runs: a command_spec whose environment is complete.
struct resolved_command {
  std::vector<std::string> argv;
  std::map<std::string, std::string> env;
  std::filesystem::path directory;
  std::uint64_t log_cap_bytes = 0;
  duration linger{0};
};

/// The command's process, known for certain (see identity.hpp), and since
/// when it runs.
struct pid_record {
  process_identity identity;
  time_point started;
};

[[nodiscard]] std::string encode(const resolved_command& command);
[[nodiscard]] std::string encode(const pid_record& record);
/// `status` must be final: exited, start_failed or lost.
[[nodiscard]] std::string encode(const attempt_status& status);

/// Errors: `corruption`; the message does not name the file.
[[nodiscard]] result<resolved_command> decode_command(std::string_view text);
[[nodiscard]] result<pid_record> decode_pid(std::string_view text);
[[nodiscard]] result<attempt_status> decode_status(std::string_view text);

/// Each reads one file of the directory; nothing if it is not there.
/// Errors: `corruption`, naming the file; `io_error`.
[[nodiscard]] result<std::optional<resolved_command>>
read_command(const std::filesystem::path& dir);
[[nodiscard]] result<std::optional<pid_record>>
read_pid(const std::filesystem::path& dir);
[[nodiscard]] result<std::optional<attempt_status>>
read_status(const std::filesystem::path& dir);

} // namespace ratchet::process::detail
