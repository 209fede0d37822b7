#pragma once

#include "base/result.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

struct evp_md_ctx_st;

/// Files as the artifact store needs them: every failure is a `result` that
/// names the file, and a digest is taken on the way.

namespace ratchet::storage::detail {

/// `io_error` (or `not_found`, `already_exists`) with the file, what was being
/// done to it, and the text for `errno`.
[[nodiscard]] error
file_error(std::string_view doing, const std::filesystem::path& file);

/// An open file. Closed when dropped.
class file {
public:
  [[nodiscard]] static result<file> open(const std::filesystem::path& path);
  /// Fails if it exists.
  [[nodiscard]] static result<file>
  create(const std::filesystem::path& path, unsigned mode);

  file(file&& other) noexcept
      : path_(std::move(other.path_)), fd_(std::exchange(other.fd_, -1)),
        written_(other.written_), started_(other.started_) {}
  file& operator=(file&& other) noexcept {
    std::swap(path_, other.path_);
    std::swap(fd_, other.fd_);
    std::swap(written_, other.written_);
    std::swap(started_, other.started_);
    return *this;
  }
  ~file();

  /// Bytes read; 0 at the end.
  [[nodiscard]] result<std::size_t> read(char* to, std::size_t size);
  /// Exactly `size` bytes from `offset` on, whatever was read before; an end
  /// before that is `corruption`. From any thread.
  [[nodiscard]] result<void>
  read_at(std::uint64_t offset, char* to, std::size_t size) const;
  /// Of a file that was created: what was written goes on to the disk as it
  /// grows, at most half a megabyte behind, so that an fsync of another file
  /// (the journal's) never waits for all of it. Nothing is durable before
  /// `sync`.
  [[nodiscard]] result<void> write(std::string_view bytes);
  [[nodiscard]] result<void> sync();
  /// Closes, and reports what only shows then (NFS, quotas).
  [[nodiscard]] result<void> close();

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

private:
  file(std::filesystem::path path, int fd) : path_(std::move(path)), fd_(fd) {}

  [[nodiscard]] result<void> write_behind();

  std::filesystem::path path_;
  int fd_ = -1;
  std::uint64_t written_ = 0;
  std::uint64_t started_ = 0; ///< Up to where writing to disk has begun.
};

/// Makes names in `directory` (new, renamed, gone) durable.
[[nodiscard]] result<void>
sync_directory(const std::filesystem::path& directory);

/// SHA-256 of bytes that come in pieces.
class sha256 {
public:
  sha256();
  void add(std::string_view bytes);
  /// As lower-case hex. Ends it.
  [[nodiscard]] std::string finish();

private:
  struct free_context {
    void operator()(evp_md_ctx_st* context) const;
  };
  std::unique_ptr<evp_md_ctx_st, free_context> context_;
};

/// Gives all of `from` to `sink`, piece by piece, until it fails.
[[nodiscard]] result<void> read_all(
  const std::filesystem::path& from,
  const std::function<result<void>(std::string_view)>& sink);

} // namespace ratchet::storage::detail
