#include "base/bytes.hpp"

#include <catch2/catch.hpp>

using namespace ratchet;

TEST_CASE("crc32c agrees with the published check values", "[base]") {
  // "123456789" and 32 zeros: RFC 3720, appendix B.4, and the catalogue of
  // parametrised CRC algorithms (CRC-32/ISCSI).
  CHECK(crc32c("123456789") == 0xE3069283U);
  CHECK(crc32c(std::string(32, '\0')) == 0x8A9136AAU);
  CHECK(crc32c(std::string(32, '\xFF')) == 0x62A8AB43U);
  CHECK(crc32c("") == 0);
}

TEST_CASE("crc32c of much at once is that of its bytes", "[base]") {
  // Long inputs go through lanes of 2048 and 128 bytes, single bytes do not.
  std::string text;
  std::uint32_t by_bytes = 0;
  for (unsigned i = 0; i < 15'000; ++i) {
    const char next = static_cast<char>(i * i >> 5U);
    text += next;
    by_bytes = crc32c({&next, 1}, by_bytes);
    if (i % 97 == 0 || i > 14'980)
      CHECK(crc32c(text) == by_bytes);
  }
}

TEST_CASE("crc32c can be continued at any byte", "[base]") {
  const std::string text = "the quick brown fox jumps over the lazy dog";
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    const std::string_view whole = text;
    CHECK(
      crc32c(whole.substr(cut), crc32c(whole.substr(0, cut))) == crc32c(text));
  }
}

TEST_CASE("fnv1a64 agrees with its authors' test vectors", "[base]") {
  // http://www.isthe.com/chongo/src/fnv/test_fnv.c
  CHECK(fnv1a64("") == 0xCBF29CE484222325ULL);
  CHECK(fnv1a64("a") == 0xAF63DC4C8601EC8CULL);
  CHECK(fnv1a64("foobar") == 0x85944171F73967E8ULL);
}

TEST_CASE("big-endian integers sort as bytes as they do as numbers", "[base]") {
  const std::vector<std::uint64_t> rising{
    0, 1, 255, 256, 0x7FFFFFFF, 0x80000000, 0x7FFFFFFFFFFFFFFF, ~0ULL};
  for (std::size_t i = 1; i < rising.size(); ++i) {
    std::string lower;
    std::string upper;
    put_be64(lower, rising[i - 1]);
    put_be64(upper, rising[i]);
    CHECK(lower < upper);
    CHECK(get_be64(upper.data()) == rising[i]);
  }
  std::string four;
  put_be32(four, 0x01020304);
  CHECK(four == std::string{"\x01\x02\x03\x04"});
  CHECK(get_be32(four.data()) == 0x01020304);
}

TEST_CASE("hexadecimal is lower case and keeps leading zeros", "[base]") {
  CHECK(to_hex(std::string_view{"\x00\x0f\xff", 3}) == "000fff");
  CHECK(to_hex(std::uint64_t{0xAB}) == "00000000000000ab");
}

TEST_CASE("well-formed UTF-8 is accepted", "[base]") {
  const auto* text = GENERATE(
    "", "plain", "eight bytes or more of plain text", "\x7F", "\xC2\x80",
    "\xDF\xBF", "\xE0\xA0\x80", "\xEC\xBF\xBF", "\xED\x9F\xBF", "\xEE\x80\x80",
    "\xEF\xBF\xBF", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF",
    "Gr\xC3\xBC\xC3\x9F"
    "e \xF0\x9F\x99\x82 at the end");
  CAPTURE(text);
  CHECK(is_valid_utf8(text));
}

TEST_CASE("ill-formed UTF-8 is refused wherever it stands", "[base]") {
  // Table 3-7 of the Unicode standard, one breach per row.
  const std::string bad = GENERATE(
    "\x80", "\xBF", "\xC0\x80", "\xC1\xBF", "\xC2", "\xC2\x41", "\xE0\x9F\xBF",
    "\xE1\x80", "\xE1\x80\x41", "\xED\xA0\x80", "\xED\xBF\xBF",
    "\xF0\x8F\xBF\xBF", "\xF1\x80\x80", "\xF1\x80\x80\x41", "\xF4\x90\x80\x80",
    "\xF5\x80\x80\x80", "\xFE", "\xFF");
  CAPTURE(to_hex(bad));
  // The fast path takes eight bytes at a time: try each place in a block.
  for (std::size_t before = 0; before <= 9; ++before)
    for (const std::size_t after : {0, 1, 12}) {
      CAPTURE(before, after);
      CHECK_FALSE(is_valid_utf8(
        std::string(before, 'a') + bad + std::string(after, 'z')));
    }
}

TEST_CASE("a byte reader reads fields in order", "[base]") {
  std::string data;
  data += '\x07';
  put_le16(data, 0x0102);
  put_le32(data, 0x03040506);
  put_le64(data, 0x0708090A0B0C0D0EULL);
  data += "rest";
  byte_reader in{data};
  CHECK(in.u8() == 7);
  CHECK(in.le16() == 0x0102);
  CHECK(in.le32() == 0x03040506);
  CHECK(in.le64() == 0x0708090A0B0C0D0EULL);
  CHECK(in.bytes(2) == "re");
  CHECK(in.rest() == "st");
  CHECK(in.ok());
}

TEST_CASE("a byte reader stays failed after a short read", "[base]") {
  byte_reader in{"abc"};
  CHECK(in.le32() == 0);
  CHECK_FALSE(in.ok());
  // What was left is not handed out either: it is not where a field begins.
  CHECK(in.u8() == 0);
  CHECK(in.bytes(1).empty());
  CHECK_FALSE(in.ok());

  byte_reader exact{"abc"};
  CHECK(exact.bytes(3) == "abc");
  CHECK(exact.ok());
  CHECK(exact.bytes(static_cast<std::size_t>(-1)).empty());
  CHECK_FALSE(exact.ok());
}
