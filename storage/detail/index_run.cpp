#include "storage/detail/index_run.hpp"

#include "base/bytes.hpp"
#include "storage/record.hpp"

#include <algorithm>
#include <cstring>
#include <system_error>

namespace ratchet::storage::detail {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t page_crc_at = index_page_bytes - 4;
constexpr std::size_t used_at = entries_per_page * sizeof(index_entry);
constexpr std::size_t footer_bytes = record_header_size + 32;
/// Only tells runs apart: the index asks its own filter first.
constexpr unsigned filter_bits = 8;
constexpr std::size_t write_buffer_bytes = 256UL * 1024;
/// Layout 1 had a filter over ids only. It is not read: what is refused here is
/// made anew from the blocks.
constexpr record_version layout{2, 2};

// Entries are copied as they are: little-endian (base/bytes.cpp insists) and
// without padding.
std::string_view raw(const std::vector<index_entry>& entries) {
  return {
    reinterpret_cast<const char*>(entries.data()),
    entries.size() * sizeof(index_entry)};
}

fs::path temporary(const fs::path& path) {
  return path.string() + ".tmp";
}

error damaged(const fs::path& path, const std::string& what) {
  return {
    errc::corruption,
    "index file " + path.string() + " " + what +
      "; it can be deleted with its directory while the "
      "engine is stopped, and is then made anew"};
}

} // namespace

result<std::shared_ptr<index_run>> index_run::open(const fs::path& path) {
  auto opened = file::open(path);
  if (!opened)
    return opened.err();
  std::shared_ptr<index_run> run{new index_run{std::move(*opened)}};
  if (auto loaded = run->load(); !loaded)
    return loaded.err();
  return run;
}

index_run::~index_run() {
  std::error_code ignored; // Left over, it is removed at the next opening.
  if (retired_.load())
    fs::remove(file_.path(), ignored);
}

result<void> index_run::load() {
  const auto& path = file_.path();
  std::error_code failed;
  const auto size = fs::file_size(path, failed);
  if (failed)
    return error{errc::io_error, path.string() + ": " + failed.message()};
  if (size < footer_bytes)
    return damaged(path, "is too short");
  std::string footer(footer_bytes, '\0');
  if (auto read =
        file_.read_at(size - footer_bytes, footer.data(), footer_bytes);
      !read)
    return read;
  const auto record =
    open_record(record_kind::index_run, layout.written, footer);
  if (!record)
    return damaged(path, "has a bad footer: " + record.err().message);
  if (record->version < layout.min_read)
    return damaged(path, "is of an older build");
  byte_reader in{record->payload};
  entry_count_ = in.le64();
  filtered_count_ = in.le64();
  const auto lines = in.le64();
  const auto filter_crc = in.le32();
  const auto fences_crc = in.le32();

  const auto pages = (entry_count_ + entries_per_page - 1) / entries_per_page;
  const auto expected = pages * (index_page_bytes + sizeof(index_entry)) +
    lines * sizeof(hash_filter::line) + footer_bytes;
  if (size != expected)
    return damaged(
      path,
      "has " + std::to_string(size) + " bytes, its footer says " +
        std::to_string(expected));
  filter_ = hash_filter::with_lines(lines);
  fences_.resize(pages);
  auto at = pages * index_page_bytes;
  const auto filter_size = lines * sizeof(hash_filter::line);
  if (auto read = file_.read_at(at, filter_.raw(), filter_size); !read)
    return read;
  at += filter_size;
  if (auto read = file_.read_at(
        at, reinterpret_cast<char*>(fences_.data()),
        pages * sizeof(index_entry));
      !read)
    return read;
  if (crc32c(filter_.bytes()) != filter_crc)
    return damaged(path, "has a bad filter");
  if (crc32c(raw(fences_)) != fences_crc)
    return damaged(path, "has bad fences");
  return {};
}

result<void> index_run::read_page(std::uint64_t number, index_page& out) const {
  std::array<char, index_page_bytes> bytes;
  if (auto read =
        file_.read_at(number * index_page_bytes, bytes.data(), bytes.size());
      !read)
    return read;
  const std::string_view all{bytes.data(), bytes.size()};
  out.used = get_le32(&bytes[used_at]);
  if (
    crc32c(all.substr(0, page_crc_at)) != get_le32(&bytes[page_crc_at]) ||
    get_le32(&bytes[used_at + 8]) != static_cast<std::uint32_t>(number) ||
    out.used > entries_per_page)
    return damaged(file_.path(), "has a bad page " + std::to_string(number));
  std::memcpy(
    static_cast<void*>(out.entries.data()), bytes.data(),
    out.used * sizeof(index_entry));
  return {};
}

