#include "storage/audit_log.hpp"
#include "storage/record.hpp"
#include "storage/workflow_codec.hpp"
#include "values.hpp"
#include "workflow_golden.hpp"

#include <catch2/catch.hpp>

#include <optional>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

using namespace ratchet;
using namespace ratchet::storage;

namespace {

record_kind kind_of(const std::string& record) {
  return static_cast<record_kind>(record.at(0));
}

unsigned layout_of(const std::string& record) {
  return static_cast<unsigned char>(record.at(1));
}

/// Which event of a variant it is: behind the header and the payload's mark.
std::size_t index_of(const std::string& record) {
  return static_cast<unsigned char>(record.at(record_header_size + 1));
}

/// Equal in all that is stored. Encoding shows fields that a struct's equality
/// may leave out.
template <class T>
void compare(const result<T>& read, const std::optional<T>& expected) {
  REQUIRE(read.ok());
  REQUIRE(expected.has_value()); // Else add a case to values.hpp.
  CHECK(encode(*read) == encode(*expected));
}

void check_record(const std::string& record) {
  const auto layout = layout_of(record);
  switch (kind_of(record)) {
  case record_kind::definition:
    compare(decode_definition(record), test::definition_of(layout));
    return;
  case record_kind::loop_state:
    compare(decode_loop_state(record), test::loop_state_of(layout));
    return;
  case record_kind::iteration_summary:
    compare(decode_iteration_summary(record), test::summary_of(layout));
    return;
  case record_kind::loop_event:
    compare(
      decode_loop_event(record), test::loop_event_of(layout, index_of(record)));
    return;
  case record_kind::iteration_event:
    compare(
      decode_iteration_event(record),
      test::iteration_event_of(layout, index_of(record)));
    return;
  case record_kind::audit_entry:
    compare(
      decode_audit_entry(record),
      std::optional<workflows::audit_entry>{test::sample_audit()});
    return;
  default:
    FAIL("no value is known for a record of this kind");
  }
}

std::vector<std::string> all_records() {
  std::vector<std::string> out;
  for (const auto* rows :
       {&test::golden_records(), &test::second_records(),
        &test::later_records()})
    for (const auto& [name, hex] : *rows)
      out.push_back(test::from_hex(hex));
  return out;
}

/// Checks that `kept` has each layout up to that of `newest`, which this build
/// wrote.
void need_layouts(
  const std::set<std::pair<record_kind, unsigned>>& kept,
  const std::string& newest) {
  for (unsigned layout = 1; layout <= layout_of(newest); ++layout) {
    INFO(to_string(kind_of(newest)) << " of layout " << layout);
    CHECK(kept.contains({kind_of(newest), layout}));
  }
}

} // namespace

TEST_CASE("what earlier layouts wrote means what it meant", "[compat]") {
  for (const auto& record : all_records()) {
    INFO(
      to_string(kind_of(record))
      << " of layout " << layout_of(record) << ", event " << index_of(record));
    check_record(record);
  }
}

TEST_CASE("every layout there was has its bytes kept", "[compat]") {
  std::set<std::pair<record_kind, unsigned>> kept;
  std::set<std::pair<record_kind, std::size_t>> events;
  for (const auto& record : all_records()) {
    kept.emplace(kind_of(record), layout_of(record));
    events.emplace(kind_of(record), index_of(record));
  }
  need_layouts(kept, encode(workflows::loop_definition{}));
  need_layouts(kept, encode(workflows::loop_state{}));
  need_layouts(kept, encode(workflows::iteration_summary{}));
  need_layouts(kept, encode(workflows::audit_entry{}));
  using namespace workflows;
  for (std::size_t i = 0; i < std::variant_size_v<loop_event>; ++i) {
    INFO("no bytes of loop event " << i);
    CHECK(events.contains({record_kind::loop_event, i}));
  }
  for (std::size_t i = 0; i < std::variant_size_v<iteration_event>; ++i) {
    INFO("no bytes of iteration event " << i);
    CHECK(events.contains({record_kind::iteration_event, i}));
  }
}
