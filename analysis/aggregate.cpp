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

metric_key metric_table::place(metric_key slice) const {
  if (cells_.contains(slice))
    return slice;
  metric_key other{
    slice.metric, slice.version, slice_scope::other, slice.attribute, {}};
  // Once there is an `other`, the attribute is full for ever: no counting.
  if (cells_.contains(other))
    return other;
  auto first = slice;
  first.value.clear();
  std::size_t values = 0;
  for (auto it = cells_.lower_bound(first); it != cells_.end() &&
       it->first.metric == slice.metric && it->first.version == slice.version &&
       it->first.scope == slice_scope::slice &&
       it->first.attribute == slice.attribute;
       ++it)
    ++values;
  return values < max_values_ ? slice : other;
}

std::vector<metric_key> metric_table::places(const observation& o) const {
  std::vector<metric_key> keys;
  keys.push_back({o.metric, o.version, slice_scope::overall, {}, {}});
  for (const auto& [attribute, value] : o.slices)
    keys.push_back(
      place({o.metric, o.version, slice_scope::slice, attribute, value}));
  return keys;
}

result<void> metric_table::add(const observation& o) {
  moments one;
  if (auto counted = analysis::add(one, o.value); !counted)
    return counted.err();
  for (auto& key : places(o)) {
    analysis::merge(cells_[key], one);
    changed_.insert(std::move(key));
  }
  return {};
}

result<void> metric_table::remove(const observation& o) {
  const auto keys = places(o);
  for (const auto& key : keys) {
    // A trial on a copy first, so that an error leaves every cell alone.
    auto trial = cells_.contains(key) ? cells_.at(key) : moments{};
    if (auto taken = analysis::remove(trial, o.value); !taken)
      return error{
        taken.err().code,
        "metric " + o.metric + " of version " +
          std::to_string(o.version.value) + ": " + taken.err().message};
  }
  for (const auto& key : keys) {
    // The trial above has shown that this succeeds.
    RATCHET_ASSERT(analysis::remove(cells_[key], o.value).ok());
    changed_.insert(key);
  }
  return {};
}

void metric_table::merge(const metric_table& other) {
  for (const auto& [key, cell] : other.cells_) {
    auto target = key.scope == slice_scope::slice ? place(key) : key;
    analysis::merge(cells_[target], cell);
    changed_.insert(std::move(target));
  }
}

const moments* metric_table::find(const metric_key& key) const {
  const auto it = cells_.find(key);
  return it == cells_.end() ? nullptr : &it->second;
}

} // namespace ratchet::analysis
