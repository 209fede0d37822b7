#include "base/bytes.hpp"
#include "storage/store.hpp"
#include "temp_dir.hpp"

#include <catch2/catch.hpp>

#include <dlfcn.h>
// tidy: allow unknown-library, because the C library itself is asked.
#include <link.h>

#include <string>

using namespace ratchet;

// storage/detail/rocks.cpp puts its own CRC-32C in RocksDB's place.

namespace {

using extend_function =
  std::uint32_t (*)(std::uint32_t, const char*, std::size_t);
constexpr auto extend_name = "_ZN7rocksdb6crc32c6ExtendEjPKcm";

/// RocksDB's own, found in its library; null if there is no such library.
extend_function of_library() {
  std::string path;
  dl_iterate_phdr(
    [](dl_phdr_info* info, std::size_t, void* out) {
      const std::string name{info->dlpi_name};
      if (name.find("librocksdb") != std::string::npos)
        *static_cast<std::string*>(out) = name;
      return 0;
    },
    &path);
  auto* library =
    path.empty() ? nullptr : dlopen(path.c_str(), RTLD_NOW | RTLD_NOLOAD);
  if (library == nullptr)
    return nullptr;
  return reinterpret_cast<extend_function>(dlsym(library, extend_name));
}

} // namespace

TEST_CASE(
  "RocksDB's checksums are computed by us, and are the same",
  "[storage][rocks]") {
  // Opening pulls the override into this program, as into every other.
  const test::temp_dir dir;
  REQUIRE(storage::store::open({.directory = dir.path()}).ok());
  const auto theirs = of_library();
  if (theirs == nullptr)
    return; // Linked statically: nothing was replaced.
  const auto bound =
    reinterpret_cast<extend_function>(dlsym(RTLD_DEFAULT, extend_name));
  REQUIRE(bound != nullptr);
  CHECK(bound != theirs);
  std::string data;
  for (unsigned i = 0; i < 10'000; ++i) {
    data += static_cast<char>(i * 7U ^ i >> 3U);
    if (i % 61 == 0) {
      CHECK(
        bound(i, data.data(), data.size()) ==
        theirs(i, data.data(), data.size()));
      CHECK(crc32c(data, i) == theirs(i, data.data(), data.size()));
    }
  }
}
