#include "storage/store.hpp"

#include "storage/record.hpp"
#include "temp_dir.hpp"

#include <catch2/catch.hpp>

#include <fstream>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

using namespace ratchet;
using namespace ratchet::storage;

namespace fs = std::filesystem;

namespace {

store_options in(const test::temp_dir& dir) {
  store_options options;
  options.directory = dir.path();
  return options;
}

std::unique_ptr<store> must_open(store_options options) {
  auto opened = store::open(std::move(options));
  if (!opened)
    FAIL(opened.err().message);
  return std::move(*opened);
}

write_batch put(std::string key, std::string value) {
  write_batch batch;
  batch.put(column::control, std::move(key), std::move(value));
  return batch;
}

std::string read(const store& from, std::string_view key) {
  const auto value = from.get(column::control, key);
  REQUIRE(value.ok());
  return value->value_or("(none)");
}

/// The logs of the database that hold something, oldest first.
std::vector<fs::path> logs(const fs::path& directory) {
  std::vector<fs::path> out;
  for (const auto& entry : fs::directory_iterator{directory})
    if (entry.path().extension() == ".log" && entry.file_size() > 0)
      out.push_back(entry.path());
  std::sort(out.begin(), out.end());
  return out;
}

void flip_byte(const fs::path& file, std::uintmax_t offset) {
  std::fstream bytes{file, std::ios::in | std::ios::out | std::ios::binary};
  bytes.seekg(static_cast<std::streamoff>(offset));
  const auto old = static_cast<char>(bytes.get());
  bytes.seekp(static_cast<std::streamoff>(offset));
  bytes.put(static_cast<char>(old ^ 0x40));
}

} // namespace

TEST_CASE("what was committed is there after reopening", "[storage][store]") {
  const test::temp_dir dir;
  {
    auto db = must_open(in(dir));
    REQUIRE(db->commit(put("a", "1")).ok());
    auto batch = put("b", "2");
    batch.erase(column::control, "a");
    batch.put(column::registry, "a", "elsewhere");
    REQUIRE(db->commit(batch).ok());
  }
  auto db = must_open(in(dir));
  CHECK(read(*db, "a") == "(none)");
  CHECK(read(*db, "b") == "2");
  CHECK(db->get(column::registry, "a")->value() == "elsewhere");
}

TEST_CASE("scans go both ways and stop when told", "[storage][store]") {
  const test::temp_dir dir;
  auto db = must_open(in(dir));
  write_batch batch;
  for (const char c : std::string{"abcdef"})
    batch.put(column::control, {c}, "x");
  batch.erase_range(column::control, "c", "e");
  REQUIRE(db->commit(batch).ok());

  std::string seen;
  const auto collect = [&](std::string_view key, std::string_view) {
    seen += key;
    return seen.size() < 3;
  };
  REQUIRE(db->scan(column::control, {"b", "z"}, collect).ok());
  CHECK(seen == "bef");
  seen.clear();
  REQUIRE(db->scan_reverse(column::control, {"a", "f"}, collect).ok());
  CHECK(seen == "eba");
}

TEST_CASE("a directory is open once at a time", "[storage][store]") {
  const test::temp_dir dir;
  auto db = must_open(in(dir));
  const auto second = store::open(in(dir));
  REQUIRE_FALSE(second.ok());
  CHECK(second.err().code == errc::unavailable);
  CHECK(
    second.err().message ==
    "data directory " + dir.path().string() +
      " is in use by another process; stop that one first");

  // The same from a process of its own, where the lock file speaks.
  const auto child = fork();
  if (child == 0) {
    const auto third = store::open(in(dir));
    _exit(!third.ok() && third.err().code == errc::unavailable ? 0 : 1);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK(status == 0);
}

TEST_CASE("a failed commit is the last one", "[storage][store]") {
  const test::temp_dir dir;
  bool broken = false;
  auto options = in(dir);
  options.before_write = [&](const write_batch&) -> result<void> {
    if (broken)
      return error{errc::io_error, "no space left on device"};
    return {};
  };
  auto db = must_open(options);
  REQUIRE(db->commit(put("a", "1")).ok());
  broken = true;
  CHECK(db->commit(put("b", "2")).err().code == errc::io_error);
  broken = false;
  const auto refused = db->commit(put("c", "3"));
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.err().code == errc::unavailable);
  CHECK(
    refused.err().message.find("no space left on device") != std::string::npos);
  CHECK(db->health().err().message == "no space left on device");
  CHECK(read(*db, "a") == "1");
  CHECK(read(*db, "b") == "(none)");
}

