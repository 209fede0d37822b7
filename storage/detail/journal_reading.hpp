#pragma once

#include "base/ids.hpp"
#include "base/result.hpp"
#include "storage/keys.hpp"
#include "storage/store.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <utility>

/// How journals and definitions are read, and what errors call them.

namespace ratchet::storage::detail {

inline std::string name_of(loop_number loop) {
  return "loop number " + std::to_string(loop.value);
}

inline std::string name_of(loop_number loop, iteration_number iteration) {
  return name_of(loop) + ": iteration " + std::to_string(iteration.value);
}

inline error within(const std::string& where, const error& e) {
  return {e.code, where + ": " + e.message};
}

inline error broken(const std::string& where, const std::string& what) {
  return {errc::corruption, where + ": " + what};
}

/// Decodes the value of one key; none if the key is not there.
template <class T>
result<std::optional<T>> load(
  const store& from, column where, const std::string& key,
  result<T> (*decode)(std::string_view), const std::string& what) {
  const auto bytes = from.get(where, key);
  if (!bytes)
    return within(what, bytes.err());
  if (!*bytes)
    return std::optional<T>{};
  auto value = decode(**bytes);
  if (!value)
    return within(what, value.err());
  return std::optional<T>{std::move(*value)};
}

/// Calls `take(key, bytes)` along a range until it fails or says false.
template <class Take>
result<void> walk(
  const store& from, column where, const key_range& range, bool newest_first,
  const Take& take) {
  result<void> outcome;
  const auto visit = [&](std::string_view key, std::string_view bytes) {
    result<bool> more = take(key, bytes);
    if (!more)
      outcome = more.err();
    return more.ok() && *more;
  };
  const auto walked = newest_first ? from.scan_reverse(where, range, visit)
                                   : from.scan(where, range, visit);
  return walked.ok() ? outcome : walked;
}

} // namespace ratchet::storage::detail
