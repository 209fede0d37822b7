#include "storage/detail/hash_filter.hpp"

#include <atomic>

namespace ratchet::storage::detail {

namespace {

/// Eight positions of six bits, one per word, from the half of the hash that
/// did not choose the line. No branch depends on an answer: most are "no"
/// after one to three bits, which no processor can foresee.
std::uint64_t positions(std::uint64_t hash) {
  return (hash & 0xFFFFFFFFU) * 0x9E3779B97F4A7C15ULL >> 16U;
}

} // namespace

void hash_filter::add(std::uint64_t hash) {
  auto at = positions(hash);
  for (auto& word : lines_[line_of(hash)].words) {
    const std::atomic_ref shared{word};
    shared.store(
      shared.load(std::memory_order_relaxed) | std::uint64_t{1} << (at & 63U),
      std::memory_order_relaxed);
    at >>= 6U;
  }
}

bool hash_filter::may_hold(std::uint64_t hash) const {
  if (lines_.empty())
    return false;
  auto at = positions(hash);
  std::uint64_t all = 1;
  // atomic_ref takes no const object, though it only reads here.
  auto& words = const_cast<line&>(lines_[line_of(hash)]).words;
  for (auto& word : words) {
    all &= std::atomic_ref{word}.load(std::memory_order_relaxed) >> (at & 63U);
    at >>= 6U;
  }
  return all != 0;
}

std::string_view hash_filter::bytes() const {
  return {
    reinterpret_cast<const char*>(lines_.data()), lines_.size() * sizeof(line)};
}

hash_filter hash_filter::with_lines(std::uint64_t count) {
  hash_filter out;
  out.lines_.resize(count);
  return out;
}

} // namespace ratchet::storage::detail