TEST_CASE("a newer format is refused by name", "[storage][store]") {
  const test::temp_dir dir;
  {
    auto db = must_open(in(dir));
    // docs/formats/store.md: endianness mark, format.
    const std::string payload{"\x01\x63\x00\x00\x00", 5};
    write_batch batch;
    batch.put(
      column::meta, format_key::encode(),
      seal_record(record_kind::format_version, {}, payload));
    REQUIRE(db->commit(batch).ok());
  }
  const auto opened = store::open(in(dir));
  REQUIRE_FALSE(opened.ok());
  CHECK(opened.err().code == errc::failed_condition);
  CHECK(
    opened.err().message ==
    "data directory " + dir.path().string() +
      " has format 99, this build reads up to 1; "
      "use a newer build");
}

TEST_CASE(
  "a torn tail of the log costs the torn commit only", "[storage][store]") {
  const test::temp_dir dir;
  {
    auto db = must_open(in(dir));
    for (int i = 0; i < 10; ++i)
      REQUIRE(db->commit(put(std::to_string(i), std::string(1000, 'x'))).ok());
  }
  const auto log = logs(dir.path()).back();
  fs::resize_file(log, fs::file_size(log) - 500);
  auto db = must_open(in(dir));
  CHECK(read(*db, "8") == std::string(1000, 'x'));
  CHECK(read(*db, "9") == "(none)");
  REQUIRE(db->commit(put("10", "y")).ok());
  // The torn log is still there, now as one before the last.
  db.reset();
  db = must_open(in(dir));
  CHECK(read(*db, "8") == std::string(1000, 'x'));
  CHECK(read(*db, "10") == "y");
}

TEST_CASE("a damaged log is reported, not shortened", "[storage][store]") {
  const test::temp_dir dir;
  {
    auto db = must_open(in(dir));
    for (int i = 0; i < 10; ++i)
      REQUIRE(db->commit(put(std::to_string(i), std::string(1000, 'x'))).ok());
  }
  const auto log = logs(dir.path()).back();
  flip_byte(log, fs::file_size(log) / 2);
  const auto opened = store::open(in(dir));
  REQUIRE_FALSE(opened.ok());
  CHECK(opened.err().code == errc::corruption);
}

TEST_CASE("a checkpoint opens on its own", "[storage][store]") {
  const test::temp_dir dir;
  const test::temp_dir copies;
  auto db = must_open(in(dir));
  REQUIRE(db->commit(put("a", "1")).ok());
  const auto copy = copies.path() / "copy";
  REQUIRE(db->checkpoint(copy).ok());
  REQUIRE(db->commit(put("a", "2")).ok());
  store_options options;
  options.directory = copy;
  CHECK(read(*must_open(options), "a") == "1");
  options.read_only = true;
  CHECK(read(*must_open(options), "a") == "1");
  CHECK_FALSE(db->checkpoint(copy).ok());
}

TEST_CASE("commits are counted and timed", "[storage][store]") {
  const test::temp_dir dir;
  auto db = must_open(in(dir));
  const auto before = db->stats();
  REQUIRE(db->commit(put("key", "value")).ok());
  const auto after = db->stats();
  CHECK(after.commits == before.commits + 1);
  CHECK(after.committed_bytes == before.committed_bytes + 8);
  CHECK(after.fsync_us.total_us > before.fsync_us.total_us);
  CHECK(after.commit_us.total_us >= after.fsync_us.total_us);
}
