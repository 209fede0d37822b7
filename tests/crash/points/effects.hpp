#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

namespace ratchet::test {

/// What the scenario's stages do to the world: a line per effect in a file,
/// which outlives the engine.
class effects {
public:
  explicit effects(std::filesystem::path file) : file_(std::move(file)) {}

  /// One write, so that a kill leaves whole lines.
  void leave(const std::string& what) const;
  [[nodiscard]] std::size_t count(const std::string& what) const;
  /// For a command: `echo ... >> FILE`, quoted for a shell.
  [[nodiscard]] std::string shell_line(const std::string& what) const;

private:
  std::filesystem::path file_;
};

} // namespace ratchet::test
