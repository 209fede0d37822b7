#include "actors/detail/unit_results.hpp"

#include "formats/json_writer.hpp"

#include <utility>

namespace ratchet::actors::detail {

namespace {

void write(
  formats::json_writer& to, std::uint32_t index, const unit_result& unit) {
  to.begin_object()
    .field("index", index)
    .field("item", unit.item)
    .field("status", workflows::to_string(unit.status));
  if (unit.output.version.value != 0)
    to.field("version", unit.output.version.value);
  to.field_unless_empty("failure", unit.failure);
  to.key("values").begin_object();
  for (const auto& [name, value] : unit.output.values)
    to.field(name, value);
  to.end_object().key("files").begin_array();
  for (const auto& artifact : unit.output.artifacts)
    to.value(artifact.name);
  to.end_array().end_object();
}

} // namespace

std::shared_ptr<const unit_results> results_of(const workflows::fan_out& all) {
  auto out = std::make_shared<unit_results>();
  out->units.reserve(all.units.size());
  for (std::uint32_t i = 0; i < all.units.size(); ++i) {
    const auto& unit = all.units[i];
    const bool failed = unit.status == workflows::stage_status::failed;
    out->units.push_back(
      {all.items[i], unit.status, unit.attempt, unit.output,
       failed ? unit.failure : std::string{}});
    out->index_of.emplace(all.items[i], i);
  }
  return out;
}

std::string items_json(const unit_results& results) {
  std::string out;
  formats::json_writer to{out};
  to.begin_array();
  for (std::uint32_t i = 0; i < results.units.size(); ++i)
    write(to, i, results.units[i]);
  to.end_array();
  out += '\n';
  return out;
}

} // namespace ratchet::actors::detail
