#pragma once

#include "base/clock.hpp"
#include "base/ids.hpp"
#include "base/result.hpp"
#include "storage/keys.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// How events lie in the history: a block holds neighbors of one loop.
///
/// The value of a block_key: a record (history_block) of, little-endian,
///
///   size    field
///      8    first sequence     as in the key
///      8    bytes before       all earlier blocks of the loop together
///      4    event count n      from 1
///      4    span count m       from 1 to n
///   12 m    spans              u32 events, i64 received, ms since 1970
///    4 n    ends               where each event's bytes end
///      b    events             event_codec.hpp
///
/// By hand and not through an archive: it is read in place, one event in the
/// middle as quickly as all of them.

namespace ratchet::storage::detail {

constexpr std::uint8_t block_layout = 1;

/// Gathers the events of one block; the bytes must stay until `finish`.
class block_builder {
public:
  block_builder(sequence first, std::uint64_t bytes_before)
      : first_(first), bytes_before_(bytes_before) {}

  void add(std::string_view encoded, time_point received);

  [[nodiscard]] bool empty() const { return ends_.empty(); }
  [[nodiscard]] std::size_t event_bytes() const { return size_; }
  [[nodiscard]] sequence first() const { return first_; }
  /// The sequence that the next event would get.
  [[nodiscard]] sequence next() const { return {first_.value + ends_.size()}; }
  /// The sealed record.
  [[nodiscard]] std::string finish() const;

private:
  struct span {
    std::uint32_t events;
    time_point received;
  };

  sequence first_;
  std::uint64_t bytes_before_;
  std::size_t size_ = 0;
  std::vector<span> spans_;
  std::vector<std::uint32_t> ends_;
  std::vector<std::string_view> pieces_; ///< Neighbors in memory are one.
};

/// The checksum in a sealed block's header.
[[nodiscard]] std::uint32_t block_crc(std::string_view value);

/// A block's parts, as views into its bytes.
class block_view {
public:
  /// Errors: `corruption` if the record, its sizes or its first sequence
  ///   (against `key`) do not hold.
  [[nodiscard]] static result<block_view>
  parse(const block_key& key, std::string_view value);

  [[nodiscard]] sequence first() const { return first_; }
  [[nodiscard]] std::uint32_t count() const { return count_; }
  [[nodiscard]] sequence last() const { return {first_.value + count_ - 1}; }
  [[nodiscard]] std::uint64_t bytes_before() const { return bytes_before_; }
  /// With this block.
  [[nodiscard]] std::uint64_t bytes_after() const {
    return bytes_before_ + value_size_;
  }
  /// Of the record: as good as the content's name.
  [[nodiscard]] std::uint32_t crc() const { return crc_; }

  /// Event `i` of `count`, encoded.
  [[nodiscard]] std::string_view event(std::uint32_t i) const;
  /// When event `i` came; never falls within a loop. Cost: linear in spans.
  [[nodiscard]] time_point received(std::uint32_t i) const;

private:
  sequence first_;
  std::uint32_t count_ = 0;
  std::uint64_t bytes_before_ = 0;
  std::uint64_t value_size_ = 0;
  std::uint32_t crc_ = 0;
  std::string_view spans_;
  std::string_view ends_;
  std::string_view events_;
};

} // namespace ratchet::storage::detail
