#include "storage/detail/index_manifest.hpp"

#include "storage/detail/byte_archive.hpp"
#include "storage/detail/file.hpp"
#include "storage/record.hpp"

#include <cereal/types/vector.hpp>

#include <string>
#include <system_error>

namespace ratchet::storage::detail {

namespace fs = std::filesystem;

template <class Archive>
void serialize(Archive& archive, index_cursor& c) {
  archive(c.loop.value, c.last.value, c.block_crc);
}
template <class Archive>
void serialize(Archive& archive, run_entry& r) {
  archive(r.number, r.level);
}
template <class Archive>
void serialize(Archive& archive, index_manifest& m) {
  archive(m.next_run, m.runs, m.cursors);
}

namespace {

fs::path manifest_path(const fs::path& directory) {
  return directory / "manifest";
}

} // namespace

result<index_manifest> load_manifest(const fs::path& directory) {
  const auto path = manifest_path(directory);
  std::string bytes;
  const auto read = read_all(path, [&](std::string_view piece) {
    bytes += piece;
    return result<void>{};
  });
  if (!read && read.err().code == errc::not_found)
    return index_manifest{};
  if (!read)
    return read.err();
  auto manifest =
    from_record<index_manifest>(record_kind::index_manifest, 1, bytes);
  if (!manifest)
    return error{
      manifest.err().code, path.string() + ": " + manifest.err().message};
  return manifest;
}

result<void>
save_manifest(const fs::path& directory, const index_manifest& manifest) {
  const auto path = manifest_path(directory);
  const auto temporary = fs::path{path.string() + ".tmp"};
  std::error_code failed;
  fs::remove(temporary, failed);
  auto out = file::create(temporary, 0644);
  if (!out)
    return out.err();
  if (auto written =
        out->write(to_record(record_kind::index_manifest, {}, manifest));
      !written)
    return written;
  if (auto synced = out->sync(); !synced)
    return synced;
  if (auto closed = out->close(); !closed)
    return closed;
  fs::rename(temporary, path, failed);
  if (failed)
    return error{
      errc::io_error, "rename to " + path.string() + ": " + failed.message()};
  return sync_directory(directory);
}

} // namespace ratchet::storage::detail
