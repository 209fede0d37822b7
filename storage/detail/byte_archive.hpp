#pragma once

#include "storage/record.hpp"

#include <cereal/cereal.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <exception>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

/// Cereal archives that write to a string and read from a view. The bytes are
/// those of cereal's portable binary archive in little-endian order (a test
/// holds them against it); what differs is that there is no stream between,
/// which is most of that archive's cost, and that a reader believes nothing:
/// sizes are bounded by what is left, a bool is 0 or 1, an enum is in its
/// range. Only storage/*.cpp includes this.
///
/// Layout versions. There is one per record, in its header; both archives
/// carry it, and a `serialize` whose fields have changed asks for it:
///
///   if (archive.version() >= 2)
///     archive(x.added_in_2);
///
/// Cereal's own class versions are not used: they repeat four bytes per class
/// and record, and their registry is not safe for use by several threads.

namespace ratchet::storage::detail {

/// The first byte of a payload, as cereal writes it for little-endian.
constexpr std::uint8_t little_endian_mark = 1;

/// What the reader throws, through cereal; `decode_record` catches it.
struct malformed : cereal::Exception {
  using cereal::Exception::Exception;
};

class byte_writer final : public cereal::OutputArchive<
                            byte_writer, cereal::AllowEmptyClassElision> {
public:
  byte_writer(std::string& out, std::uint8_t version)
      : OutputArchive(this), out_(out), version_(version) {
    put(&little_endian_mark, 1);
  }
  void put(const void* data, std::size_t size) {
    out_.append(static_cast<const char*>(data), size);
  }
  [[nodiscard]] std::uint8_t version() const { return version_; }

private:
  std::string& out_;
  std::uint8_t version_;
};

class byte_source final
    : public cereal::InputArchive<byte_source, cereal::AllowEmptyClassElision> {
public:
  byte_source(std::string_view bytes, std::uint8_t version)
      : InputArchive(this), rest_(bytes), version_(version) {
    std::uint8_t mark = 0;
    take(&mark, 1);
    if (mark != little_endian_mark)
      throw malformed{"is not little-endian"};
  }
  void take(void* data, std::size_t size) {
    if (size > rest_.size())
      throw malformed{"ends early"};
    if (size > 0)
      std::memcpy(data, rest_.data(), size);
    rest_.remove_prefix(size);
  }
  [[nodiscard]] std::size_t left() const { return rest_.size(); }
  [[nodiscard]] std::uint8_t version() const { return version_; }

private:
  std::string_view rest_;
  std::uint8_t version_;
};

// What cereal asks of an archive --------------------------------------------

template <class T>
  requires std::is_arithmetic_v<T>
void save(byte_writer& archive, const T& value) {
  archive.put(&value, sizeof value);
}
template <class T>
  requires std::is_arithmetic_v<T>
void load(byte_source& archive, T& value) {
  if constexpr (std::is_same_v<T, bool>) {
    std::uint8_t byte = 0;
    archive.take(&byte, 1);
    if (byte > 1)
      throw malformed{"has a bool that is neither 0 nor 1"};
    value = byte == 1;
  } else {
    archive.take(&value, sizeof value);
  }
}

template <class T>
void save(byte_writer& archive, const cereal::BinaryData<T>& data) {
  archive.put(data.data, static_cast<std::size_t>(data.size));
}
template <class T>
void load(byte_source& archive, cereal::BinaryData<T>& data) {
  archive.take(data.data, static_cast<std::size_t>(data.size));
}

template <class T>
void save(byte_writer& archive, const cereal::SizeTag<T>& tag) {
  const std::uint64_t size = tag.size;
  archive.put(&size, sizeof size);
}
/// Every element of every container has one byte at least, so a size beyond
/// what is left is refused before anything is allocated for it.
template <class T>
void load(byte_source& archive, cereal::SizeTag<T>& tag) {
  std::uint64_t size = 0;
  archive.take(&size, sizeof size);
  if (size > archive.left())
    throw malformed{"has a size beyond its end"};
  tag.size = size;
}

template <class T>
void serialize(byte_writer& archive, cereal::NameValuePair<T>& pair) {
  archive(pair.value);
}
template <class T>
void serialize(byte_source& archive, cereal::NameValuePair<T>& pair) {
  archive(pair.value);
}

// What our structs need besides ---------------------------------------------

/// An enum as its byte, from `first` to `last`.
template <class Enum>
struct in_range {
  Enum& value;
  Enum last;
  Enum first = static_cast<Enum>(1);
};
template <class Enum>
in_range(Enum&, Enum) -> in_range<Enum>;

template <class Enum>
void save(byte_writer& archive, const in_range<Enum>& e) {
  static_assert(sizeof(Enum) == 1);
  archive(static_cast<std::uint8_t>(e.value));
}
template <class Enum>
void load(byte_source& archive, in_range<Enum>& e) {
  std::uint8_t byte = 0;
  archive(byte);
  if (
    byte < static_cast<std::uint8_t>(e.first) ||
    byte > static_cast<std::uint8_t>(e.last))
    throw malformed{
      "has an enum of value " + std::to_string(byte) + ", which is none"};
  e.value = static_cast<Enum>(byte);
}

/// A variant as one byte for its index and then the alternative.
template <class... Ts>
void save(byte_writer& archive, const std::variant<Ts...>& value) {
  archive(static_cast<std::uint8_t>(value.index()));
  std::visit([&](const auto& alternative) { archive(alternative); }, value);
}
template <class... Ts>
void load(byte_source& archive, std::variant<Ts...>& value) {
  std::uint8_t index = 0;
  archive(index);
  if (index >= sizeof...(Ts))
    throw malformed{
      "has alternative " + std::to_string(index) + ", which is none"};
  const auto take = [&]<std::size_t... I>(std::index_sequence<I...>) {
    const auto one = [&]<std::size_t N>() {
      archive(value.template emplace<N>());
    };
    ((index == I ? one.template operator()<I>() : void()), ...);
  };
  take(std::index_sequence_for<Ts...>{});
}

// Records -------------------------------------------------------------------

/// Header and payload of `value`.
template <class T>
[[nodiscard]] std::string
to_record(record_kind kind, record_version version, const T& value) {
  std::string bytes;
  bytes.reserve(256); // Most records fit: one allocation.
  bytes.resize(record_header_size);
  byte_writer archive{bytes, version.written};
  archive(value);
  seal_in_place(kind, version, bytes);
  return bytes;
}

/// `T` out of a record of `kind`; `reads` is the newest layout known here.
/// Errors: `corruption`: what `open_record` reports, or a payload that does
///   not parse or goes on behind its end.
template <class T>
[[nodiscard]] result<T>
from_record(record_kind kind, std::uint8_t reads, std::string_view bytes) {
  const auto opened = open_record(kind, reads, bytes);
  if (!opened)
    return opened.err();
  const auto wrong = [&](const std::string& what) {
    return error{
      errc::corruption, std::string{to_string(kind)} + " record " + what};
  };
  try {
    byte_source archive{opened->payload, opened->version};
    T value{};
    archive(value);
    if (archive.left() != 0)
      return wrong(
        "has " + std::to_string(archive.left()) + " bytes behind its end");
    return value;
  } catch (const std::exception& e) {
    return wrong(e.what());
  }
}

} // namespace ratchet::storage::detail

CEREAL_SETUP_ARCHIVE_TRAITS(
  ratchet::storage::detail::byte_source, ratchet::storage::detail::byte_writer)
