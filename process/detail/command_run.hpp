#pragma once

#include "base/result.hpp"
#include "process/detail/attempt_files.hpp"
#include "process/detail/capped_log.hpp"
#include "process/detail/child.hpp"
#include "process/detail/file.hpp"

#include <filesystem>
#include <utility>

namespace ratchet::process::detail {

/// Makes signals events to be read, and blocks all: SIGTERM and SIGINT go on
/// to the command, so that its end is recorded also then, and nothing but
/// SIGKILL ends the wrapper. Invalid on failure, with errno set.
[[nodiscard]] unique_fd catch_signals();

/// One command from its first to its last sign of life. The attempt's lock is
/// held all the while. One thread.
class command_run {
public:
  command_run(
    std::filesystem::path dir, resolved_command command, capped_log log,
    unique_fd signals)
      : dir_(std::move(dir)), command_(std::move(command)),
        log_(std::move(log)), signals_(std::move(signals)) {}

  /// Brings the command to life. Nothing ran if it fails.
  result<void> begin();
  /// Takes down output until the command and its descendants have ended.
  void follow();
  /// Makes the log durable and returns how it all ended.
  attempt_status finish();

private:
  void wait_for_events(int timeout_ms);
  void on_signals();
  void on_output();
  void look_for_end();
  void drain();

  std::filesystem::path dir_;
  resolved_command command_;
  capped_log log_;
  unique_fd signals_;
  waiting_child child_;
  attempt_status status_;
  bool ended_ = false;
};

} // namespace ratchet::process::detail
