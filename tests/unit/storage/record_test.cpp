#include "storage/record.hpp"

#include <catch2/catch.hpp>

using namespace ratchet;
using namespace ratchet::storage;

namespace {

std::string message_of(const result<opened_record>& opened) {
  REQUIRE_FALSE(opened.ok());
  CHECK(opened.err().code == errc::corruption);
  return opened.err().message;
}

} // namespace

TEST_CASE("a record gives back its payload and layout", "[storage][record]") {
  const auto bytes = seal_record(record_kind::alias, {3, 2}, "champion");
  const auto opened = open_record(record_kind::alias, 2, bytes);
  REQUIRE(opened.ok());
  CHECK(opened->version == 3);
  CHECK(opened->payload == "champion");
}

TEST_CASE("a record's bytes are as documented", "[storage][record]") {
  // af4f04d1 is the CRC-32C of "\x09\x03\x02\x00champion" by a bitwise
  // Python program of RFC 3720 that gives e3069283 for "123456789".
  const auto bytes = seal_record(record_kind::alias, {3, 2}, "champion");
  REQUIRE(bytes.size() == 16);
  CHECK(bytes.substr(0, 4) == std::string("\x09\x03\x02\x00", 4));
  CHECK(bytes.substr(4, 4) == "\xd1\x04\x4f\xaf");
  CHECK(bytes.substr(8) == "champion");
}

TEST_CASE(
  "no single flipped bit of a record goes unnoticed", "[storage][record]") {
  const auto good = seal_record(record_kind::version, {1, 1}, "weights");
  for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
    auto bad = good;
    bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << (bit % 8)));
    CAPTURE(bit);
    CHECK_FALSE(open_record(record_kind::version, 1, bad).ok());
  }
}

TEST_CASE("no truncation of a record goes unnoticed", "[storage][record]") {
  const auto good = seal_record(record_kind::version, {1, 1}, "weights");
  for (std::size_t size = 0; size < good.size(); ++size) {
    CAPTURE(size);
    CHECK_FALSE(
      open_record(record_kind::version, 1, good.substr(0, size)).ok());
  }
}

TEST_CASE("a refused record says what differs", "[storage][record]") {
  const auto alias = seal_record(record_kind::alias, {5, 4}, "x");
  CHECK(
    message_of(open_record(record_kind::version, 9, alias)) ==
    "version record expected, found alias");
  CHECK(
    message_of(open_record(record_kind::alias, 3, alias)) ==
    "alias record of version 5 needs a reader of version 4, this build reads "
    "3");
  CHECK(
    message_of(open_record(record_kind::alias, 3, "abc")) ==
    "alias record has 3 bytes, its header alone has 8");
  const auto unknown = seal_record(static_cast<record_kind>(200), {}, "x");
  CHECK(
    message_of(open_record(record_kind::alias, 1, unknown)) ==
    "alias record expected, found unknown kind 200");
}
