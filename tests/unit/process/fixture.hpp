#pragma once

#include "process/attempt_process.hpp"
#include "process/log_tail.hpp"

#include <catch2/catch.hpp>

#include <atomic>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>
#include <thread>
#include <unistd.h>

namespace ratchet::process {

/// Looks again and again until `done` or until the machine must be broken.
inline bool eventually(const std::function<bool()>& done) {
  const auto deadline =
    std::chrono::steady_clock::now() + std::chrono::seconds{30};
  while (!done()) {
    if (std::chrono::steady_clock::now() > deadline)
      return false;
    // tidy: allow banned-call, because this polls a condition.
    std::this_thread::sleep_for(std::chrono::milliseconds{2});
  }
  return true;
}

inline std::string slurp(const std::filesystem::path& path) {
  std::ifstream in{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}

inline void spit(const std::filesystem::path& path, const std::string& text) {
  std::ofstream{path, std::ios::binary} << text;
}

/// An attempt directory that is removed afterwards, with what runs in it.
struct attempt_fixture {
  attempt_fixture() {
    static std::atomic<int> counter{0};
    root = std::filesystem::canonical(std::filesystem::temp_directory_path()) /
      ("ratchet-process-" + std::to_string(::getpid()) + "-" +
       std::to_string(counter.fetch_add(1)));
    dir = root / "digits-7-train-2";
    std::filesystem::create_directories(root);
  }
  ~attempt_fixture() {
    const auto left = inspect(dir);
    if (left && left->state == attempt_state::running)
      static_cast<void>(send_signal(dir, SIGKILL));
    eventually([&] {
      const auto end = declare_lost(dir);
      return end.ok() || end.err().code != errc::conflict;
    });
    std::filesystem::remove_all(root);
  }
  attempt_fixture(const attempt_fixture&) = delete;
  attempt_fixture& operator=(const attempt_fixture&) = delete;

  /// A command that is a shell script, told so explicitly.
  static command_spec script(const std::string& text) {
    command_spec spec;
    spec.argv = {"/bin/sh", "-c", text};
    return spec;
  }

  [[nodiscard]] result<void> begin(const command_spec& spec) const {
    return start(dir, spec, PROCESS_WRAPPER);
  }

  [[nodiscard]] attempt_state state() const {
    const auto status = inspect(dir);
    REQUIRE(status.ok());
    return status->state;
  }

  [[nodiscard]] attempt_status wait_for_end() const {
    REQUIRE(eventually([&] { return state() != attempt_state::running; }));
    const auto status = inspect(dir);
    REQUIRE(status.ok());
    return *status;
  }

  attempt_status run(const command_spec& spec) const {
    const auto started = begin(spec);
    INFO((started ? "" : started.err().message));
    REQUIRE(started.ok());
    return wait_for_end();
  }

  [[nodiscard]] std::string log() const { return slurp(log_path(dir)); }

  [[nodiscard]] bool wait_for_file(const std::string& name) const {
    return eventually(
      [&] { return std::filesystem::exists(output_path(dir) / name); });
  }

  std::filesystem::path root;
  std::filesystem::path dir;
};

} // namespace ratchet::process
