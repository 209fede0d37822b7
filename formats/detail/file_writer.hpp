#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace ratchet::formats::detail {

/// A file that appears whole or not at all: written under a temporary name
/// beside its place, fsynced, renamed. Dropped before `commit`, it leaves
/// nothing behind.
///
/// Errors: `io_error` naming the file and what the system said.
class file_writer {
public:
  [[nodiscard]] static result<file_writer> create(std::filesystem::path target);
  file_writer(file_writer&& other) noexcept;
  file_writer& operator=(file_writer&&) = delete;
  ~file_writer();

  [[nodiscard]] result<void> write(std::string_view text);
  /// The directory's entry is durable after `sync_directory`.
  [[nodiscard]] result<void> commit();

  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }

private:
  explicit file_writer(std::filesystem::path target);
  [[nodiscard]] result<void> flush();
  [[nodiscard]] error failed(const char* doing) const;

  std::filesystem::path target_;
  std::filesystem::path temporary_;
  std::string buffer_;
  std::uint64_t bytes_ = 0;
  int fd_ = -1;
};

[[nodiscard]] result<void>
sync_directory(const std::filesystem::path& directory);

} // namespace ratchet::formats::detail
