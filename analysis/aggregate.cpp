#include "analysis/aggregate.hpp"

#include "base/assert.hpp"

namespace ratchet::analysis {

std::optional<double> numeric(const feedback_value& value) {
  if (const auto* flag = std::get_if<bool>(&value))
    return *flag ? 1.0 : 0.0;
  if (const auto* number = std::get_if<double>(&value))
    return *number;
  return std::nullopt;
}

bool metric_table::is_full(const metric_place& slice) const {
  auto first = key_of(slice);
  first.value.clear();
  std::size_t values = 0;
  for (auto it = cells().lower_bound(first); it != cells().end() &&
       it->first.metric == slice.metric && it->first.version == slice.version &&
       it->first.scope == slice_scope::slice &&
       it->first.attribute == slice.attribute;
       ++it)
    ++values;
  return values >= max_values_;
}

metric_place metric_table::place(
  const places_of_metric& places, std::string_view attribute,
  std::string_view value) const {
  const auto slice = places.slice(attribute, value);
  if (cells_.find(slice) != nullptr)
    return slice;
  const auto other = places.other(attribute);
  // Once there is an `other`, the attribute is full for ever: no counting.
  return cells_.find(other) != nullptr || is_full(slice) ? other : slice;
}

std::vector<metric_place> metric_table::look_up(const observation& o) const {
  const places_of_metric all{o.metric, o.version};
  std::vector<metric_place> found;
  found.reserve(1 + o.slices.size());
  found.push_back(all.overall());
  for (const auto& [attribute, value] : o.slices)
    found.push_back(place(all, attribute, value));
  return found;
}

std::vector<metric_key> metric_table::places(const observation& o) const {
  std::vector<metric_key> keys;
  for (const auto& place : look_up(o))
    keys.push_back(key_of(place));
  return keys;
}

result<void> metric_table::add(const observation& o) {
  if (auto counted = count(o); !counted)
    return counted.err();
  return {};
}

result<std::vector<metric_place>> metric_table::count(const observation& o) {
  moments one;
  if (auto counted = analysis::add(one, o.value); !counted)
    return counted.err();
  const places_of_metric all{o.metric, o.version};
  std::vector<metric_place> places;
  places.reserve(1 + o.slices.size());
  places.push_back(all.overall());
  analysis::merge(cells_.change(places.back()), one);
  for (const auto& [attribute, value] : o.slices) {
    places.push_back(all.slice(attribute, value));
    auto* cell = cells_.change_known(places.back());
    if (cell == nullptr) {
      places.back() = place(all, attribute, value);
      cell = &cells_.change(places.back());
    }
    analysis::merge(*cell, one);
  }
  return places;
}

result<void> metric_table::remove(const observation& o) {
  const auto places = look_up(o);
  for (const auto& place : places) {
    // A trial on a copy first, so that an error leaves every cell alone.
    const auto* cell = cells_.find(place);
    auto trial = cell != nullptr ? *cell : moments{};
    if (auto taken = analysis::remove(trial, o.value); !taken)
      return error{
        taken.err().code,
        "metric " + o.metric + " of version " +
          std::to_string(o.version.value) + ": " + taken.err().message};
  }
  // The trial above has shown that this succeeds.
  for (const auto& place : places)
    RATCHET_ASSERT(analysis::remove(cells_.change(place), o.value).ok());
  return {};
}

void metric_table::merge(const metric_table& other) {
  for (const auto& [key, cell] : other.cells_) {
    const auto target = key.scope == slice_scope::slice
      ? place({key.metric, key.version}, key.attribute, key.value)
      : place_of(key);
    analysis::merge(cells_.change(target), cell);
  }
}

const moments* metric_table::find(const metric_key& key) const {
  return cells_.find(place_of(key));
}

std::set<metric_key> metric_table::take_changed() {
  std::set<metric_key> keys;
  cells_.take_changed([&](const metric_key& key) { keys.insert(key); });
  return keys;
}

} // namespace ratchet::analysis
