#include "storage/artifacts.hpp"

#include "base/assert.hpp"
#include "storage/detail/file.hpp"
#include "storage/detail/tree.hpp"

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <optional>
#include <system_error>

#include <unistd.h>

namespace ratchet::storage {

namespace {

namespace fs = std::filesystem;
using detail::file_error;
using workflows::artifact_ref;

/// Nobody writes to what is named by its content.
constexpr unsigned artifact_mode = 0444;

error system_error(
  std::string_view doing, const fs::path& path, const std::error_code& cause) {
  return {
    errc::io_error,
    "cannot " + std::string{doing} + " " + path.string() + ": " +
      cause.message()};
}

/// Unique among the threads of this process; other processes are kept out by
/// the store's lock, and what a former one left is removed at open.
fs::path temporary_name(const fs::path& directory) {
  static std::atomic<std::uint64_t> counter{0};
  return directory /
    (std::to_string(::getpid()) + "-" + std::to_string(counter.fetch_add(1)));
}

fs::path place_of(const fs::path& root, std::string_view digest) {
  RATCHET_ASSERT(is_digest(digest));
  return root / digest.substr(0, 2) / digest.substr(2);
}

result<void> remove_leftovers(const fs::path& directory) {
  std::error_code failed;
  fs::directory_iterator at{directory, failed};
  for (; !failed && at != fs::directory_iterator{}; at.increment(failed)) {
    std::error_code stuck;
    fs::remove_all(at->path(), stuck);
    if (stuck)
      return system_error("remove", at->path(), stuck);
  }
  if (failed)
    return system_error("read directory", directory, failed);
  return {};
}

bool names_directory(const artifact_ref& ref) {
  return !ref.name.empty() && ref.name.back() == '/';
}

/// Copies one artifact to a new file and compares its digest on the way.
result<void> copy_checked(
  const fs::path& from, std::string_view digest, const fs::path& to,
  unsigned mode) {
  auto out = detail::file::create(to, mode);
  if (!out)
    return out.err();
  detail::sha256 hash;
  auto copied = detail::read_all(from, [&](std::string_view bytes) {
    hash.add(bytes);
    return out->write(bytes);
  });
  if (!copied)
    return copied;
  if (const auto found = hash.finish(); found != digest)
    return error{
      errc::corruption,
      "artifact " + from.string() + " now has digest " + found};
  return out->close();
}

} // namespace

bool is_digest(std::string_view text) {
  return text.size() == 64 && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

std::string digest_of(std::string_view bytes) {
  detail::sha256 hash;
  hash.add(bytes);
  return hash.finish();
}

// Writing one artifact ------------------------------------------------------

struct artifact_writer::state {
  fs::path root;
  detail::file out;
  detail::sha256 hash;
  std::uint64_t bytes = 0;
  bool kept = false;

  ~state() {
    std::error_code ignored; // A leftover is removed at the next open.
    if (!kept)
      fs::remove(out.path(), ignored);
  }

  result<void> move_to(const fs::path& place) {
    std::error_code failed;
    const auto there = fs::file_size(place, failed);
    if (!failed && there != bytes)
      return error{
        errc::corruption,
        "artifact " + place.string() + " has " + std::to_string(there) +
          " bytes, but what has its digest has " + std::to_string(bytes) +
          "; move the damaged file away"};
    // A rename over a file that another thread put there meanwhile replaces
    // it by the same bytes; readers keep the one they opened.
    if (failed) {
      if (::rename(out.path().c_str(), place.c_str()) != 0)
        return file_error("rename to " + place.string(), out.path());
      kept = true;
    }
    // Also if it was there: who put it may not have come this far yet.
    return detail::sync_directory(place.parent_path());
  }
};

artifact_writer::artifact_writer(std::unique_ptr<state> s)
    : state_(std::move(s)) {}
artifact_writer::artifact_writer(artifact_writer&&) noexcept = default;
artifact_writer&
artifact_writer::operator=(artifact_writer&&) noexcept = default;
artifact_writer::~artifact_writer() = default;

result<void> artifact_writer::write(std::string_view bytes) {
  auto done = state_->out.write(bytes);
  if (done) {
    state_->hash.add(bytes);
    state_->bytes += bytes.size();
  }
  return done;
}

std::uint64_t artifact_writer::bytes() const {
  return state_->bytes;
}

result<artifact_ref>
artifact_writer::commit(std::string name, std::string_view expected) {
  const auto s = std::move(state_);
  RATCHET_ASSERT(s != nullptr);
  if (!expected.empty() && !is_digest(expected))
    return error{
      errc::invalid_argument,
      "artifact \"" + name +
        "\": the expected digest is not 64 lower-case hexadecimal digits"};
  auto digest = s->hash.finish();
  if (!expected.empty() && digest != expected)
    return error{
      errc::invalid_argument,
      "artifact \"" + name + "\" has digest " + digest + ", expected " +
        std::string{expected}};
  if (auto done = s->out.sync(); !done)
    return done.err();
  if (auto done = s->out.close(); !done)
    return done.err();
  if (auto done = s->move_to(place_of(s->root, digest)); !done)
    return done.err();
  return artifact_ref{std::move(name), std::move(digest), s->bytes};
}

// The store -----------------------------------------------------------------

result<artifact_store> artifact_store::open(const fs::path& data) {
  const auto root = data / "artifacts";
  std::error_code failed;
  fs::create_directories(root / "tmp", failed);
  if (failed)
    return system_error("make directory", root / "tmp", failed);
  // All 256 at once, so that a put has one directory to sync, not two.
  for (unsigned i = 0; i < 256; ++i) {
    constexpr std::string_view digits = "0123456789abcdef";
    const std::string name{digits[i >> 4], digits[i & 15]};
    fs::create_directory(root / name, failed);
    if (failed)
      return system_error("make directory", root / name, failed);
  }
  for (const auto& directory : {root, data})
    if (auto done = detail::sync_directory(directory); !done)
      return done.err();
  if (auto done = remove_leftovers(root / "tmp"); !done)
    return done.err();
  return artifact_store{root};
}

result<artifact_writer> artifact_store::begin() const {
  auto out = detail::file::create(temporary_name(root_ / "tmp"), artifact_mode);
  if (!out)
    return out.err();
  auto state = std::unique_ptr<artifact_writer::state>(
    new artifact_writer::state{root_, std::move(*out), {}, 0, false});
  return artifact_writer{std::move(state)};
}

result<artifact_ref>
artifact_store::put_file(const fs::path& file, std::string name) const {
  std::error_code failed;
  const auto status = fs::status(file, failed);
  if (fs::exists(status) && !fs::is_regular_file(status))
    return error{errc::invalid_argument, file.string() + " is not a file"};
  auto out = begin();
  if (!out)
    return out.err();
  auto copied = detail::read_all(
    file, [&](std::string_view bytes) { return out->write(bytes); });
  if (!copied)
    return copied.err();
  if (name.empty())
    name = file.filename().string();
  return out->commit(std::move(name));
}

result<artifact_ref>
artifact_store::put_bytes(std::string_view bytes, std::string name) const {
  auto out = begin();
  if (!out)
    return out.err();
  if (auto done = out->write(bytes); !done)
    return done.err();
  return out->commit(std::move(name));
}

result<artifact_ref> artifact_store::put_directory(
  const fs::path& directory, std::string name) const {
  auto entries = detail::list_tree(directory);
  if (!entries)
    return entries.err();
  std::uint64_t total = 0;
  for (auto& entry : *entries) {
    if (entry.kind == detail::tree_kind::empty_directory)
      continue;
    auto ref = put_file(directory / entry.path);
    if (!ref)
      return ref.err();
    entry.digest = ref->digest;
    entry.bytes = ref->bytes;
    total += ref->bytes;
  }
  if (name.empty()) // "out/model" and "out/model/" are the same directory.
    name = (directory / "").parent_path().filename().string();
  if (name.empty() || name.back() != '/')
    name += '/';
  auto ref = put_bytes(detail::encode_tree(*entries), std::move(name));
  if (ref)
    ref->bytes = total;
  return ref;
}

// Reading -------------------------------------------------------------------

result<fs::path> artifact_store::path_of(std::string_view digest) const {
  if (!is_digest(digest))
    return error{
      errc::invalid_argument,
      "an artifact's digest is 64 lower-case hexadecimal digits"};
  auto place = place_of(root_, digest);
  std::error_code failed;
  if (!fs::exists(place, failed))
    return error{
      errc::not_found, "there is no artifact " + std::string{digest}};
  return place;
}

result<std::uint64_t> artifact_store::size(std::string_view digest) const {
  const auto place = path_of(digest);
  if (!place)
    return place.err();
  std::error_code failed;
  const auto bytes = fs::file_size(*place, failed);
  if (failed)
    return system_error("look at", *place, failed);
  return std::uint64_t{bytes};
}

bool artifact_store::exists(std::string_view digest) const {
  return path_of(digest).ok();
}

result<void> artifact_store::verify(std::string_view digest) const {
  const auto place = path_of(digest);
  if (!place)
    return place.err();
  detail::sha256 hash;
  auto read = detail::read_all(*place, [&](std::string_view bytes) {
    hash.add(bytes);
    return result<void>{};
  });
  if (!read)
    return read;
  if (const auto found = hash.finish(); found != digest)
    return error{
      errc::corruption,
      "artifact " + place->string() + " now has digest " + found};
  return {};
}

namespace {

/// The entries of a directory's manifest, whose digest has been checked.
result<std::vector<detail::tree_entry>>
read_manifest(const artifact_store& store, std::string_view digest) {
  if (auto sound = store.verify(digest); !sound)
    return sound.err();
  const auto place = store.path_of(digest);
  if (!place)
    return place.err();
  std::string text;
  auto read = detail::read_all(*place, [&](std::string_view bytes) {
    text += bytes;
    return result<void>{};
  });
  if (!read)
    return read.err();
  return detail::decode_tree(text);
}

result<void> copy_tree(
  const artifact_store& store, const artifact_ref& ref, const fs::path& to) {
  const auto entries = read_manifest(store, ref.digest);
  if (!entries)
    return entries.err();
  std::error_code failed;
  fs::create_directory(to, failed);
  for (const auto& entry : *entries) {
    const bool empty = entry.kind == detail::tree_kind::empty_directory;
    const auto directory =
      empty ? to / entry.path : (to / entry.path).parent_path();
    fs::create_directories(directory, failed);
    if (failed)
      return system_error("make directory", directory, failed);
    if (empty)
      continue;
    const auto from = store.path_of(entry.digest);
    if (!from)
      return error{
        errc::corruption,
        "directory " + ref.name + ": " + entry.path + ": " +
          from.err().message};
    const unsigned mode =
      entry.kind == detail::tree_kind::executable ? 0755U : 0644U;
    auto copied = copy_checked(*from, entry.digest, to / entry.path, mode);
    if (!copied)
      return copied;
  }
  if (failed)
    return system_error("make directory", to, failed);
  return {};
}

} // namespace

result<void> artifact_store::verify(const artifact_ref& ref) const {
  if (!names_directory(ref))
    return verify(ref.digest);
  const auto entries = read_manifest(*this, ref.digest);
  if (!entries)
    return entries.err();
  for (const auto& entry : *entries) {
    if (entry.kind == detail::tree_kind::empty_directory)
      continue;
    auto sound = verify(entry.digest);
    if (!sound)
      return error{
        errc::corruption,
        "directory " + ref.name + ": " + entry.path + ": " +
          sound.err().message};
  }
  return {};
}

result<void> artifact_store::materialize(
  const artifact_ref& ref, const fs::path& target) const {
  std::error_code failed;
  if (fs::exists(fs::symlink_status(target, failed)))
    return error{errc::already_exists, target.string() + " is there already"};
  const auto from = path_of(ref.digest);
  if (!from)
    return from.err();
  // Beside the target, so that the rename stays on one file system.
  const auto partial = temporary_name(target.parent_path()).string() + ".part";
  auto done = names_directory(ref)
    ? copy_tree(*this, ref, partial)
    : copy_checked(*from, ref.digest, partial, 0644);
  if (done && ::rename(partial.c_str(), target.c_str()) != 0)
    done = file_error("rename to " + target.string(), partial);
  if (!done)
    fs::remove_all(partial, failed);
  return done;
}

} // namespace ratchet::storage
