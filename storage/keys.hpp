#pragma once

#include "base/clock.hpp"
#include "base/ids.hpp"
#include "base/result.hpp"

#include <cstdint>
#include <string>
#include <string_view>

/// The keys of every column. The first byte is the key's type, integers are
/// big-endian, and a text is always last, so byte order is logical order:
/// by type, then by loop, then by what follows in the struct's order.
///
/// A key struct has
///   encode()       the bytes,
///   decode(bytes)  back again; `corruption` if they are no such key,
///   within(...)    the range of all keys with the given leading fields.

namespace ratchet::storage {

/// First byte of a key. Unique over all columns, so that a key tells what it
/// is wherever it shows up. On disk for ever: never renumber, never reuse.
enum class key_type : std::uint8_t {
  format = 1,            ///< meta
  loop_name = 2,         ///< meta
  definition = 3,        ///< meta
  low_water = 4,         ///< meta
  definition_dates = 5,  ///< meta
  attempt_secret = 8,    ///< meta
  block = 16,            ///< history
  loop_state = 32,       ///< control
  loop_event = 33,       ///< control
  iteration_event = 34,  ///< control
  iteration = 35,        ///< control
  monitor = 36,          ///< control
  sleeper = 37,          ///< control
  request = 38,          ///< control
  audit = 39,            ///< control
  experiment = 40,       ///< control
  experiment_state = 41, ///< control
  experiment_unit = 42,  ///< control
  decision = 43,         ///< control
  version = 48,          ///< registry
  alias = 49,            ///< registry
  rollback = 50,         ///< registry
};

/// The keys in [from, to).
struct key_range {
  std::string from;
  std::string to;
};

/// All keys that start with `prefix`, which is not empty nor all 0xff.
[[nodiscard]] key_range keys_with_prefix(std::string prefix);

/// meta: the store's format version; one key.
struct format_key {
  [[nodiscard]] static std::string encode();
};

/// meta: name -> number of a loop.
struct loop_name_key {
  std::string name;

  [[nodiscard]] std::string encode() const;
  [[nodiscard]] static result<loop_name_key> decode(std::string_view key);
  [[nodiscard]] static key_range within();
};

/// meta: one definition a loop has had.
struct definition_key {
  loop_number loop;
  std::string fingerprint;

  [[nodiscard]] std::string encode() const;
  [[nodiscard]] static result<definition_key> decode(std::string_view key);
  [[nodiscard]] static key_range within(loop_number loop);
};

/// meta: when a definition was hosted.
struct definition_dates_key {
  loop_number loop;
  std::string fingerprint;

  [[nodiscard]] std::string encode() const;
  [[nodiscard]] static result<definition_dates_key>
  decode(std::string_view key);
  [[nodiscard]] static key_range within(loop_number loop);
};

/// meta: the first sequence of a loop that retention has left.
struct low_water_key {
  loop_number loop;

  [[nodiscard]] std::string encode() const;
  [[nodiscard]] static result<low_water_key> decode(std::string_view key);
  [[nodiscard]] static key_range within();
};

/// meta: what the tokens of attempts are made with; one key.
struct attempt_secret_key {
  [[nodiscard]] static std::string encode();
};

/// history: a block of events, by the sequence of its first.
struct block_key {
  loop_number loop;
  sequence first;

  [[nodiscard]] std::string encode() const;
  [[nodiscard]] static result<block_key> decode(std::string_view key);
  [[nodiscard]] static key_range within(loop_number loop);
};

/// control: where a loop's state machine stands.
struct loop_state_key {
  loop_number loop;

  [[nodiscard]] std::string encode() const;
  [[nodiscard]] static result<loop_state_key> decode(std::string_view key);
  [[nodiscard]] static key_range within();
};

/// control: the loop's journal.
struct loop_event_key {
  loop_number loop;
  std::uint64_t index = 0;

