#pragma once

#include "base/result.hpp"
#include "storage/detail/file.hpp"
#include "storage/detail/hash_filter.hpp"
#include "storage/detail/index_entry.hpp"

#include <array>
#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

/// A part of the index on disk: a file of sorted entries that never changes.
/// What it holds came from one stretch of every loop's history, so runs in
/// order of age hold the places of a hash in order.
///
/// One run, little-endian (docs/formats/history.md):
///
///   pages    4096 bytes each: 255 entries (hash u64, place u64), then
///            u32 entries used, u32 0, u32 page number, u32 crc32c of what
///            is before it in the page
///   filter   64-byte lines of a hash_filter over the entries for which
///            is_filtered holds, 8 bits for each
///   fences   the first entry of each page
///   footer   a record (index_run, layout 2): u64 entries, u64 filtered,
///            u64 filter lines, u32 crc32c of the filter, u32 crc32c of the
///            fences

namespace ratchet::storage::detail {

constexpr std::size_t index_page_bytes = 4096;
constexpr std::size_t entries_per_page = 255;

struct index_page {
  std::array<index_entry, entries_per_page> entries;
  std::size_t used = 0;
};

class index_run {
public:
  /// Reads footer, filter and fences.
  /// Errors: `corruption` naming the file, `io_error`, `not_found`.
  [[nodiscard]] static result<std::shared_ptr<index_run>>
  open(const std::filesystem::path& path);
  /// Deletes the file if `retire` was called.
  ~index_run();
  index_run(const index_run&) = delete;
  index_run& operator=(const index_run&) = delete;

  [[nodiscard]] const hash_filter& filter() const { return filter_; }
  [[nodiscard]] std::uint64_t entry_count() const { return entry_count_; }
  [[nodiscard]] std::uint64_t filtered_count() const { return filtered_count_; }
  [[nodiscard]] std::uint64_t page_count() const { return fences_.size(); }

  /// Calls `visit(place)` for the entries of `hash` with a place above
  /// `after`, ascending, until it returns false.
  /// Cost: one page read, unless there are hundreds of such entries.
  /// Errors: `corruption` naming the file and page, `io_error`.
  [[nodiscard]] result<void> visit(
    std::uint64_t hash, std::uint64_t after,
    const std::function<bool(std::uint64_t place)>& visit) const;

  /// The page that was read last.
  struct page_in_hand {
    std::optional<std::uint64_t> number;
    index_page page;
  };
  /// The same for many hashes, one after the other in ascending order: those
  /// that share a page read it once.
  [[nodiscard]] result<void> visit(
    std::uint64_t hash, std::uint64_t after, page_in_hand& at,
    const std::function<bool(std::uint64_t place)>& visit) const;

  [[nodiscard]] result<void>
  read_page(std::uint64_t page, index_page& out) const;

  /// No index refers to it any more; the file goes with the last reader.
  void retire() { retired_.store(true); }

private:
  explicit index_run(file opened) : file_(std::move(opened)) {}
  [[nodiscard]] result<void> load();

  file file_;
  hash_filter filter_;
  std::vector<index_entry> fences_;
  std::uint64_t entry_count_ = 0;
  std::uint64_t filtered_count_ = 0;
  std::atomic<bool> retired_ = false;
};

/// Writes a run from entries in ascending order.
///
/// Durability: after `finish` the content is on disk; the name is with the
///   next sync of the directory, which saving the manifest is. A crash before
///   leaves a file ending in ".tmp".
class index_run_writer {
public:
  /// `most_filtered` sizes the filter: an upper bound of such entries.
  [[nodiscard]] static result<index_run_writer>
  create(const std::filesystem::path& path, std::uint64_t most_filtered);

  void add(index_entry entry) {
    page_.entries[page_.used++] = entry;
    if (page_.used == entries_per_page)
      write_page();
  }
  /// Errors: the first failed write since the beginning; `io_error`.
  [[nodiscard]] result<void> finish();
  /// True once a write has failed, when adding more is in vain.
  [[nodiscard]] bool failed() const { return !written_.ok(); }

private:
  index_run_writer(
    std::filesystem::path path, file opened, std::uint64_t most_filtered);
  void write_page();
  void write(std::string_view bytes);

  std::filesystem::path path_;
  file file_;
  hash_filter filter_;
  std::vector<index_entry> fences_;
  std::uint64_t entry_count_ = 0;
  std::uint64_t filtered_count_ = 0;
  index_page page_;
  std::string buffer_;
  result<void> written_;
};

} // namespace ratchet::storage::detail
