#include "storage/detail/id_filter.hpp"

namespace ratchet::storage::detail {

namespace {

/// Eight positions of six bits, one per word, from the half of the product
/// that did not choose the line. No branch depends on an answer: most are "no"
/// after one to three bits, which no processor can foresee.
std::uint64_t positions(std::uint64_t mixed) {
  return (mixed & 0xFFFFFFFFU) * 0x9E3779B97F4A7C15ULL >> 16U;
}

} // namespace

void id_filter::add(std::uint64_t hash) {
  const auto mixed = mix(hash);
  auto at = positions(mixed);
  for (auto& word : lines_[line_of(mixed)].words) {
    word |= std::uint64_t{1} << (at & 63U);
    at >>= 6U;
  }
}

bool id_filter::may_hold(std::uint64_t hash) const {
  if (lines_.empty())
    return false;
  const auto mixed = mix(hash);
  auto at = positions(mixed);
  std::uint64_t all = 1;
  for (const auto word : lines_[line_of(mixed)].words) {
    all &= word >> (at & 63U);
    at >>= 6U;
  }
  return all != 0;
}

std::string_view id_filter::bytes() const {
  return {
    reinterpret_cast<const char*>(lines_.data()), lines_.size() * sizeof(line)};
}

id_filter id_filter::with_lines(std::uint64_t count) {
  id_filter out;
  out.lines_.resize(count);
  return out;
}

} // namespace ratchet::storage::detail
