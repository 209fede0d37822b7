#include "analysis/heavy_hitters.hpp"

#include "base/assert.hpp"

#include <algorithm>

namespace ratchet::analysis {

heavy_hitters::heavy_hitters(std::size_t counters) : counters_(counters) {
  RATCHET_ASSERT(counters > 0);
}

std::uint64_t heavy_hitters::unseen() const {
  return items_.size() < counters_ ? 0 : by_count_.begin()->first;
}

void heavy_hitters::set(const std::string& item, bounds b) {
  auto& held = items_[item];
  by_count_.erase({held.count, item});
  held = b;
  by_count_.emplace(b.count, item);
}

void heavy_hitters::add(const std::string& item, std::uint64_t times) {
  if (times == 0)
    return;
  total_ += times;
  if (const auto held = items_.find(item); held != items_.end()) {
    set(item, {held->second.count + times, held->second.error});
    return;
  }
  const auto least = unseen();
  if (items_.size() == counters_) {
    items_.erase(by_count_.begin()->second);
    by_count_.erase(by_count_.begin());
  }
  set(item, {least + times, least});
}

void heavy_hitters::merge(const heavy_hitters& other) {
  const auto missing = unseen();
  const auto missing_there = other.unseen();
  auto sums = items_;
  for (auto& [item, b] : sums)
    if (!other.items_.contains(item)) {
      b.count += missing_there;
      b.error += missing_there;
    }
  for (const auto& [item, b] : other.items_) {
    const auto [sum, is_new] = sums.try_emplace(item, bounds{missing, missing});
    sum->second.count += b.count;
    sum->second.error += b.error;
  }
  std::vector<heavy_hitter> all;
  all.reserve(sums.size());
  for (const auto& [item, b] : sums)
    all.push_back({item, b.count, b.error});
  std::stable_sort(all.begin(), all.end(), [](const auto& a, const auto& b) {
    return a.count > b.count;
  });
  if (all.size() > counters_)
    all.resize(counters_);
  restore(all, total_ + other.total_);
}

std::vector<heavy_hitter> heavy_hitters::items() const {
  std::vector<heavy_hitter> all;
  all.reserve(items_.size());
  for (const auto& [item, b] : items_)
    all.push_back({item, b.count, b.error});
  std::stable_sort(all.begin(), all.end(), [](const auto& a, const auto& b) {
    return a.count > b.count;
  });
  return all;
}

void heavy_hitters::restore(
  const std::vector<heavy_hitter>& items, std::uint64_t total) {
  items_.clear();
  by_count_.clear();
  total_ = total;
  for (const auto& item : items)
    set(item.item, {item.count, item.error});
}

} // namespace ratchet::analysis
