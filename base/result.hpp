#pragma once

#include "base/assert.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace ratchet {

/// What kind of failure this is. Numbers and names are stable: they reach
/// clients, logs and the disk. Never renumber, never reuse.
enum class errc : std::uint8_t {
  not_found = 1,
  already_exists = 2,
  invalid_argument = 3,
  conflict = 4,
  not_leader = 5,
  timed_out = 6,
  corruption = 7,
  io_error = 8,
  unavailable = 9,     ///< Try again later; the message says when or why.
  resource_limit = 10, ///< A declared bound was reached.
  canceled = 11,
  failed_condition = 12, ///< A wait or check ended with "no".
  unauthorized = 13,
};

/// The stable name of a code, as clients see it: "not_found".
[[nodiscard]] std::string_view to_string(errc code);

/// A failure: a code for programs and a sentence for people.
///
/// The sentence names the thing and the remedy, in lower case, with no full
/// stop: `loop digits: stage "train" has a timeout of zero; give it more`.
struct error {
  errc code;
  std::string message;

  friend bool operator==(const error&, const error&) = default;
};

/// A value or an error: how every expected failure travels.
template <class T>
class [[nodiscard]] result {
public:
  using value_type = T;

  result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  result(error e) : state_(std::in_place_index<1>, std::move(e)) {}

  [[nodiscard]] bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }

  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(value()); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  [[nodiscard]] T& value() {
    RATCHET_ASSERT(ok());
    return *std::get_if<0>(&state_);
  }
  [[nodiscard]] const T& value() const {
    RATCHET_ASSERT(ok());
    return *std::get_if<0>(&state_);
  }
  [[nodiscard]] const error& err() const {
    RATCHET_ASSERT(!ok());
    return *std::get_if<1>(&state_);
  }

private:
  std::variant<T, error> state_;
};

/// Success, or an error.
template <>
class [[nodiscard]] result<void> {
public:
  using value_type = void;

  result() = default;
  result(error e) : error_(std::move(e)), ok_(false) {}

  [[nodiscard]] bool ok() const { return ok_; }
  explicit operator bool() const { return ok_; }
  [[nodiscard]] const error& err() const {
    RATCHET_ASSERT(!ok_);
    return error_;
  }

private:
  error error_{};
  bool ok_ = true;
};

} // namespace ratchet
