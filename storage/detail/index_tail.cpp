#include "storage/detail/index_tail.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <utility>

namespace ratchet::storage::detail {

index_tail::index_tail(std::size_t expected_entries)
    : table_(std::bit_ceil(2 * std::max<std::size_t>(expected_entries, 8))),
      mask_(table_.size() - 1) {
  entries_.reserve(expected_entries);
  older_.reserve(expected_entries);
}

void index_tail::clear() {
  std::fill(table_.begin(), table_.end(), bucket{});
  used_buckets_ = 0;
  entries_.clear();
  older_.clear();
}

std::uint32_t index_tail::newest(std::uint64_t hash) const {
  const auto tag = tag_of(hash);
  for (auto i = hash & mask_;; i = (i + 1) & mask_) {
    const auto& b = table_[i];
    if (b.newest == 0 || b.tag == tag)
      return b.newest;
  }
}

void index_tail::insert(index_entry entry) {
  if (used_buckets_ * 4 > table_.size() * 3)
    grow();
  const auto tag = tag_of(entry.hash);
  entries_.push_back(entry);
  auto i = entry.hash & mask_;
  while (table_[i].newest != 0 && table_[i].tag != tag)
    i = (i + 1) & mask_;
  auto& b = table_[i];
  used_buckets_ += b.newest == 0 ? 1 : 0;
  older_.push_back(b.newest);
  b = {tag, static_cast<std::uint32_t>(entries_.size())};
}

void index_tail::grow() {
  table<bucket> larger(table_.size() * 2);
  const auto mask = larger.size() - 1;
  for (const auto& b : table_) {
    if (b.newest == 0)
      continue;
    auto i = entries_[b.newest - 1].hash & mask;
    while (larger[i].newest != 0)
      i = (i + 1) & mask;
    larger[i] = b;
  }
  table_ = std::move(larger);
  mask_ = mask;
}

void index_tail::sort_into(table<index_entry>& out) const {
  // Hashes are uniform below their two bits of use: one pass spreads them
  // over buckets that each fit the first-level cache.
  constexpr unsigned shift = 64 - 13;
  std::array<std::uint32_t, 1U << 13U> ends{};
  for (const auto& e : entries_)
    ++ends[e.hash >> shift];
  std::uint32_t sum = 0;
  for (auto& end : ends)
    end = std::exchange(sum, sum + end);
  out.resize(entries_.size());
  for (const auto& e : entries_)
    out[ends[e.hash >> shift]++] = e;
  auto from = out.begin();
  for (const auto end : ends) {
    const auto to = out.begin() + end;
    std::sort(from, to);
    from = to;
  }
}

} // namespace ratchet::storage::detail
