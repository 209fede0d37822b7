#pragma once

#include "base/result.hpp"
#include "workflows/definition.hpp"
#include "workflows/iteration.hpp"
#include "workflows/loop_state.hpp"

#include <string>
#include <string_view>

/// The workflow structs as records (storage/record.hpp) and back. The fields
/// of each, in order, are in docs/formats/control.md.
///
/// What a released build has written stays readable: a new field goes to the
/// end of its struct's `serialize`, behind a check of the record's version,
/// and the version below goes up. Variants are stored by index, enums by
/// number: both only grow.
///
/// Errors: every decode reports `corruption` with what differs, whatever the
///   bytes are; the caller adds where they were.
/// Threads: any.
/// Cost:    well under a microsecond for an event.

namespace ratchet::storage {

[[nodiscard]] std::string encode(const workflows::loop_event& event);
[[nodiscard]] std::string encode(const workflows::loop_state& state);
[[nodiscard]] std::string encode(const workflows::iteration_event& event);
[[nodiscard]] std::string encode(const workflows::iteration_summary& summary);
[[nodiscard]] std::string encode(const workflows::loop_definition& definition);

[[nodiscard]] result<workflows::loop_event>
decode_loop_event(std::string_view record);
[[nodiscard]] result<workflows::loop_state>
decode_loop_state(std::string_view record);
/// Whether a record that was decoded has all that a state has today.
[[nodiscard]] bool is_newest_loop_state(std::string_view record);
[[nodiscard]] result<workflows::iteration_event>
decode_iteration_event(std::string_view record);
[[nodiscard]] result<workflows::iteration_summary>
decode_iteration_summary(std::string_view record);
[[nodiscard]] result<workflows::loop_definition>
decode_definition(std::string_view record);

} // namespace ratchet::storage
