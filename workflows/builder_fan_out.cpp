#include "ratchet/loop.hpp"
#include "workflows/fan_out.hpp"

#include <algorithm>

namespace ratchet {

namespace {

item_set from(
  workflows::item_source source, std::string stage = {},
  std::string name = {}) {
  workflows::fan_out_options options;
  options.source = source;
  options.stage = std::move(stage);
  options.name = std::move(name);
  return item_set{std::move(options)};
}

} // namespace

item_set& item_set::parallel(std::uint32_t items) {
  // 0 would mean no bound: what `check` objects to instead.
  options_.parallel = items == 0 ? workflows::most_parallel + 1 : items;
  return *this;
}

item_set& item_set::skip_failed() {
  options_.policy = workflows::item_policy::skip;
  return *this;
}

item_set& item_set::at_least(int items) {
  options_.policy = workflows::item_policy::threshold;
  options_.least_items = static_cast<std::uint32_t>(std::max(items, 0));
  return *this;
}

item_set& item_set::at_least(double share) {
  options_.policy = workflows::item_policy::threshold;
  options_.least_share = share;
  return *this;
}

item_set items(std::vector<std::string> list) {
  workflows::fan_out_options options;
  options.items = std::move(list);
  return item_set{std::move(options)};
}

item_set slices(std::string attribute) {
  return from(workflows::item_source::slices, {}, std::move(attribute));
}

item_set newest_versions(std::uint32_t count) {
  auto out = from(workflows::item_source::versions).options();
  out.count = count;
  return item_set{std::move(out)};
}

item_set listed_in(output_value value) {
  return from(
    workflows::item_source::output, std::move(value.stage),
    std::move(value.name));
}

item_set listed_in_file(std::string stage, std::string file) {
  return from(workflows::item_source::file, std::move(stage), std::move(file));
}

item_set each_of(std::string stage) {
  return from(workflows::item_source::units, std::move(stage));
}

loop& loop::for_each(const item_set& items) {
  auto* stage = last_stage("for_each");
  if (stage != nullptr && stage->for_each)
    note_mistake("stage \"" + stage->name + "\": a second for_each; keep one");
  else if (stage != nullptr)
    stage->for_each = items.options();
  return *this;
}

} // namespace ratchet
