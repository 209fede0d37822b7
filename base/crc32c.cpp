#include "base/bytes.hpp"

#include <array>
#include <bit>
#include <cstring>

#if defined(__x86_64__)
#include <nmmintrin.h>
#endif

namespace ratchet {

namespace {

constexpr std::array<std::uint32_t, 256> make_byte_table() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    auto crc = i;
    for (int bit = 0; bit < 8; ++bit)
      crc = (crc >> 1U) ^ ((crc & 1U) != 0 ? 0x82F63B78U : 0U);
    table[i] = crc;
  }
  return table;
}

constexpr auto byte_table = make_byte_table();

std::uint32_t extend_portable(std::string_view data, std::uint32_t crc) {
  for (const char c : data)
    crc =
      byte_table[(crc ^ static_cast<unsigned char>(c)) & 0xFFU] ^ (crc >> 8U);
  return crc;
}

#if defined(__x86_64__)

/// Takes a state over `Zeros` zero bytes. Doing so is linear over GF(2), so a
/// table per byte of the state suffices.
template <std::size_t Zeros>
class over_zeros {
public:
  constexpr over_zeros() {
    std::array<std::uint32_t, 32> of_bit{};
    for (unsigned bit = 0; bit < 32; ++bit) {
      std::uint32_t crc = 1U << bit;
      for (std::size_t i = 0; i < Zeros; ++i)
        crc = byte_table[crc & 0xFFU] ^ (crc >> 8U);
      of_bit[bit] = crc;
    }
    for (unsigned byte = 0; byte < 4; ++byte)
      for (unsigned value = 0; value < 256; ++value)
        for (unsigned bit = 0; bit < 8; ++bit)
          if ((value >> bit & 1U) != 0)
            tables_[byte][value] ^= of_bit[byte * 8 + bit];
  }

  [[nodiscard]] std::uint32_t operator()(std::uint32_t crc) const {
    return tables_[0][crc & 0xFFU] ^ tables_[1][crc >> 8U & 0xFFU] ^
      tables_[2][crc >> 16U & 0xFFU] ^ tables_[3][crc >> 24U];
  }

private:
  std::array<std::array<std::uint32_t, 256>, 4> tables_{};
};

std::uint64_t word(const char* at) {
  std::uint64_t value = 0;
  std::memcpy(&value, at, sizeof value);
  return value;
}

/// Three lanes at once: the instruction takes three cycles but can start in
/// each of them.
template <std::size_t Lane>
__attribute__((target("sse4.2"))) std::uint32_t
extend_lanes(const char*& at, std::size_t& left, std::uint32_t crc) {
  static constexpr over_zeros<Lane> over_lane;
  while (left >= 3 * Lane) {
    std::uint64_t a = crc;
    std::uint64_t b = 0;
    std::uint64_t c = 0;
    for (std::size_t i = 0; i < Lane; i += 8) {
      a = _mm_crc32_u64(a, word(at + i));
      b = _mm_crc32_u64(b, word(at + Lane + i));
      c = _mm_crc32_u64(c, word(at + 2 * Lane + i));
    }
    crc =
      over_lane(static_cast<std::uint32_t>(a)) ^ static_cast<std::uint32_t>(b);
    crc = over_lane(crc) ^ static_cast<std::uint32_t>(c);
    at += 3 * Lane;
    left -= 3 * Lane;
  }
  return crc;
}

__attribute__((target("sse4.2"))) std::uint32_t
extend_hardware(std::string_view data, std::uint32_t crc) {
  const char* at = data.data();
  auto left = data.size();
  crc = extend_lanes<2048>(at, left, crc);
  crc = extend_lanes<128>(at, left, crc);
  std::uint64_t wide = crc;
  for (; left >= 8; left -= 8, at += 8)
    wide = _mm_crc32_u64(wide, word(at));
  auto narrow = static_cast<std::uint32_t>(wide);
  for (; left > 0; --left, ++at)
    narrow = _mm_crc32_u8(narrow, static_cast<unsigned char>(*at));
  return narrow;
}

#endif

} // namespace

std::uint32_t crc32c(std::string_view data, std::uint32_t seed) {
  const auto start = ~seed;
#if defined(__x86_64__)
  static const bool hardware = __builtin_cpu_supports("sse4.2") != 0;
  if (hardware)
    return ~extend_hardware(data, start);
#endif
  return ~extend_portable(data, start);
}

} // namespace ratchet
