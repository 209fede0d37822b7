#include "storage/detail/block_source.hpp"

#include <limits>

namespace ratchet::storage::detail {

namespace {

constexpr std::size_t most_cached_bytes = std::size_t{8} << 20U;
constexpr sequence no_end{std::numeric_limits<std::uint64_t>::max()};

error at(const loop_id& loop, sequence seq, const error& cause) {
  return {
    cause.code,
    "history of loop " + loop.name + ": block at sequence " +
      std::to_string(seq.value) + ": " + cause.message};
}

error missing(const loop_id& loop, sequence seq) {
  return {
    errc::corruption,
    "history of loop " + loop.name + ": no block holds " + "sequence " +
      std::to_string(seq.value)};
}

} // namespace

result<std::shared_ptr<const loaded_block>>
block_source::last_before(const loop_id& loop, sequence end) const {
  std::string bytes;
  std::string key_bytes;
  const auto scanned = store_.scan_reverse(
    column::history,
    {block_key{loop.number, {0}}.encode(),
     block_key{loop.number, end}.encode()},
    [&](std::string_view found, std::string_view value) {
      key_bytes = found;
      bytes = value;
      return false;
    });
  if (!scanned)
    return at(loop, end, scanned.err());
  if (key_bytes.empty())
    return std::shared_ptr<const loaded_block>{};
  const auto parsed_key = block_key::decode(key_bytes);
  if (!parsed_key)
    return at(loop, end, parsed_key.err());
  auto block = std::make_shared<loaded_block>();
  block->bytes = std::move(bytes);
  auto view = block_view::parse(*parsed_key, block->bytes);
  if (!view)
    return at(loop, parsed_key->first, view.err());
  block->view = *view;
  return std::shared_ptr<const loaded_block>{std::move(block)};
}

result<std::shared_ptr<const loaded_block>>
block_source::last(const loop_id& loop) const {
  return last_before(loop, no_end);
}

result<std::shared_ptr<const loaded_block>>
block_source::holding(const loop_id& loop, sequence seq) {
  if (auto found = find(loop.number, seq))
    return found;
  auto block = last_before(loop, seq.next());
  if (!block)
    return block;
  if (*block == nullptr || (*block)->view.last() < seq)
    return missing(loop, seq);
  keep(loop.number, *block);
  return block;
}

std::shared_ptr<const loaded_block>
block_source::find(loop_number loop, sequence seq) {
  const std::lock_guard lock{mutex_};
  auto after = blocks_.upper_bound({loop, seq});
  if (after == blocks_.begin())
    return nullptr;
  const auto& [found_key, found] = *std::prev(after);
  if (found_key.first != loop || found.block->view.last() < seq)
    return nullptr;
  by_use_.splice(by_use_.begin(), by_use_, found.used);
  return found.block;
}

void block_source::keep(
  loop_number loop, std::shared_ptr<const loaded_block> block) {
  const std::lock_guard lock{mutex_};
  const key id{loop, block->view.first()};
  if (blocks_.contains(id))
    return; // Another thread read it too.
  by_use_.push_front(id);
  bytes_ += block->bytes.size();
  blocks_.emplace(id, cached{std::move(block), by_use_.begin()});
  while (bytes_ > most_cached_bytes && blocks_.size() > 1) {
    const auto oldest = blocks_.find(by_use_.back());
    bytes_ -= oldest->second.block->bytes.size();
    blocks_.erase(oldest);
    by_use_.pop_back();
  }
}

result<void> block_source::scan(
  const loop_id& loop, sequence seq,
  const std::function<bool(const block_view&)>& visit) const {
  auto expected = seq;
  bool started = false;
  bool inside = false;
  result<void> done;
  const auto one = [&](std::string_view key_bytes, std::string_view value) {
    const auto parsed_key = block_key::decode(key_bytes);
    if (!parsed_key) {
      done = at(loop, expected, parsed_key.err());
      return false;
    }
    if (!started && parsed_key->first > seq) {
      inside = true;
      return false;
    }
    const auto view = block_view::parse(*parsed_key, value);
    if (!view) {
      done = at(loop, parsed_key->first, view.err());
      return false;
    }
    if (started ? view->first() != expected : view->last() < expected) {
      done = missing(loop, expected);
      return false;
    }
    started = true;
    expected = view->last().next();
    return visit(*view);
  };
  const auto scan_from = [&](sequence from) -> result<void> {
    const auto scanned = store_.scan(
      column::history,
      {block_key{loop.number, from}.encode(),
       block_key::within(loop.number).to},
      one);
    if (!scanned)
      return at(loop, expected, scanned.err());
    return done;
  };
  // Who follows the history asks for the start of a block, mostly.
  if (auto scanned = scan_from(seq); !scanned || (started && !inside))
    return scanned;
  const auto before = last_before(loop, seq);
  if (!before)
    return before.err();
  if (*before == nullptr || (*before)->view.last() < seq)
    return inside ? result<void>{missing(loop, seq)} : result<void>{};
  return scan_from((*before)->view.first());
}

} // namespace ratchet::storage::detail
