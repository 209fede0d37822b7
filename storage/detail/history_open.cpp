#include "storage/detail/history_open.hpp"

#include "base/log.hpp"
#include "storage/detail/loop_records.hpp"

#include <algorithm>
#include <map>
#include <string>
#include <vector>

namespace ratchet::storage::detail {

namespace {

result<void>
load_end(const store& from, const block_source& blocks, loop_entry& loop) {
  const auto mark =
    from.get(column::meta, low_water_key{loop.id.number}.encode());
  if (!mark)
    return mark.err();
  block_end end;
  if (mark->has_value()) {
    const auto low = decode_low_water(**mark);
    if (!low)
      return error{
        low.err().code,
        "retention of loop " + loop.id.name + ": " + low.err().message};
    loop.first.store(low->first.value);
    loop.keep_from = low->first;
    loop.committed_first = low->first;
    end = {{low->first.value - 1}, low->bytes, low->received, 0};
  }
  const auto last = blocks.last(loop.id);
  if (!last)
    return last.err();
  if (*last != nullptr) {
    const auto& view = (*last)->view;
    end = {
      view.last(), view.bytes_after(), view.received(view.count() - 1),
      view.crc()};
  }
  loop.committed = end;
  loop.sealed = end;
  loop.staged = end.last;
  loop.end.store(end.last.value);
  return {};
}

/// True if the index ends where a block of this very history ends.
result<bool> fits(
  const index_cursor& cursor, const loop_table& loops, block_source& blocks) {
  const auto* loop = loops.find(cursor.loop);
  if (loop == nullptr || cursor.last.value > loop->end.load())
    return false;
  if (cursor.last.value < loop->first.load())
    return true; // Its block is gone; nothing above it is indexed.
  const auto block = blocks.holding(loop->id, cursor.last);
  if (!block)
    return block.err();
  return (*block)->view.last() == cursor.last &&
    (*block)->view.crc() == cursor.block_crc;
}

result<void> add_block(
  const loop_entry& loop, const block_view& block, const index_hasher& hash,
  std::vector<index_entry>& out) {
  for (std::uint32_t i = 0; i < block.count(); ++i) {
    const auto seq = sequence{block.first().value + i};
    const auto head = decode_event_head(block.event(i));
    if (!head)
      return error{
        head.err().code,
        "history of loop " + loop.id.name + ": sequence " +
          std::to_string(seq.value) + ": " + head.err().message};
    append_entries(
      {head->kind, hash_event_id(head->kind, head->id),
       head->interaction_id.empty()
         ? 0
         : hash_interaction_reference(head->interaction_id),
       head->subject.empty() ? 0 : hash_subject(head->subject)},
      loop.id.number, seq, hash, out);
  }
  return {};
}

result<void> catch_up(
  const loop_entry& loop, sequence indexed, const block_source& blocks,
  const index_hasher& hash, event_index& index) {
  const auto from = std::max(indexed.value + 1, loop.first.load());
  if (from > loop.end.load())
    return {};
  std::vector<index_entry> entries;
  result<void> added;
  const auto scanned =
    blocks.scan(loop.id, {from}, [&](const block_view& block) {
      entries.clear();
      added = add_block(loop, block, hash, entries);
      if (!added)
        return false;
      const index_cursor cursor{loop.id.number, block.last(), block.crc()};
      index.add(entries, {&cursor, 1});
      added = index.health();
      return added.ok();
    });
  return scanned ? added : scanned;
}

/// The index if it belongs to these loops; null if it has to be made anew.
result<std::unique_ptr<event_index>> open_fitting(
  const index_options& options, const loop_table& loops, block_source& blocks) {
  const auto unfit = [&](const std::string& why) {
    log(
      log_level::warning, "index of the history is made anew",
      {{"directory", options.directory.string()}, {"reason", why}});
    return std::unique_ptr<event_index>{};
  };
  auto index = event_index::open(options);
  if (!index && index.err().code == errc::corruption)
    return unfit(index.err().message);
  if (!index)
    return index;
  for (const auto& cursor : (*index)->recovered()) {
    const auto fit = fits(cursor, loops, blocks);
    if (!fit)
      return fit.err();
    if (!*fit)
      return unfit(
        "it is of another history, see loop number " +
        std::to_string(cursor.loop.value));
  }
  return index;
}

} // namespace

result<void>
load_loops(const store& from, const block_source& blocks, loop_table& out) {
  result<void> loaded;
  const auto scanned = from.scan(
    column::meta, loop_name_key::within(),
    [&](std::string_view key, std::string_view value) {
      const auto name = loop_name_key::decode(key);
      if (!name) {
        loaded = name.err();
        return false;
      }
      const auto number = decode_loop_number(value);
      if (!number) {
        loaded = error{
          number.err().code,
          "number of loop " + name->name + ": " + number.err().message};
        return false;
      }
      loaded = load_end(from, blocks, out.add({*number, name->name}));
      return loaded.ok();
    });
  return scanned ? loaded : scanned;
}

result<std::unique_ptr<event_index>> open_index(
  const index_options& options, const loop_table& loops, block_source& blocks,
  const index_hasher& hash) {
  auto index = open_fitting(options, loops, blocks);
  if (index && *index == nullptr) {
    if (auto gone = event_index::discard(options.directory); !gone)
      return gone.err();
    index = event_index::open(options);
  }
  if (!index)
    return index;
  std::map<loop_number, sequence> indexed;
  for (const auto& cursor : (*index)->recovered())
    indexed[cursor.loop] = cursor.last;
  for (const auto* loop : loops.all()) {
    (*index)->keep_from(loop->id.number, {loop->first.load()});
    if (auto caught =
          catch_up(*loop, indexed[loop->id.number], blocks, hash, **index);
        !caught)
      return caught.err();
  }
  return index;
}

} // namespace ratchet::storage::detail
