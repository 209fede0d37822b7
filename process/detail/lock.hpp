#pragma once

#include "base/result.hpp"
#include "process/detail/file.hpp"

#include <filesystem>
#include <optional>

namespace ratchet::process::detail {

/// The lock of an attempt directory: who holds it decides about the attempt.
/// A wrapper holds it for its whole life, an engine while it declares an
/// attempt lost.
///
/// It is an open-file-description lock (fcntl), not flock: the kernel frees
/// it just as well when the holder dies, but it can be *tested* without being
/// taken. A poll that took the lock for a moment could make a wrapper that
/// starts at that moment refuse to run.
class attempt_lock {
public:
  /// Takes the lock; nothing if another holds it. The file is created.
  /// Errors: `io_error`.
  [[nodiscard]] static result<std::optional<attempt_lock>>
  try_acquire(const std::filesystem::path& dir);

  /// True if somebody holds it. Takes nothing, waits for nothing.
  [[nodiscard]] static result<bool> is_held(const std::filesystem::path& dir);

  attempt_lock(attempt_lock&&) = default;
  attempt_lock& operator=(attempt_lock&&) = delete;
  ~attempt_lock();

private:
  explicit attempt_lock(unique_fd fd) : fd_(std::move(fd)) {}

  unique_fd fd_;
};

} // namespace ratchet::process::detail
