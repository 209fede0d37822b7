#pragma once

#include "base/result.hpp"
#include "workflows/stage.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

/// Artifacts: what stages made (models, data sets, scores), each kept once
/// under the SHA-256 of its bytes. The layout is in docs/formats/artifacts.md.
///
/// The only way in is: write to `tmp/`, hash while writing, fsync, rename,
/// fsync the directory. So a name in the store always has all of its bytes,
/// and the journal may name a digest as soon as a put has returned.

namespace ratchet::storage {

/// True for 64 lower-case hexadecimal digits: the only names that ever become
/// part of a path.
[[nodiscard]] bool is_digest(std::string_view text);

/// The SHA-256 of `bytes`, as the store names them.
[[nodiscard]] std::string digest_of(std::string_view bytes);

/// An artifact that is being written piece by piece, as an upload is.
///
/// Dropped without `commit`, it leaves nothing behind. Not safe for use by two
/// threads at once. After an error the only thing left to do is to drop it.
class artifact_writer {
public:
  artifact_writer(artifact_writer&&) noexcept;
  artifact_writer& operator=(artifact_writer&&) noexcept;
  ~artifact_writer();

  /// Errors: `io_error` (disk full), naming the file.
  [[nodiscard]] result<void> write(std::string_view bytes);

  /// Makes what was written an artifact called `name`.
  ///
  /// Durability: on disk on return, directory entry included.
  /// Errors: `invalid_argument` if `expected` is not empty and the bytes have
  ///   another digest, or if it is no digest; `corruption` if the store has a
  ///   file of that digest with another size; `io_error`. On error the store
  ///   has no new artifact.
  [[nodiscard]] result<workflows::artifact_ref>
  commit(std::string name, std::string_view expected = {});

  [[nodiscard]] std::uint64_t bytes() const;

private:
  friend class artifact_store;
  struct state;
  explicit artifact_writer(std::unique_ptr<state> s);

  std::unique_ptr<state> state_;
};

/// The artifacts of one data directory.
///
/// Threads: every function from any thread, all at once; all of them block.
/// Cost: constant memory whatever the size (one buffer of 256 KiB per call).
/// Processes: one at a time per directory; the lock of the store beside it
///   sees to that.
/// Errors: `io_error` names the file and what the system said.
class artifact_store {
public:
  /// Opens, or makes, `<data>/artifacts`, and removes what a crash left
  /// half-written in its `tmp/`.
  [[nodiscard]] static result<artifact_store>
  open(const std::filesystem::path& data);

  /// Copies a file in. `name` is what the reference shall be called; empty:
  /// the file's own name. Bytes that are there already are not written again.
  ///
  /// Errors: `not_found`, `invalid_argument` if it is no regular file.
  [[nodiscard]] result<workflows::artifact_ref>
  put_file(const std::filesystem::path& file, std::string name = {}) const;

  [[nodiscard]] result<workflows::artifact_ref>
  put_bytes(std::string_view bytes, std::string name) const;

  /// Copies a directory in: every file becomes an artifact, and so does the
  /// manifest that lists them, whose digest is the directory's. Equal trees
  /// have equal digests; times and owners do not count, the executable bit
  /// does. The name of the reference ends in '/': that marks a directory. Its
  /// `bytes` are those of all files together.
  ///
  /// Errors: `invalid_argument` for a link to a directory or to nothing, and
  ///   for anything that is neither file nor directory. A link to a file is
  ///   followed.
  [[nodiscard]] result<workflows::artifact_ref> put_directory(
    const std::filesystem::path& directory, std::string name = {}) const;

  [[nodiscard]] result<artifact_writer> begin() const;

  /// Makes `target`, which must not exist, a private copy of the file or
  /// directory (name ends in '/') that `ref` names. Digests are checked while
  /// copying, and `target` appears only when all of it is there.
  ///
  /// Durability: none; it is a copy for a reader, not fsynced.
  /// Errors: `not_found`, `already_exists`, `corruption`.
  [[nodiscard]] result<void> materialize(
    const workflows::artifact_ref& ref,
    const std::filesystem::path& target) const;

  /// Where the bytes are; for readers only, never write there.
  /// Errors: `invalid_argument` if it is no digest, `not_found`.
  [[nodiscard]] result<std::filesystem::path>
  path_of(std::string_view digest) const;
  /// Size of the file; for a directory that of its manifest.
  [[nodiscard]] result<std::uint64_t> size(std::string_view digest) const;
  [[nodiscard]] bool exists(std::string_view digest) const;

  /// Reads it all (for a directory its files too, if `ref.name` ends in '/').
  /// Errors: `not_found`; `corruption` naming the file and both digests.
  [[nodiscard]] result<void> verify(const workflows::artifact_ref& ref) const;
  [[nodiscard]] result<void> verify(std::string_view digest) const;

private:
  explicit artifact_store(std::filesystem::path root)
      : root_(std::move(root)) {}

  std::filesystem::path root_;
};

} // namespace ratchet::storage
