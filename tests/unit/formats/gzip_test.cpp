#include "formats/gzip.hpp"

#include <catch2/catch.hpp>

#include <random>

using namespace ratchet;
using namespace ratchet::formats;

namespace {

std::string noise(std::size_t size) {
  std::mt19937 random{3};
  std::string text;
  while (text.size() < size)
    text += static_cast<char>(random());
  return text;
}

} // namespace

TEST_CASE("what was packed unpacks to the same", "[formats][gzip]") {
  for (const auto& text :
       {std::string{}, std::string{"a"}, std::string(1'000'000, 'x'),
        noise(300'000)}) {
    const auto unpacked = gunzip(gzip(text), text.size());
    REQUIRE(unpacked);
    CHECK(*unpacked == text);
  }
}

TEST_CASE("a file made by gzip is read", "[formats][gzip]") {
  // printf 'hello\n' | gzip -n | xxd -i, gzip 1.12.
  const std::string packed{
    "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xcb\x48\xcd\xc9\xc9\xe7\x02\x00"
    "\x20\x30\x3a\x36\x06\x00\x00\x00",
    26};
  CHECK(gunzip(packed, 100).value() == "hello\n");
}

TEST_CASE("members behind each other are one text", "[formats][gzip]") {
  CHECK(gunzip(gzip("ab") + gzip("") + gzip("c"), 3).value() == "abc");
}

TEST_CASE("unpacking stops at its bound", "[formats][gzip]") {
  const auto bomb = gzip(std::string(50'000'000, '\0'), 9);
  CHECK(gunzip(bomb, 1'000'000).err().code == errc::resource_limit);
  CHECK(gunzip(gzip("abcd"), 3).err().code == errc::resource_limit);
  CHECK(gunzip(gzip("abcd"), 4));
  CHECK(gunzip(gzip("ab") + gzip("cd"), 3).err().code == errc::resource_limit);
}

TEST_CASE("gzip cut at any byte, or damaged, is refused", "[formats][gzip]") {
  const auto packed = gzip(noise(2'000));
  const auto refused = [](const std::string& data) {
    const auto unpacked = gunzip(data, 1'000'000);
    return !unpacked && unpacked.err().code == errc::invalid_argument;
  };
  for (std::size_t size = 0; size < packed.size(); ++size)
    CHECK(refused(packed.substr(0, size)));
  auto damaged = packed;
  damaged[packed.size() / 2] ^= 1; // The checksum tells.
  CHECK(refused(damaged));
  CHECK(refused(packed + "x"));
  CHECK(refused("{\"kind\":\"interaction\"}"));
}
