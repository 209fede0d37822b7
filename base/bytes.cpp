#include "base/bytes.hpp"

#include <array>
#include <bit>
#include <cstring>

namespace ratchet {

namespace {

static_assert(
  std::endian::native == std::endian::little,
  "the raw loads below, and the formats' measured speed, assume it");

template <class Integer>
void put_raw(std::string& out, Integer value) {
  std::array<char, sizeof(Integer)> raw{};
  std::memcpy(raw.data(), &value, sizeof value);
  out.append(raw.data(), raw.size());
}

template <class Integer>
Integer get_raw(const char* data) {
  Integer value = 0;
  std::memcpy(&value, data, sizeof value);
  return value;
}

/// Bytes in the UTF-8 sequence that starts with `lead`; 0 if none does.
std::size_t sequence_length(unsigned char lead) {
  if (lead < 0x80)
    return 1;
  if (lead >= 0xC2 && lead <= 0xDF)
    return 2;
  if (lead >= 0xE0 && lead <= 0xEF)
    return 3;
  if (lead >= 0xF0 && lead <= 0xF4)
    return 4;
  return 0;
}

/// The range of the second byte is narrower for four leads: it is what
/// excludes overlong forms, surrogates, and code points above U+10FFFF.
bool second_byte_ok(unsigned char lead, unsigned char second) {
  const unsigned char low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
  const unsigned char high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
  return second >= low && second <= high;
}

} // namespace

void put_be32(std::string& out, std::uint32_t value) {
  put_raw(out, __builtin_bswap32(value));
}
void put_be64(std::string& out, std::uint64_t value) {
  put_raw(out, __builtin_bswap64(value));
}
void put_le16(std::string& out, std::uint16_t value) {
  put_raw(out, value);
}
void put_le32(std::string& out, std::uint32_t value) {
  put_raw(out, value);
}
void put_le64(std::string& out, std::uint64_t value) {
  put_raw(out, value);
}

std::uint32_t get_be32(const char* data) {
  return __builtin_bswap32(get_raw<std::uint32_t>(data));
}
std::uint64_t get_be64(const char* data) {
  return __builtin_bswap64(get_raw<std::uint64_t>(data));
}
std::uint16_t get_le16(const char* data) {
  return get_raw<std::uint16_t>(data);
}
std::uint32_t get_le32(const char* data) {
  return get_raw<std::uint32_t>(data);
}
std::uint64_t get_le64(const char* data) {
  return get_raw<std::uint64_t>(data);
}

std::string to_hex(std::string_view bytes) {
  static constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    out += digits[byte >> 4];
    out += digits[byte & 15];
  }
  return out;
}

std::string to_hex(std::uint64_t value) {
  std::string raw;
  put_be64(raw, value);
  return to_hex(std::string_view{raw});
}

std::size_t valid_utf8_prefix(std::string_view text) {
  const auto* const start = reinterpret_cast<const unsigned char*>(text.data());
  const auto* const end = start + text.size();
  const auto* at = start;
  while (at < end) {
    // Text is mostly ASCII: eight bytes at a time while no high bit is set.
    while (end - at >= 8 &&
           (get_raw<std::uint64_t>(reinterpret_cast<const char*>(at)) &
            0x8080808080808080ULL) == 0)
      at += 8;
    if (at == end)
      break;
    const auto length = sequence_length(*at);
    const auto so_far = static_cast<std::size_t>(at - start);
    if (length == 0 || static_cast<std::size_t>(end - at) < length)
      return so_far;
    if (length > 1 && !second_byte_ok(at[0], at[1]))
      return so_far;
    for (std::size_t i = 2; i < length; ++i)
      if ((at[i] & 0xC0) != 0x80)
        return so_far;
    at += length;
  }
  return text.size();
}

bool is_valid_utf8(std::string_view text) {
  return valid_utf8_prefix(text) == text.size();
}

const char* byte_reader::take(std::size_t size) {
  static constexpr std::array<char, 8> zeros{};
  if (!ok_ || rest_.size() < size) {
    ok_ = false;
    rest_ = {};
    return zeros.data();
  }
  const char* at = rest_.data();
  rest_.remove_prefix(size);
  return at;
}

std::uint8_t byte_reader::u8() {
  return static_cast<std::uint8_t>(*take(1));
}
std::uint16_t byte_reader::le16() {
  return get_le16(take(2));
}
std::uint32_t byte_reader::le32() {
  return get_le32(take(4));
}
std::uint64_t byte_reader::le64() {
  return get_le64(take(8));
}

std::string_view byte_reader::bytes(std::size_t size) {
  const char* at = take(size);
  return ok_ ? std::string_view{at, size} : std::string_view{};
}

} // namespace ratchet
