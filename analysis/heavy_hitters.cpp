#include "analysis/heavy_hitters.hpp"

#include "base/assert.hpp"

#include <algorithm>
#include <utility>

namespace ratchet::analysis {

namespace {

bool more_frequent(const heavy_hitter& a, const heavy_hitter& b) {
  return a.count != b.count ? a.count > b.count : a.item < b.item;
}

} // namespace

heavy_hitters::heavy_hitters(std::size_t counters) : counters_(counters) {
  RATCHET_ASSERT(counters > 0);
}

std::uint64_t heavy_hitters::unseen() const {
  return slots_.size() < counters_ ? 0 : slots_[heap_.front()].count;
}

const heavy_hitter* heavy_hitters::find(const std::string& item) const {
  const auto held = slot_of_.find(item);
  return held == slot_of_.end() ? nullptr : &slots_[held->second];
}

bool heavy_hitters::before(std::size_t a, std::size_t b) const {
  const auto& x = slots_[heap_[a]];
  const auto& y = slots_[heap_[b]];
  return x.count != y.count ? x.count < y.count : x.item < y.item;
}

void heavy_hitters::swap(std::size_t a, std::size_t b) {
  std::swap(heap_[a], heap_[b]);
  place_[heap_[a]] = a;
  place_[heap_[b]] = b;
}

void heavy_hitters::insert(heavy_hitter item) {
  const auto slot = slots_.size();
  slot_of_.emplace(item.item, slot);
  slots_.push_back(std::move(item));
  heap_.push_back(slot);
  place_.push_back(slot);
  for (auto at = slot; at > 0 && before(at, (at - 1) / 2); at = (at - 1) / 2)
    swap(at, (at - 1) / 2);
}

void heavy_hitters::raise(std::size_t slot, std::uint64_t times) {
  slots_[slot].count += times;
  for (auto at = place_[slot]; 2 * at + 1 < heap_.size();) {
    auto child = 2 * at + 1;
    if (child + 1 < heap_.size() && before(child + 1, child))
      ++child;
    if (!before(child, at))
      return;
    swap(at, child);
    at = child;
  }
}

void heavy_hitters::add(const std::string& item, std::uint64_t times) {
  if (times == 0)
    return;
  total_ += times;
  if (const auto held = slot_of_.find(item); held != slot_of_.end()) {
    raise(held->second, times);
    return;
  }
  if (slots_.size() < counters_) {
    insert({item, times, 0});
    return;
  }
  const auto slot = heap_.front();
  auto& least = slots_[slot];
  slot_of_.erase(least.item);
  slot_of_.emplace(item, slot);
  least.item = item;
  least.error = least.count;
  raise(slot, times);
}

void heavy_hitters::merge(const heavy_hitters& other) {
  const auto missing = unseen();
  const auto missing_there = other.unseen();
  auto sums = slots_;
  for (auto& sum : sums) {
    const auto* there = other.find(sum.item);
    sum.count += there != nullptr ? there->count : missing_there;
    sum.error += there != nullptr ? there->error : missing_there;
  }
  for (const auto& there : other.slots_)
    if (find(there.item) == nullptr)
      sums.push_back(
        {there.item, there.count + missing, there.error + missing});
  std::sort(sums.begin(), sums.end(), more_frequent);
  if (sums.size() > counters_)
    sums.resize(counters_);
  restore(sums, total_ + other.total_);
}

std::vector<heavy_hitter> heavy_hitters::items() const {
  auto all = slots_;
  std::sort(all.begin(), all.end(), more_frequent);
  return all;
}

void heavy_hitters::restore(
  const std::vector<heavy_hitter>& items, std::uint64_t total) {
  RATCHET_ASSERT(items.size() <= counters_);
  slots_.clear();
  slot_of_.clear();
  heap_.clear();
  place_.clear();
  total_ = total;
  for (const auto& item : items)
    insert(item);
}

} // namespace ratchet::analysis
