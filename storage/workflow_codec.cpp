#include "storage/workflow_codec.hpp"

#include "storage/detail/byte_archive.hpp"
#include "storage/detail/workflow_fields.hpp"
#include "storage/record.hpp"

namespace ratchet::storage {

namespace {

using detail::from_record;
using detail::to_record;

/// The layouts this build writes; it reads these and all before them.
constexpr record_version loop_event_layout{2, 2};
constexpr record_version loop_state_layout{3, 3};
constexpr record_version iteration_event_layout{2, 2};
constexpr record_version summary_layout{2, 2};
constexpr record_version definition_layout{4, 4};

} // namespace

std::string encode(const workflows::loop_event& event) {
  return to_record(record_kind::loop_event, loop_event_layout, event);
}
std::string encode(const workflows::loop_state& state) {
  return to_record(record_kind::loop_state, loop_state_layout, state);
}
std::string encode(const workflows::iteration_event& event) {
  return to_record(record_kind::iteration_event, iteration_event_layout, event);
}
std::string encode(const workflows::iteration_summary& summary) {
  return to_record(record_kind::iteration_summary, summary_layout, summary);
}
std::string encode(const workflows::loop_definition& definition) {
  return to_record(record_kind::definition, definition_layout, definition);
}

result<workflows::loop_event> decode_loop_event(std::string_view record) {
  return from_record<workflows::loop_event>(
    record_kind::loop_event, loop_event_layout.written, record);
}
result<workflows::loop_state> decode_loop_state(std::string_view record) {
  return from_record<workflows::loop_state>(
    record_kind::loop_state, loop_state_layout.written, record);
}
bool is_newest_loop_state(std::string_view record) {
  const auto opened =
    open_record(record_kind::loop_state, loop_state_layout.written, record);
  return opened && opened->version == loop_state_layout.written;
}
result<workflows::iteration_event>
decode_iteration_event(std::string_view record) {
  return from_record<workflows::iteration_event>(
    record_kind::iteration_event, iteration_event_layout.written, record);
}
result<workflows::iteration_summary>
decode_iteration_summary(std::string_view record) {
  return from_record<workflows::iteration_summary>(
    record_kind::iteration_summary, summary_layout.written, record);
}
result<workflows::loop_definition> decode_definition(std::string_view record) {
  return from_record<workflows::loop_definition>(
    record_kind::definition, definition_layout.written, record);
}

} // namespace ratchet::storage
