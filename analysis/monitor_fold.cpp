#include "analysis/monitor_fold.hpp"

namespace ratchet::analysis {

void rewatch(
  drop_watches& watches, const std::map<std::string, wanted_watch>& wanted) {
  std::erase_if(watches.all, [&](const auto& entry) {
    if (wanted.contains(entry.first))
      return false;
    watches.changed.insert(entry.first);
    return true;
  });
  for (const auto& [condition, wish] : wanted) {
    const auto found = watches.all.find(condition);
    if (
      found != watches.all.end() && found->second.metric == wish.metric &&
      found->second.limits == wish.limits &&
      found->second.origin == wish.origin)
      continue;
    watches.all.insert_or_assign(
      condition, begin_watch(wish.metric, wish.limits, wish.origin));
    watches.changed.insert(condition);
  }
}

void fold(
  const monitor_row& row, metric_table& metrics, metric_history& history,
  drop_watches& drops) {
  const auto& seen = row.seen;
  const auto places = metrics.count(seen);
  if (!places)
    return history.add_unusable();
  history.add(*places, seen.value, row.at, row.known, row.number);
  for (auto& [condition, watch] : drops.all) {
    if (watch.metric != seen.metric || watch.origin.version != seen.version)
      continue;
    observe(watch, seen.value, row.known);
    drops.changed.insert(condition);
  }
}

} // namespace ratchet::analysis
