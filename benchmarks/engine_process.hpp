#pragma once

#include "ratchet/loop.hpp"

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <vector>

namespace ratchet::benchmarks {

/// A directory that goes with the object. On the disk of the working
/// directory, because a temporary directory may be in memory.
class scratch_directory {
public:
  scratch_directory();
  ~scratch_directory();
  scratch_directory(const scratch_directory&) = delete;
  scratch_directory& operator=(const scratch_directory&) = delete;
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

private:
  std::filesystem::path path_;
};

/// A server in a process of its own, so that its memory is its own and it can
/// be killed. Make one before the benchmark starts threads.
class server_process {
public:
  /// Runs `serve` in the child: it starts a server, calls `ready` with its
  /// port, and returns when `ready` does (which is at the end).
  using serve_function =
    std::function<void(const std::function<void(std::uint16_t)>& ready)>;
  explicit server_process(const serve_function& serve);
  ~server_process();
  server_process(const server_process&) = delete;
  server_process& operator=(const server_process&) = delete;

  [[nodiscard]] std::uint16_t port() const { return port_; }
  /// Highest resident memory so far.
  [[nodiscard]] double peak_rss_mb() const;
  /// SIGKILL, as a power switch would.
  void kill();

private:
  pid_t pid_ = -1;
  int hold_ = -1; ///< Closing it tells the child to end.
  std::uint16_t port_ = 0;
};

/// Runs `work` in a process of its own and waits for it.
void run_apart(const std::function<void()>& work);

/// The whole engine: node and HTTP API, as `serve` runs them.
[[nodiscard]] server_process::serve_function
engine_with(const std::filesystem::path& data, const std::vector<loop>& loops);

/// The loop that the ingest benchmarks post to.
[[nodiscard]] loop bench_loop();

} // namespace ratchet::benchmarks
