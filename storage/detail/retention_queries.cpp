#include "storage/detail/retention_queries.hpp"

#include <functional>

namespace ratchet::storage::detail {

namespace {

/// Asks `question` with what is left of the loop. A failure counts only if
/// that is the same afterwards: else its block was dropped in between.
template <class Question>
auto ask(const loop_entry& of, const Question& question) {
  while (true) {
    const auto first = of.first.load();
    auto answer = question(first);
    if (answer || of.first.load() == first)
      return answer;
  }
}

/// The first sequence of the first block that `reached` holds for; end + 1 if
/// it is none. `reached` must be monotone over the blocks.
result<sequence> first_where(
  block_source& blocks, const loop_id& loop, std::uint64_t first,
  std::uint64_t end, const std::function<bool(const block_view&)>& reached) {
  auto low = first;
  auto high = end + 1;
  while (low < high) {
    const auto block = blocks.holding(loop, {low + (high - low) / 2});
    if (!block)
      return block.err();
    const auto& view = (*block)->view;
    if (reached(view))
      high = view.first().value;
    else
      low = view.last().value + 1;
  }
  return sequence{low};
}

} // namespace

result<sequence>
first_since(block_source& blocks, const loop_entry& of, time_point since) {
  return ask(of, [&](std::uint64_t first) -> result<sequence> {
    const auto end = of.end.load();
    auto start =
      first_where(blocks, of.id, first, end, [&](const block_view& block) {
        return block.received(block.count() - 1) >= since;
      });
    if (!start || start->value > end)
      return start;
    const auto block = blocks.holding(of.id, *start);
    if (!block)
      return block.err();
    std::uint32_t i = 0;
    while ((*block)->view.received(i) < since)
      ++i;
    return sequence{(*block)->view.first().value + i};
  });
}

result<sequence>
first_within(block_source& blocks, const loop_entry& of, std::uint64_t bytes) {
  return ask(of, [&](std::uint64_t first) -> result<sequence> {
    const auto end = of.end.load();
    if (end < first)
      return sequence{end + 1};
    const auto block = blocks.holding(of.id, {end});
    if (!block)
      return block.err();
    const auto total = (*block)->view.bytes_after();
    return first_where(blocks, of.id, first, end, [&](const block_view& b) {
      return total - b.bytes_before() <= bytes;
    });
  });
}

result<std::uint64_t> stored_bytes(block_source& blocks, const loop_entry& of) {
  return ask(of, [&](std::uint64_t first) -> result<std::uint64_t> {
    const auto end = of.end.load();
    if (end < first)
      return std::uint64_t{0};
    const auto oldest = blocks.holding(of.id, {first});
    if (!oldest)
      return oldest.err();
    const auto newest = blocks.holding(of.id, {end});
    if (!newest)
      return newest.err();
    return (*newest)->view.bytes_after() - (*oldest)->view.bytes_before();
  });
}

} // namespace ratchet::storage::detail