result<void> index_run::visit(
  std::uint64_t hash, std::uint64_t after,
  const std::function<bool(std::uint64_t place)>& visit) const {
  page_in_hand at;
  return this->visit(hash, after, at, visit);
}

result<void> index_run::visit(
  std::uint64_t hash, std::uint64_t after, page_in_hand& at,
  const std::function<bool(std::uint64_t place)>& visit) const {
  const index_entry last_before{hash, after};
  // The page before the first fence above it may still end with what we want.
  auto fence = std::upper_bound(fences_.begin(), fences_.end(), last_before);
  auto page = static_cast<std::uint64_t>(fence - fences_.begin());
  page -= page > 0 ? 1 : 0;
  for (; page < fences_.size() && fences_[page].hash <= hash; ++page) {
    if (at.number != page) {
      at.number.reset(); // Until it is whole.
      if (auto read = read_page(page, at.page); !read)
        return read;
      at.number = page;
    }
    const auto& entries = at.page.entries;
    const auto end = entries.begin() + at.page.used;
    auto found = std::upper_bound(entries.begin(), end, last_before);
    for (; found != end; ++found)
      if (found->hash != hash || !visit(found->place))
        return {};
  }
  return {};
}

index_run_writer::index_run_writer(
  fs::path path, file opened, std::uint64_t most_filtered)
    : path_(std::move(path)), file_(std::move(opened)),
      filter_(most_filtered, filter_bits) {
  buffer_.reserve(write_buffer_bytes + index_page_bytes);
}

result<index_run_writer>
index_run_writer::create(const fs::path& path, std::uint64_t most_filtered) {
  std::error_code ignored;
  fs::remove(temporary(path), ignored); // From before a crash.
  auto created = file::create(temporary(path), 0644);
  if (!created)
    return created.err();
  return index_run_writer{path, std::move(*created), most_filtered};
}

void index_run_writer::write_page() {
  const auto start = buffer_.size();
  const auto number = static_cast<std::uint32_t>(fences_.size());
  const auto end = page_.entries.begin() + page_.used;
  entry_count_ += page_.used;
  for (auto e = page_.entries.begin(); e != end && is_filtered(e->hash); ++e) {
    filter_.add(e->hash);
    ++filtered_count_;
  }
  fences_.push_back(page_.entries[0]);
  // A half-filled page is zeros behind its entries, not what was there.
  std::fill(end, page_.entries.end(), index_entry{});
  buffer_.append(reinterpret_cast<const char*>(page_.entries.data()), used_at);
  put_le32(buffer_, static_cast<std::uint32_t>(page_.used));
  put_le32(buffer_, 0);
  put_le32(buffer_, number);
  put_le32(buffer_, crc32c(std::string_view{buffer_}.substr(start)));
  page_.used = 0;
  if (buffer_.size() >= write_buffer_bytes) {
    write(buffer_);
    buffer_.clear();
  }
}

void index_run_writer::write(std::string_view bytes) {
  if (written_)
    written_ = file_.write(bytes);
}

result<void> index_run_writer::finish() {
  if (page_.used > 0)
    write_page();
  std::string footer(record_header_size, '\0');
  put_le64(footer, entry_count_);
  put_le64(footer, filtered_count_);
  put_le64(footer, filter_.line_count());
  put_le32(footer, crc32c(filter_.bytes()));
  put_le32(footer, crc32c(raw(fences_)));
  seal_in_place(record_kind::index_run, layout, footer);
  write(buffer_);
  write(filter_.bytes());
  write(raw(fences_));
  write(footer);
  if (!written_)
    return written_;
  if (auto synced = file_.sync(); !synced)
    return synced;
  if (auto closed = file_.close(); !closed)
    return closed;
  std::error_code failed;
  fs::rename(temporary(path_), path_, failed);
  if (failed)
    return error{
      errc::io_error, "rename to " + path_.string() + ": " + failed.message()};
  return {};
}

} // namespace ratchet::storage::detail
