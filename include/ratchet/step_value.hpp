#pragma once

#include <concepts>
#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// What a step of a stage may return, and how that is recorded: as JSON.
///
///   bool                        true, false
///   integers                    decimal
///   double, float               the shortest decimal that reads back the same
///   std::string                 a string; UTF-8
///   std::vector<T>              an array
///   std::map<std::string, T>    an object
///
/// Nested as you like. What is read back is what was recorded, bit for bit;
/// a double that is no finite number, and a text that is not UTF-8, cannot be.

namespace ratchet::detail {

/// Appends; false if there is no JSON for it.
bool write_value(std::string& out, bool value);
bool write_value(std::string& out, std::int64_t value);
bool write_value(std::string& out, std::uint64_t value);
bool write_value(std::string& out, double value);
bool write_value(std::string& out, const std::string& value);

/// Takes one from the front of `in`; false if another kind stands there.
bool read_value(std::string_view& in, bool& value);
bool read_value(std::string_view& in, std::int64_t& value);
bool read_value(std::string_view& in, std::uint64_t& value);
bool read_value(std::string_view& in, double& value);
bool read_value(std::string_view& in, std::string& value);
/// Takes `c` from the front of `in`, if it stands there.
bool take(std::string_view& in, char c);

template <class T>
concept other_number = (std::integral<T> ||
                        std::floating_point<T>)&&!std::same_as<T, bool> &&
  !std::same_as<T, std::int64_t> && !std::same_as<T, std::uint64_t> &&
  !std::same_as<T, double>;

template <class T>
using widest = std::conditional_t<
  std::floating_point<T>, double,
  std::conditional_t<std::signed_integral<T>, std::int64_t, std::uint64_t>>;

template <other_number T>
bool write_value(std::string& out, T value) {
  static_assert(sizeof(T) <= 8, "long double is no type that JSON keeps");
  return write_value(out, static_cast<widest<T>>(value));
}

template <other_number T>
bool read_value(std::string_view& in, T& value) {
  widest<T> wide{};
  if (!read_value(in, wide))
    return false;
  if constexpr (std::integral<T>)
    if (
      wide < widest<T>{std::numeric_limits<T>::min()} ||
      wide > widest<T>{std::numeric_limits<T>::max()})
      return false;
  value = static_cast<T>(wide);
  return true;
}

template <class T>
bool write_value(std::string& out, const std::vector<T>& items);
template <class T>
bool write_value(std::string& out, const std::map<std::string, T>& members);
template <class T>
bool read_value(std::string_view& in, std::vector<T>& items);
template <class T>
bool read_value(std::string_view& in, std::map<std::string, T>& members);

template <class T>
bool write_value(std::string& out, const std::vector<T>& items) {
  out += '[';
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (i > 0)
      out += ',';
    // A vector<bool> has no elements to refer to.
    if (!write_value(out, static_cast<T>(items[i])))
      return false;
  }
  out += ']';
  return true;
}

template <class T>
bool write_value(std::string& out, const std::map<std::string, T>& members) {
  out += '{';
  bool first = true;
  for (const auto& [name, value] : members) {
    if (!first)
      out += ',';
    first = false;
    if (!write_value(out, name))
      return false;
    out += ':';
    if (!write_value(out, value))
      return false;
  }
  out += '}';
  return true;
}

template <class T>
bool read_value(std::string_view& in, std::vector<T>& items) {
  items.clear();
  if (!take(in, '['))
    return false;
  if (take(in, ']'))
    return true;
  do {
    T item{};
    if (!read_value(in, item))
      return false;
    items.push_back(std::move(item));
  } while (take(in, ','));
  return take(in, ']');
}

template <class T>
bool read_value(std::string_view& in, std::map<std::string, T>& members) {
  members.clear();
  if (!take(in, '{'))
    return false;
  if (take(in, '}'))
    return true;
  do {
    std::string name;
    T value{};
    if (!read_value(in, name) || !take(in, ':') || !read_value(in, value))
      return false;
    members.insert_or_assign(std::move(name), std::move(value));
  } while (take(in, ','));
  return take(in, '}');
}

} // namespace ratchet::detail

namespace ratchet {

/// A type that a step may return.
template <class T>
concept step_value = std::default_initializable<T> &&
  requires(std::string out, std::string_view in, const T& value, T& read) {
  { detail::write_value(out, value) } -> std::same_as<bool>;
  { detail::read_value(in, read) } -> std::same_as<bool>;
};

} // namespace ratchet