  [[nodiscard]] std::string encode() const;
  [[nodiscard]] static result<loop_event_key> decode(std::string_view key);
  [[nodiscard]] static key_range within(loop_number loop);
};

/// control: the journal of one iteration.
struct iteration_event_key {
  loop_number loop;
  iteration_number iteration;
  std::uint32_t index = 0;

  [[nodiscard]] std::string encode() const;
  [[nodiscard]] static result<iteration_event_key> decode(std::string_view key);
  [[nodiscard]] static key_range
  within(loop_number loop, iteration_number iteration);
  [[nodiscard]] static key_range within(loop_number loop);
};

/// control: what is shown of an iteration.
struct iteration_key {
  loop_number loop;
  iteration_number iteration;

  [[nodiscard]] std::string encode() const;
  [[nodiscard]] static result<iteration_key> decode(std::string_view key);
  [[nodiscard]] static key_range within(loop_number loop);
};

/// control: an iteration that sleeps.
struct sleeper_key {
  loop_number loop;
  iteration_number iteration;

  [[nodiscard]] std::string encode() const;
  [[nodiscard]] static result<sleeper_key> decode(std::string_view key);
  [[nodiscard]] static key_range within(loop_number loop);
};

/// control: the iteration that somebody else's request started.
struct request_key {
  loop_number loop;
  std::string request;

  [[nodiscard]] std::string encode() const;
  [[nodiscard]] static result<request_key> decode(std::string_view key);
  [[nodiscard]] static key_range within(loop_number loop);
};

/// control: a request of an operator.
struct audit_key {
  loop_number loop;
  time_point at; ///< Not before 1970.
  std::uint64_t index = 0;

  [[nodiscard]] std::string encode() const;
  [[nodiscard]] static result<audit_key> decode(std::string_view key);
  [[nodiscard]] static key_range within(loop_number loop);
};

/// control: a part of a monitor's state (its cursor, one metric, ...).
struct monitor_key {
  loop_number loop;
  std::string part;

  [[nodiscard]] std::string encode() const;
  [[nodiscard]] static result<monitor_key> decode(std::string_view key);
  [[nodiscard]] static key_range within(loop_number loop);
};

/// control: what is kept once of an experiment.
template <key_type Type>
struct experiment_record_key {
  loop_number loop;
  experiment_number number;

  [[nodiscard]] std::string encode() const;
  [[nodiscard]] static result<experiment_record_key>
  decode(std::string_view key);
  [[nodiscard]] static key_range within(loop_number loop);
};
/// What is shown of it.
using experiment_key = experiment_record_key<key_type::experiment>;
/// What its units add up to.
using experiment_state_key = experiment_record_key<key_type::experiment_state>;
/// How it was decided.
using decision_key = experiment_record_key<key_type::decision>;

/// control: a unit that an experiment has seen, by a hash of its name.
struct experiment_unit_key {
  loop_number loop;
  experiment_number number;
  std::uint64_t unit = 0;

  [[nodiscard]] std::string encode() const;
  [[nodiscard]] static result<experiment_unit_key> decode(std::string_view key);
  [[nodiscard]] static key_range
  within(loop_number loop, experiment_number number);
};

/// registry: a registered model version.
struct version_key {
  loop_number loop;
  version_number version;

  [[nodiscard]] std::string encode() const;
  [[nodiscard]] static result<version_key> decode(std::string_view key);
  [[nodiscard]] static key_range within(loop_number loop);
};

/// registry: that a version was taken back.
struct rollback_key {
  loop_number loop;
  version_number version;

  [[nodiscard]] std::string encode() const;
  [[nodiscard]] static result<rollback_key> decode(std::string_view key);
  [[nodiscard]] static key_range within(loop_number loop);
};

/// registry: where an alias points.
struct alias_key {
  loop_number loop;
  std::string name;

  [[nodiscard]] std::string encode() const;
  [[nodiscard]] static result<alias_key> decode(std::string_view key);
  [[nodiscard]] static key_range within(loop_number loop);
};

} // namespace ratchet::storage
