#include "formats/area_json.hpp"

#include "base/bytes.hpp"

#include <string_view>

namespace ratchet::formats {

namespace {

void write_estimate(
  json_writer& to, std::string_view name, const workflows::area_estimate& x) {
  to.key(name)
    .begin_object()
    .field("value", x.value)
    .field("low", x.low)
    .field("high", x.high)
    .end_object();
}

void write_test(json_writer& to, const workflows::area_test& test) {
  to.begin_object().field("attribute", test.attribute);
  switch (test.kind) {
  case workflows::area_test_kind::text:
    to.field("is", test.text);
    break;
  case workflows::area_test_kind::missing:
    to.field("missing", true);
    break;
  case workflows::area_test_kind::range:
    if (test.low)
      to.field("from", *test.low);
    if (test.high)
      to.field("below", *test.high);
    break;
  }
  to.end_object();
}

void write_area(json_writer& to, const workflows::found_area& area) {
  to.begin_object().field("area", workflows::to_text(area)).key("where");
  to.begin_array();
  for (const auto& test : area.tests)
    write_test(to, test);
  to.end_array().field("rows", area.rows).field("tested", area.tested);
  write_estimate(to, "volume", area.volume);
  write_estimate(to, "error", area.error);
  write_estimate(to, "rest_error", area.rest_error);
  write_estimate(to, "gap", area.gap);
  write_estimate(to, "impact", area.impact);
  to.field("error_at_least", area.error_low)
    .field("evidence", area.ln_e)
    .key("examples")
    .begin_array();
  for (const auto& id : area.examples)
    to.value(id);
  to.end_array().end_object();
}

} // namespace

void write_area_look(json_writer& to, const workflows::area_look& look) {
  to.begin_object().field("metric", look.metric).key("version");
  look.version.value == 0 ? to.null() : to.value(look.version.value);
  to.field("as_of", to_iso8601(look.as_of))
    .field("to", look.to.value)
    .field("rows", look.rows)
    .field("sample", look.share)
    .field("searched", look.searched)
    .field("tested", look.tested);
  if (look.error)
    write_estimate(to, "error", *look.error);
  else
    to.key("error").null();
  to.field("bound", look.bound)
    .field("false_discovery_rate", look.false_discovery_rate)
    .field("candidates", look.candidates)
    .field("nominated", look.nominated)
    .field("digest", to_hex(look.digest))
    .key("areas")
    .begin_array();
  for (const auto& area : look.areas)
    write_area(to, area);
  to.end_array().end_object();
}

} // namespace ratchet::formats
