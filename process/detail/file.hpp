#pragma once

#include "base/result.hpp"

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

/// Files and descriptors, as the attempt directory needs them.

namespace ratchet::process::detail {

/// Owns one descriptor.
class unique_fd {
public:
  unique_fd() = default;
  explicit unique_fd(int fd) : fd_(fd) {}
  unique_fd(unique_fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  unique_fd& operator=(unique_fd&& other) noexcept {
    reset(std::exchange(other.fd_, -1));
    return *this;
  }
  ~unique_fd() { reset(); }

  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] bool valid() const { return fd_ >= 0; }
  void reset(int fd = -1);

private:
  int fd_ = -1;
};

/// Both ends of a pipe that no program started meanwhile inherits.
struct pipe_ends {
  unique_fd read;
  unique_fd write;
};
[[nodiscard]] result<pipe_ends> make_pipe();

/// `cannot <what> <path>: <the system's words>`, as `io_error`.
[[nodiscard]] error
io_failure(std::string_view what, const std::filesystem::path& path, int err);
/// The system's words for an errno: "No such file or directory".
[[nodiscard]] std::string describe_errno(int err);

/// open(2) with O_CLOEXEC and mode 0600; retries EINTR. Invalid on failure,
/// with errno set.
[[nodiscard]] unique_fd open_file(const std::filesystem::path& path, int flags);

/// Writes all of it or returns false with errno set.
[[nodiscard]] bool write_all(int fd, std::string_view data);

/// Up to `limit` bytes of a file; nothing if there is no such file.
/// Errors: `io_error`; `resource_limit` if it is longer.
[[nodiscard]] result<std::optional<std::string>>
read_file(const std::filesystem::path& path, std::size_t limit = 16U << 20U);

/// Puts `content` at `dir/name` so that readers see all of it or none; a
/// power failure may undo or tear it.
[[nodiscard]] result<void> write_atomically(
  const std::filesystem::path& dir, std::string_view name,
  std::string_view content);

/// Puts `content` at `dir/name` so that readers see all of it or none, also
/// after a power failure: temporary file, fsync, rename, fsync of `dir`.
[[nodiscard]] result<void> write_durably(
  const std::filesystem::path& dir, std::string_view name,
  std::string_view content);

/// Makes the names inside `dir` durable.
[[nodiscard]] result<void> sync_directory(const std::filesystem::path& dir);

} // namespace ratchet::process::detail
