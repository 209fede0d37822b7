#include "storage/detail/history_writer.hpp"

#include "base/assert.hpp"
#include "storage/detail/loop_records.hpp"

#include <algorithm>
#include <mutex>
#include <utility>

namespace ratchet::storage::detail {

namespace {

index_use use_of(event_kind kind) {
  switch (kind) {
  case event_kind::interaction:
    return index_use::interaction_id;
  case event_kind::feedback:
    break;
  }
  return index_use::feedback_id;
}

/// Kind and id are equal; the rest of the content decides otherwise. False
/// for events that only share a hash.
bool same_id(std::string_view a, std::string_view b) {
  const auto head_a = decode_event_head(a);
  const auto head_b = decode_event_head(b);
  return head_a && head_b && head_a->kind == head_b->kind &&
    head_a->id == head_b->id;
}

} // namespace

void append_entries(
  const event_hashes& hashes, loop_number loop, sequence seq,
  const index_hasher& hash, std::vector<index_entry>& out) {
  const auto place = make_place(loop, seq);
  out.push_back({hash(use_of(hashes.kind), loop, hashes.id), place});
  if (hashes.interaction != 0 && hashes.kind == event_kind::feedback)
    out.push_back(
      {hash(index_use::about_interaction, loop, hashes.interaction), place});
  if (hashes.subject != 0)
    out.push_back({hash(index_use::of_subject, loop, hashes.subject), place});
}

history_writer::group& history_writer::open_group() {
  if (groups_.empty() || groups_.back().sealed)
    groups_.emplace_back();
  return groups_.back();
}

history_writer::loop_group&
history_writer::group_of(group& g, loop_entry& loop) {
  for (auto& of : g.loops)
    if (of.loop == &loop)
      return of;
  g.loops.push_back({&loop, loop.staged.next(), {}, std::nullopt, {}});
  return g.loops.back();
}

result<append_outcome> history_writer::stage(event_batch&& batch) {
  auto* loop = in_.loops.find(batch.loop);
  if (loop == nullptr)
    return error{errc::not_found, "no loop is named " + batch.loop};
  // Nothing is staged before everything that can fail has succeeded.
  if (auto judged = judge_by_history(*loop, batch, verdicts_); !judged)
    return judged.err();

  auto& to = open_group();
  const auto number = static_cast<std::uint32_t>(to.batches.size());
  const auto& kept = to.batches.emplace_back(std::move(batch));
  auto& of_loop = group_of(to, *loop);
  append_outcome outcome;
  for (std::uint32_t i = 0; i < kept.slots.size(); ++i) {
    const auto& slot = kept.slots[i];
    auto is = verdicts_[i];
    if (is == verdict::fresh)
      is = judge_by_groups(kept, slot, hashes_[i]);
    switch (is) {
    case verdict::fresh:
      to.ids.insert({hashes_[i], std::uint64_t{number} << 32U | i});
      of_loop.events.push_back({number, i});
      ++outcome.accepted;
      break;
    case verdict::duplicate:
      ++outcome.duplicates;
      break;
    case verdict::conflict: {
      const auto head = decode_event_head(kept.encoded(slot));
      RATCHET_ASSERT(head.ok());
      outcome.conflicts.push_back({slot.body_index, std::string{head->id}});
      break;
    }
    }
  }
  loop->staged.value += outcome.accepted;
  outcome.end = loop->staged;
  return outcome;
}

result<void> history_writer::judge_by_history(
  const loop_entry& loop, const event_batch& batch, std::vector<verdict>& out) {
  if (auto healthy = in_.index.health(); !healthy)
    return error{
      errc::unavailable,
      "the index of the history has stopped: " + healthy.err().message};
  hashes_.clear();
  for (const auto& slot : batch.slots)
    hashes_.push_back(
      in_.hash(use_of(slot.kind), loop.id.number, slot.id_hash));
  out.assign(batch.slots.size(), verdict::fresh);
  hits_.clear();
  if (auto found = in_.index.find_ids(hashes_, hits_); !found)
    return found;
  for (const auto& [which, place] : hits_) {
    const auto seq = sequence_of(place);
    if (
      loop_of(place) != loop.id.number || seq.value < loop.first.load() ||
      out[which] != verdict::fresh)
      continue;
    const auto block = in_.blocks.holding(loop.id, seq);
    if (!block)
      return block.err();
    const auto& view = (*block)->view;
    const auto stored =
      view.event(static_cast<std::uint32_t>(seq.value - view.first().value));
    const auto posted = batch.encoded(batch.slots[which]);
    if (stored == posted)
      out[which] = verdict::duplicate;
    else if (same_id(stored, posted))
      out[which] = verdict::conflict;
  }
  return {};
}

history_writer::verdict history_writer::judge_by_groups(
  const event_batch& batch, const event_batch::slot& slot,
  std::uint64_t hash) const {
  auto is = verdict::fresh;
  const auto posted = batch.encoded(slot);
  for (const auto& g : groups_)
    g.ids.visit_newest_first(hash, [&](std::uint64_t place) {
      const auto& other = g.batches[place >> 32U];
      if (other.loop != batch.loop)
        return true;
      const auto staged =
        other.encoded(other.slots[static_cast<std::uint32_t>(place)]);
      if (staged == posted)
        is = verdict::duplicate;
      else if (same_id(staged, posted))
        is = verdict::conflict;
      return is == verdict::fresh;
    });
  return is;
}

result<void>
history_writer::retain(loop_entry& loop, sequence keep_from, write_batch& out) {
  const std::lock_guard lock{loop.drop_mutex};
  // What the group drops already counts: a mark must never go back.
  const auto left = loop.keep_from;
  auto first = left;
  const auto end = sequence{loop.end.load()};
  if (loop.holds > 0 || keep_from <= first)
    return {};
  if (keep_from > end) {
    first = end.next();
  } else {
    const auto block = in_.blocks.holding(loop.id, keep_from);
    if (!block)
      return block.err();
    if ((*block)->view.first() == first)
      return {};
    first = (*block)->view.first();
  }
  // Not from 0 on: RocksDB keeps ranges until it compacts, and what each read
  // has to go through grows with the square of how many overlap.
  out.erase_range(
    column::history, block_key{loop.id.number, left}.encode(),
    block_key{loop.id.number, first}.encode());
  out.put(
    column::meta, low_water_key{loop.id.number}.encode(),
    encode_low_water({first, loop.committed.bytes, loop.committed.received}));
  loop.keep_from = first;
  group_of(open_group(), loop).keep_from = first;
  return {};
}

void history_writer::seal(write_batch& out) {
  auto& g = open_group();
  g.sealed = true;
  for (auto& of : g.loops) {
    auto& end = of.loop->sealed;
    const auto put = [&](const block_builder& block) {
      auto value = block.finish();
      end.last = {block.next().value - 1};
      end.bytes += value.size();
      end.crc = block_crc(value);
      out.put(
        column::history, block_key{of.loop->id.number, block.first()}.encode(),
        std::move(value));
    };
    block_builder block{of.first, end.bytes};
    for (const auto [batch, slot] : of.events) {
      const auto& from = g.batches[batch];
      const auto encoded = from.encoded(from.slots[slot]);
      if (
        !block.empty() &&
        block.event_bytes() + encoded.size() > in_.block_bytes) {
        put(block);
        block = block_builder{block.next(), end.bytes};
      }
      // The machine's clock may be set back; the history's is not.
      end.received = std::max(end.received, from.received);
      block.add(encoded, end.received);
    }
    if (!block.empty())
      put(block);
    of.end = end;
    if (of.keep_from.has_value())
      of.loop->first.store(of.keep_from->value);
  }
}

void history_writer::committed() {
  RATCHET_ASSERT(!groups_.empty() && groups_.front().sealed);
  const auto& g = groups_.front();
  entries_.clear();
  cursors_.clear();
  for (const auto& of : g.loops) {
    const auto loop = of.loop->id.number;
    auto seq = of.first;
    for (const auto [batch, slot] : of.events) {
      const auto& s = g.batches[batch].slots[slot];
      append_entries(
        {s.kind, s.id_hash, s.interaction_hash, s.subject_hash}, loop, seq,
        in_.hash, entries_);
      seq = seq.next();
    }
    if (!of.events.empty())
      cursors_.push_back({loop, of.end.last, of.end.crc});
  }
  in_.index.add(entries_, cursors_);
  for (const auto& of : g.loops) {
    if (of.keep_from.has_value()) {
      of.loop->committed_first = *of.keep_from;
      in_.index.keep_from(of.loop->id.number, *of.keep_from);
    }
    if (!of.events.empty()) {
      of.loop->committed = of.end;
      of.loop->end.store(of.end.last.value);
    }
  }
  groups_.pop_front();
}

void history_writer::abandoned() {
  for (const auto& g : groups_)
    for (const auto& of : g.loops) {
      of.loop->sealed = of.loop->committed;
      of.loop->staged = of.loop->committed.last;
      of.loop->first.store(of.loop->committed_first.value);
      const std::lock_guard lock{of.loop->drop_mutex};
      of.loop->keep_from = of.loop->committed_first;
    }
  groups_.clear();
}

} // namespace ratchet::storage::detail
