#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ratchet {

/// Appends an integer big-endian, so that byte order is numeric order: keys.
void put_be32(std::string& out, std::uint32_t value);
void put_be64(std::string& out, std::uint64_t value);

/// Appends an integer little-endian: headers and records.
void put_le16(std::string& out, std::uint16_t value);
void put_le32(std::string& out, std::uint32_t value);
void put_le64(std::string& out, std::uint64_t value);

/// Read at `data`, which must hold as many bytes as the integer.
[[nodiscard]] std::uint32_t get_be32(const char* data);
[[nodiscard]] std::uint64_t get_be64(const char* data);
[[nodiscard]] std::uint16_t get_le16(const char* data);
[[nodiscard]] std::uint32_t get_le32(const char* data);
[[nodiscard]] std::uint64_t get_le64(const char* data);

/// CRC-32C (Castagnoli) of `data`, continued from `seed`. Hardware where the
/// processor has SSE 4.2. Source: RFC 3720, appendix B.4.
[[nodiscard]] std::uint32_t
crc32c(std::string_view data, std::uint32_t seed = 0);

/// FNV-1a, 64 bits: for fingerprints and sticky assignment, where the same
/// bytes must give the same number on every machine, and no one attacks.
[[nodiscard]] constexpr std::uint64_t
fnv1a64(std::string_view data, std::uint64_t seed = 14695981039346656037ULL) {
  auto hash = seed;
  for (const char c : data) {
    hash ^= static_cast<unsigned char>(c);
    hash *= 1099511628211ULL;
  }
  return hash;
}

/// Lower-case hexadecimal.
[[nodiscard]] std::string to_hex(std::string_view bytes);
[[nodiscard]] std::string to_hex(std::uint64_t value);

/// True if `text` is well-formed UTF-8 without surrogates or overlong forms.
[[nodiscard]] bool is_valid_utf8(std::string_view text);
/// Bytes before the first that is not well-formed; all of them if none is.
[[nodiscard]] std::size_t valid_utf8_prefix(std::string_view text);

/// Reads fields one after the other and remembers when one was missing, so
/// that a decoder checks once, at the end.
class byte_reader {
public:
  explicit byte_reader(std::string_view data) : rest_(data) {}

  [[nodiscard]] std::uint8_t u8();
  [[nodiscard]] std::uint16_t le16();
  [[nodiscard]] std::uint32_t le32();
  [[nodiscard]] std::uint64_t le64();
  /// `size` raw bytes, a view into the input.
  [[nodiscard]] std::string_view bytes(std::size_t size);

  /// False once anything was read past the end; what was returned from then
  /// on is zero or empty.
  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] std::string_view rest() const { return rest_; }

private:
  [[nodiscard]] const char* take(std::size_t size);

  std::string_view rest_;
  bool ok_ = true;
};

} // namespace ratchet
