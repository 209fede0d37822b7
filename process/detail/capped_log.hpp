#pragma once

#include "base/result.hpp"
#include "process/detail/file.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace ratchet::process::detail {

/// The log of an attempt: keeps the first bytes up to a cap, then one line
/// that says so, and counts the rest. A full disk is treated alike: the
/// command goes on, its output is dropped and counted.
class capped_log {
public:
  /// Creates the file, empty. Errors: `io_error`.
  [[nodiscard]] static result<capped_log>
  create(const std::filesystem::path& path, std::uint64_t cap_bytes);

  void append(std::string_view output);

  /// Makes the log durable; call once, at the end.
  void finish();

  [[nodiscard]] std::uint64_t dropped_bytes() const { return dropped_; }
  /// What went wrong with the file; empty if nothing did.
  [[nodiscard]] const std::string& trouble() const { return trouble_; }

private:
  capped_log(unique_fd fd, std::uint64_t cap_bytes)
      : fd_(std::move(fd)), cap_(cap_bytes), left_(cap_bytes) {}

  [[nodiscard]] bool write(std::string_view output);

  unique_fd fd_;
  std::uint64_t cap_;
  std::uint64_t left_;
  std::uint64_t dropped_ = 0;
  bool at_line_start_ = true;
  std::string trouble_;
};

} // namespace ratchet::process::detail
