#pragma once

#include "base/event.hpp"
#include "base/result.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

/// The bytes of one event in the history. By hand and not through an archive:
/// every event passes here once when it is taken in.
///
/// One event, little-endian; what is absent (empty, 0, the epoch, false)
/// takes no bytes but its flag:
///
///   size  field
///      1  kind            event_kind
///      2  flags           see below
///    2+n  id              u16 length, bytes; always there
///    2+n  interaction_id  flag 0
///    2+n  channel         flag 1
///    2+n  subject         flag 2
///      8  version         flag 3
///    2+n  arm             flag 4
///      8  propensity      flag 5; IEEE 754 binary64
///      8  at              flag 6; signed, ms since 1970
///      2  slice count     flag 7; then per slice 2+n name, 2+n value
///    4+n  input           flag 8
///    4+n  output          flag 9
///    4+n  metadata        flag 10
///      v  value           flags 11-12: 0 false, 1 true (no bytes),
///                         2 number (8), 3 text (4+n)
///
/// Flags 13-15 are 0. An event has exactly one encoding, so equal content is
/// equal bytes: deduplication compares these.

namespace ratchet::storage {

/// Longest id, interaction id, channel, subject, arm, slice name and value,
/// and most slices: what fits a u16.
constexpr std::size_t max_short_text = 0xFFFF;

/// An event whose texts live elsewhere, for a parser's buffer.
struct event_view {
  using slice = std::pair<std::string_view, std::string_view>;

  event_kind kind = event_kind::interaction;
  std::string_view id;
  std::string_view interaction_id;
  std::string_view channel;
  std::variant<bool, double, std::string_view> value = false;
  std::string_view subject;
  version_number version;
  std::string_view arm;
  double propensity = 0;
  time_point at;
  std::span<const slice> slices;
  std::string_view input;
  std::string_view output;
  std::string_view metadata;
};

/// Appends the encoding of `e` to `out`.
///
/// Shape: short texts and the slice count within `max_short_text`, the others
///   within 4 GiB; the caller has checked, with limits of its own.
/// Cost:  some 30 ns and the copy of the texts.
void encode_event(const event_view& e, std::string& out);
void encode_event(const event& e, std::string& out);

/// Errors: `corruption` if `bytes` are not exactly one encoded event.
[[nodiscard]] result<event> decode_event(std::string_view bytes);

/// What an index and a join ask first, as views into the encoded bytes.
struct event_head {
  event_kind kind;
  std::string_view id;
  std::string_view interaction_id;
  std::string_view channel;
  std::string_view subject;
};

/// Reads no further than the subject.
/// Errors: `corruption` if the head does not parse.
[[nodiscard]] result<event_head> decode_event_head(std::string_view bytes);

} // namespace ratchet::storage
