#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace ratchet {

/// A number that counts one kind of thing and does not mix with others.
template <class Tag, class Rep = std::uint64_t>
struct number {
  using rep = Rep;

  Rep value = 0;

  friend auto operator<=>(const number&, const number&) = default;
  [[nodiscard]] number next() const { return number{value + 1}; }
};

/// Position of an event in its loop's history: dense, from 1. 0 is "before
/// the first", so a cursor that starts at 0 sees everything.
using sequence = number<struct sequence_tag>;

/// One turn of a loop: dense per loop, from 1.
using iteration_number = number<struct iteration_tag>;

/// A registered model of a loop: dense per loop, from 1. 0 is "none".
using version_number = number<struct version_tag>;

/// One experiment of a loop: dense per loop, from 1. 0 is "none".
using experiment_number = number<struct experiment_tag>;

/// How a shard stores a loop's name; given out once, never reused.
using loop_number = number<struct loop_tag, std::uint32_t>;

/// Names one try of one stage, for ever and everywhere: in the journal, on
/// disk, in the child's environment. "digits.7.train.2": no two tries share
/// one, because a loop's name holds no dot.
[[nodiscard]] std::string make_attempt_id(
  const std::string& loop, iteration_number iteration, const std::string& stage,
  std::uint32_t attempt);

/// What an attempt's id says.
struct attempt_name {
  std::string loop;
  iteration_number iteration;
  std::string stage;
  std::uint32_t attempt = 0;

  friend bool operator==(const attempt_name&, const attempt_name&) = default;
};

/// Takes an id apart; nothing if it is none. A stage's name may hold dots.
[[nodiscard]] std::optional<attempt_name> read_attempt_id(std::string_view id);

} // namespace ratchet

template <class Tag, class Rep>
struct std::hash<ratchet::number<Tag, Rep>> {
  std::size_t operator()(ratchet::number<Tag, Rep> n) const noexcept {
    return std::hash<Rep>{}(n.value);
  }
};
