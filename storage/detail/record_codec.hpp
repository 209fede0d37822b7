#pragma once

#include "storage/record.hpp"

#include <cereal/archives/portable_binary.hpp>
#include <cereal/cereal.hpp>

#include <exception>
#include <istream>
#include <ostream>
#include <streambuf>
#include <string>
#include <string_view>

/// Plain structs to records and back, through cereal's portable binary
/// archive in little-endian order. Only storage/*.cpp includes this: cereal's
/// types stop here.
///
/// A struct brings `serialize(archive, version)` (or `save` and `load`) and
/// CEREAL_CLASS_VERSION; include the <cereal/types/...> it uses.

namespace ratchet::storage::detail {

/// Appends what is written to a string; std::stringstream would copy it all
/// once more and takes the locale's lock.
class string_sink final : public std::streambuf {
public:
  explicit string_sink(std::string& out) : out_(out) {}

protected:
  std::streamsize xsputn(const char* data, std::streamsize size) override {
    out_.append(data, static_cast<std::size_t>(size));
    return size;
  }
  int_type overflow(int_type c) override {
    if (!traits_type::eq_int_type(c, traits_type::eof()))
      out_.push_back(traits_type::to_char_type(c));
    return traits_type::not_eof(c);
  }

private:
  std::string& out_;
};

/// Reads from bytes that stay where they are.
class view_source final : public std::streambuf {
public:
  explicit view_source(std::string_view bytes) {
    // The get area is never written through; streambuf has no const form.
    auto* begin = const_cast<char*>(bytes.data());
    setg(begin, begin, begin + bytes.size());
  }
  [[nodiscard]] std::size_t left() const {
    return static_cast<std::size_t>(egptr() - gptr());
  }
};

/// The payload of `value` behind what is in `out`.
template <class T>
void encode_payload(const T& value, std::string& out) {
  string_sink sink{out};
  std::ostream stream{&sink};
  cereal::PortableBinaryOutputArchive archive{
    stream, cereal::PortableBinaryOutputArchive::Options::LittleEndian()};
  archive(value);
}

/// Errors: `corruption` if the bytes end early, do not parse, or go on behind
///   the value.
template <class T>
[[nodiscard]] result<T>
decode_payload(std::string_view payload, std::string_view what) {
  view_source source{payload};
  std::istream stream{&source};
  try {
    T value{};
    cereal::PortableBinaryInputArchive archive{
      stream, cereal::PortableBinaryInputArchive::Options::LittleEndian()};
    archive(value);
    if (source.left() != 0)
      return error{
        errc::corruption,
        std::string{what} + " has " + std::to_string(source.left()) +
          " bytes behind its end"};
    return value;
  } catch (const std::exception& e) {
    return error{
      errc::corruption,
      std::string{what} + " does not parse: " + std::string{e.what()}};
  }
}

/// Header and payload of `value`.
template <class T>
[[nodiscard]] std::string
encode_record(record_kind kind, record_version version, const T& value) {
  std::string bytes(record_header_size, '\0');
  encode_payload(value, bytes);
  seal_in_place(kind, version, bytes);
  return bytes;
}

/// `T` out of a record of `kind`; `reads` is the newest layout known here.
/// Errors: `corruption` as of `open_record` and `decode_payload`.
template <class T>
[[nodiscard]] result<T>
decode_record(record_kind kind, std::uint8_t reads, std::string_view bytes) {
  const auto opened = open_record(kind, reads, bytes);
  if (!opened)
    return opened.err();
  return decode_payload<T>(
    opened->payload, std::string{to_string(kind)} + " record");
}

} // namespace ratchet::storage::detail
