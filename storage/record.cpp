#include "storage/record.hpp"

#include "base/assert.hpp"
#include "base/bytes.hpp"

#include <cstring>

namespace ratchet::storage {

namespace {

std::uint32_t checksum(std::string_view bytes) {
  return crc32c(bytes.substr(record_header_size), crc32c(bytes.substr(0, 4)));
}

std::string describe(std::uint8_t kind) {
  const auto name = to_string(static_cast<record_kind>(kind));
  if (name.empty())
    return "unknown kind " + std::to_string(kind);
  return std::string{name};
}

} // namespace

std::string_view to_string(record_kind kind) {
  switch (kind) {
  case record_kind::history_block:
    return "history_block";
  case record_kind::definition:
    return "definition";
  case record_kind::loop_state:
    return "loop_state";
  case record_kind::loop_event:
    return "loop_event";
  case record_kind::iteration_event:
    return "iteration_event";
  case record_kind::iteration_summary:
    return "iteration_summary";
  case record_kind::monitor_state:
    return "monitor_state";
  case record_kind::version:
    return "version";
  case record_kind::alias:
    return "alias";
  case record_kind::decision:
    return "decision";
  case record_kind::loop_number:
    return "loop_number";
  case record_kind::format_version:
    return "format_version";
  case record_kind::retention:
    return "retention";
  case record_kind::index_manifest:
    return "index_manifest";
  case record_kind::index_run:
    return "index_run";
  case record_kind::sleeper:
    return "sleeper";
  case record_kind::request:
    return "request";
  case record_kind::definition_dates:
    return "definition_dates";
  case record_kind::audit_entry:
    return "audit_entry";
  case record_kind::attempt_secret:
    return "attempt_secret";
  case record_kind::rollback:
    return "rollback";
  case record_kind::experiment_summary:
    return "experiment_summary";
  case record_kind::experiment_state:
    return "experiment_state";
  case record_kind::experiment_unit:
    return "experiment_unit";
  }
  return {}; // A byte from the disk that names no kind.
}

void seal_in_place(
  record_kind kind, record_version version, std::string& bytes) {
  RATCHET_ASSERT(bytes.size() >= record_header_size);
  RATCHET_ASSERT(version.min_read > 0);
  RATCHET_ASSERT(version.min_read <= version.written);
  bytes[0] = static_cast<char>(kind);
  bytes[1] = static_cast<char>(version.written);
  bytes[2] = static_cast<char>(version.min_read);
  bytes[3] = 0;
  std::string crc;
  put_le32(crc, checksum(bytes));
  std::memcpy(bytes.data() + 4, crc.data(), crc.size());
}

std::string seal_record(
  record_kind kind, record_version version, std::string_view payload) {
  std::string bytes;
  bytes.reserve(record_header_size + payload.size());
  bytes.append(record_header_size, '\0');
  bytes.append(payload);
  seal_in_place(kind, version, bytes);
  return bytes;
}

result<opened_record>
open_record(record_kind kind, std::uint8_t reads, std::string_view bytes) {
  const auto fail = [&](const std::string& what) {
    return error{
      errc::corruption, std::string{to_string(kind)} + " record " + what};
  };
  if (bytes.size() < record_header_size)
    return fail(
      "has " + std::to_string(bytes.size()) + " bytes, its header alone has " +
      std::to_string(record_header_size));
  byte_reader in{bytes};
  const auto found = in.u8();
  const auto version = in.u8();
  const auto min_read = in.u8();
  const auto reserved = in.u8();
  const auto stored = in.le32();
  // The checksum first: with it wrong, no other byte of the header is to be
  // believed either.
  if (const auto computed = checksum(bytes); computed != stored)
    return fail(
      "has crc " + to_hex(computed).substr(8) + ", its header says " +
      to_hex(stored).substr(8));
  if (found != static_cast<std::uint8_t>(kind))
    return fail("expected, found " + describe(found));
  if (reserved != 0)
    return fail("has reserved byte " + std::to_string(reserved));
  if (version == 0)
    return fail("has version 0");
  if (min_read > reads)
    return fail(
      "of version " + std::to_string(version) + " needs a reader of version " +
      std::to_string(min_read) + ", this build reads " + std::to_string(reads));
  return opened_record{version, bytes.substr(record_header_size)};
}

} // namespace ratchet::storage
