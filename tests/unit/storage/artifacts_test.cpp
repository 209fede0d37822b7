#include "storage/artifacts.hpp"

#include "temp_dir.hpp"

#include <catch2/catch.hpp>

#include <fstream>
#include <set>
#include <sstream>
#include <thread>
#include <vector>

#include <sys/stat.h>

using namespace ratchet;
using namespace ratchet::storage;

namespace fs = std::filesystem;

namespace {

// `printf abc | sha256sum` (also FIPS 180-4's example), and of no bytes.
const std::string abc_digest =
  "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
const std::string empty_digest =
  "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

artifact_store must_open(const test::temp_dir& dir) {
  auto opened = artifact_store::open(dir.path());
  if (!opened)
    FAIL(opened.err().message);
  return *opened;
}

fs::path write_file(const fs::path& path, std::string_view bytes) {
  fs::create_directories(path.parent_path());
  std::ofstream{path, std::ios::binary} << bytes;
  return path;
}

std::string read_file(const fs::path& path) {
  std::ifstream in{path, std::ios::binary};
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

std::size_t files_below(const fs::path& directory) {
  std::size_t count = 0;
  for (const auto& entry : fs::recursive_directory_iterator{directory})
    count += entry.is_regular_file() ? 1U : 0U;
  return count;
}

/// Puts other bytes where the store keeps `digest`.
void damage(
  const artifact_store& store, const std::string& digest,
  std::string_view bytes) {
  const auto place = store.path_of(digest);
  REQUIRE(place.ok());
  fs::permissions(*place, fs::perms::owner_write, fs::perm_options::add);
  write_file(*place, bytes);
}

} // namespace

TEST_CASE("a file is kept under the SHA-256 of its bytes", "[artifacts]") {
  const test::temp_dir dir;
  const auto store = must_open(dir);
  const auto file = write_file(dir.path() / "in" / "model.joblib", "abc");

  const auto ref = store.put_file(file);
  REQUIRE(ref.ok());
  CHECK(*ref == workflows::artifact_ref{"model.joblib", abc_digest, 3});
  CHECK(
    store.path_of(abc_digest).value() ==
    dir.path() / "artifacts" / "ba" / abc_digest.substr(2));
  CHECK(read_file(*store.path_of(abc_digest)) == "abc");
  CHECK(store.size(abc_digest).value() == 3);
  CHECK(store.verify(abc_digest).ok());
  CHECK(store.put_bytes("", "empty")->digest == empty_digest);
  CHECK(files_below(dir.path() / "artifacts" / "tmp") == 0);
}

TEST_CASE("bytes that are there already are not written again", "[artifacts]") {
  const test::temp_dir dir;
  const auto store = must_open(dir);
  REQUIRE(store.put_bytes("abc", "first").ok());
  struct stat before {};
  REQUIRE(::stat(store.path_of(abc_digest)->c_str(), &before) == 0);
  REQUIRE(store.put_bytes("abc", "second")->name == "second");
  struct stat after {};
  REQUIRE(::stat(store.path_of(abc_digest)->c_str(), &after) == 0);
  CHECK(before.st_ino == after.st_ino);
  CHECK(files_below(dir.path() / "artifacts") == 1);
}

TEST_CASE("what a crash left half-written is gone after open", "[artifacts]") {
  const test::temp_dir dir;
  {
    const auto store = must_open(dir);
    REQUIRE(store.put_bytes("abc", "kept").ok());
  }
  write_file(dir.path() / "artifacts" / "tmp" / "77-0", "half of a mod");
  const auto store = must_open(dir);
  CHECK(files_below(dir.path() / "artifacts" / "tmp") == 0);
  CHECK(store.exists(abc_digest));
}

TEST_CASE("an upload is kept only with the digest it claims", "[artifacts]") {
  const test::temp_dir dir;
  const auto store = must_open(dir);
  const auto upload = [&](std::string_view expected) {
    auto out = store.begin();
    REQUIRE(out.ok());
    REQUIRE(out->write("a").ok());
    REQUIRE(out->write("bc").ok());
    CHECK(out->bytes() == 3);
    return out->commit("model", expected);
  };
  const auto wrong = upload(empty_digest);
  REQUIRE_FALSE(wrong.ok());
  CHECK(wrong.err().code == errc::invalid_argument);
  CHECK_THAT(wrong.err().message, Catch::Contains(abc_digest));
  CHECK(upload("../../etc/passwd").err().code == errc::invalid_argument);
  CHECK(files_below(dir.path()) == 0);

  CHECK(upload(abc_digest).ok());
  CHECK(upload({}).ok());
  { // Given up in the middle.
    auto out = store.begin();
    REQUIRE(out->write("abandoned").ok());
  }
  CHECK(files_below(dir.path()) == 1);
}

TEST_CASE("only a digest becomes a path", "[artifacts]") {
  const test::temp_dir dir;
  const auto store = must_open(dir);
  auto upper = abc_digest;
  upper[0] = 'B';
  for (const auto& name :
       {std::string{}, std::string{"../x"}, abc_digest + "a", upper,
        "../../../" + abc_digest.substr(9), abc_digest.substr(1) + '\0'})
    CHECK(store.path_of(name).err().code == errc::invalid_argument);
  CHECK(store.path_of(abc_digest).err().code == errc::not_found);
}

TEST_CASE("damage is reported, with the file", "[artifacts]") {
  const test::temp_dir dir;
  const auto store = must_open(dir);
  const auto ref = *store.put_bytes("abc", "model");

  damage(store, abc_digest, "abd");
  const auto found = store.verify(abc_digest);
  REQUIRE(found.err().code == errc::corruption);
  CHECK_THAT(
    found.err().message, Catch::Contains(store.path_of(abc_digest)->string()));
  const auto target = dir.path() / "copy";
  CHECK(store.materialize(ref, target).err().code == errc::corruption);
  CHECK_FALSE(fs::exists(target));

  damage(store, abc_digest, "ab"); // Another size: seen without reading.
  CHECK(store.put_bytes("abc", "model").err().code == errc::corruption);
}

TEST_CASE("many may put the same bytes at once", "[artifacts]") {
  const test::temp_dir dir;
  const auto store = must_open(dir);
  const std::string bytes(1U << 20U, 'x');
  std::vector<std::string> digests(8);
  std::vector<std::thread> threads;
  for (auto& digest : digests)
    threads.emplace_back([&digest, &store, &bytes] {
      if (const auto ref = store.put_bytes(bytes, "model"))
        digest = ref->digest;
    });
  for (auto& thread : threads)
    thread.join();
  REQUIRE(is_digest(digests[0]));
  CHECK(std::set<std::string>(digests.begin(), digests.end()).size() == 1);
  CHECK(store.verify(digests[0]).ok());
  CHECK(files_below(dir.path()) == 1);
}

TEST_CASE("a directory comes back with all that is in it", "[artifacts]") {
  const test::temp_dir dir;
  const auto store = must_open(dir);
  const auto in = dir.path() / "out" / "model";
  write_file(in / "weights.bin", "abc");
  write_file(in / "sub" / "same.bin", "abc");
  write_file(in / "odd %name\n", "");
  write_file(in / "run.sh", "#!/bin/sh\n");
  fs::permissions(in / "run.sh", fs::perms::owner_exec, fs::perm_options::add);
  fs::create_directories(in / "empty" / "inner");
  fs::create_symlink("weights.bin", in / "link");

  const auto ref = store.put_directory(in);
  REQUIRE(ref.ok());
  CHECK(ref->name == "model/");
  CHECK(ref->bytes == 3 * 3 + 10);
  CHECK(store.verify(*ref).ok());
  CHECK(store.put_directory(in / "")->name == "model/");

  const auto copy = dir.path() / "copy";
  const auto done = store.materialize(*ref, copy);
  if (!done)
    FAIL(done.err().message);
  CHECK(read_file(copy / "weights.bin") == "abc");
  CHECK(read_file(copy / "sub" / "same.bin") == "abc");
  CHECK(read_file(copy / "link") == "abc");
  CHECK(fs::exists(copy / "odd %name\n"));
  CHECK(fs::is_directory(copy / "empty" / "inner"));
  CHECK(
    (fs::status(copy / "run.sh").permissions() & fs::perms::owner_exec) !=
    fs::perms::none);
  // The link became a file; so the copy of the copy is the same tree.
  CHECK(store.put_directory(copy, "again")->digest == ref->digest);
  CHECK(store.materialize(*ref, copy).err().code == errc::already_exists);
}

TEST_CASE(
  "a directory that is damaged or incomplete is not handed out",
  "[artifacts]") {
  const test::temp_dir dir;
  const auto store = must_open(dir);
  const auto in = dir.path() / "model";
  write_file(in / "a.bin", "abc");
  const auto ref = *store.put_directory(in);

  damage(store, abc_digest, "abd");
  CHECK(store.verify(ref).err().code == errc::corruption);
  const auto copy = dir.path() / "copy";
  CHECK(store.materialize(ref, copy).err().code == errc::corruption);
  fs::remove(*store.path_of(abc_digest));
  CHECK(store.verify(ref).err().code == errc::corruption);
  CHECK(store.materialize(ref, copy).err().code == errc::corruption);
  CHECK_FALSE(fs::exists(copy));
  CHECK(files_below(dir.path()) == 2); // What was put in, and its manifest.
}

TEST_CASE("a manifest cannot lead out of its directory", "[artifacts]") {
  const test::temp_dir dir;
  const auto store = must_open(dir);
  REQUIRE(store.put_bytes("abc", "x").ok());
  const auto line = "f " + abc_digest + " 3 ";
  for (const std::string path :
       {"../escaped", "/tmp/escaped", "a/../../escaped", "a//b", "", ".",
        "%2e%2e/escaped", "a%2", "a%zz"}) {
    INFO(path);
    const auto ref =
      store.put_bytes("ratchet-directory 1\n" + line + path + "\n", "evil/");
    CHECK(
      store.materialize(*ref, dir.path() / "in" / "copy").err().code ==
      errc::corruption);
  }
  const std::string first = "ratchet-directory 1\n";
  for (const auto& text :
       {std::string{"something else\n"}, first + line + "a",
        first + line + "b\n" + line + "a\n",
        first + line + "a\n" + line + "a\n",
        first + "q" + line.substr(1) + "a\n", first + "f - 0 a\n"})
    CHECK(
      store.materialize(*store.put_bytes(text, "evil/"), dir.path() / "copy")
        .err()
        .code == errc::corruption);
  CHECK_FALSE(fs::exists(dir.path() / "escaped"));
}

TEST_CASE("what is neither file nor directory is refused", "[artifacts]") {
  const test::temp_dir dir;
  const auto store = must_open(dir);
  const auto in = dir.path() / "model";
  fs::create_directories(in);
  CHECK(store.put_file(in).err().code == errc::invalid_argument);
  CHECK(store.put_file(dir.path() / "none").err().code == errc::not_found);
  CHECK(store.put_directory(dir.path() / "none").err().code == errc::not_found);
  fs::create_symlink("/etc", in / "link");
  const auto refused = store.put_directory(in);
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.err().code == errc::invalid_argument);
  CHECK_THAT(refused.err().message, Catch::Contains((in / "link").string()));
}
