#pragma once

#include "base/result.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

/// The eight bytes in front of every stored value. They say what the value
/// is, who may read it, and whether it is whole.
///
/// One stored value, little-endian:
///
///   offset size field
///        0    1 kind      record_kind
///        1    1 version   layout version of the payload, from 1
///        2    1 min_read  oldest reader that may parse it
///        3    1 reserved  0
///        4    4 crc32c    of bytes [0, 4) and the payload
///        8    n payload

namespace ratchet::storage {

/// What a stored value is. On disk for ever: never renumber, never reuse.
enum class record_kind : std::uint8_t {
  history_block = 1,
  definition = 2,
  loop_state = 3,
  loop_event = 4,
  iteration_event = 5,
  iteration_summary = 6,
  monitor_state = 7,
  version = 8,
  alias = 9,
  decision = 10,
  loop_number = 11,
  format_version = 12,
  retention = 13,
  index_manifest = 14,
  index_run = 15,
  sleeper = 16,
  request = 17,
  definition_dates = 18,
  audit_entry = 19,
  attempt_secret = 24,
  rollback = 25,
  experiment_summary = 32,
  experiment_state = 33,
  experiment_unit = 34,
};

[[nodiscard]] std::string_view to_string(record_kind kind);

constexpr std::size_t record_header_size = 8;

/// Which layout of a kind's payload: the one written, and the oldest reader
/// that can make sense of it.
struct record_version {
  std::uint8_t written = 1;
  std::uint8_t min_read = 1;
};

/// Puts the header before `payload`.
[[nodiscard]] std::string
seal_record(record_kind kind, record_version version, std::string_view payload);

/// The same without a copy: `bytes` starts with `record_header_size` bytes of
/// any content, behind which the payload was built in place.
void seal_in_place(
  record_kind kind, record_version version, std::string& bytes);

struct opened_record {
  std::uint8_t version; ///< Layout of the payload.
  std::string_view payload;
};

/// Checks the header of `bytes` and takes it off. `reads` is the newest layout
/// this build knows for the kind. The payload is a view into `bytes`.
///
/// Errors: `corruption`, saying what differs: too short, another kind, a
///   reserved byte that is not 0, a version of 0, a wrong checksum, or a
///   layout that only newer readers understand. The caller adds where.
[[nodiscard]] result<opened_record>
open_record(record_kind kind, std::uint8_t reads, std::string_view bytes);

} // namespace ratchet::storage
