#include "storage/detail/id_filter.hpp"

namespace ratchet::storage::detail {

namespace {

constexpr int bits_per_id = 6;

/// Six positions of nine bits each, from the half of the product that did not
/// choose the line.
std::uint64_t positions(std::uint64_t mixed) {
  return (mixed & 0xFFFFFFFFU) * 0x9E3779B97F4A7C15ULL;
}

} // namespace

void id_filter::add(std::uint64_t hash) {
  const auto mixed = mix(hash);
  auto& words = lines_[line_of(mixed)].words;
  auto at = positions(mixed);
  for (int i = 0; i < bits_per_id; ++i, at >>= 9U)
    words[at >> 6U & 7U] |= std::uint64_t{1} << (at & 63U);
}

bool id_filter::may_hold(std::uint64_t hash) const {
  if (lines_.empty())
    return false;
  const auto mixed = mix(hash);
  const auto& words = lines_[line_of(mixed)].words;
  auto at = positions(mixed);
  for (int i = 0; i < bits_per_id; ++i, at >>= 9U)
    if ((words[at >> 6U & 7U] >> (at & 63U) & 1U) == 0)
      return false;
  return true;
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
