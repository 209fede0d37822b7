#include "storage/history.hpp"

#include "base/log.hpp"
#include "storage/detail/block_source.hpp"
#include "storage/detail/event_index.hpp"
#include "storage/detail/history_open.hpp"
#include "storage/detail/history_writer.hpp"
#include "storage/detail/loop_records.hpp"
#include "storage/detail/loop_table.hpp"
#include "storage/detail/retention_queries.hpp"

#include <algorithm>
#include <mutex>
#include <utility>

namespace ratchet::storage {

using detail::index_use;
using detail::loop_entry;

struct history::impl {
  impl(store& from, history_options o)
      : options(o), blocks(from), hash{o.hash_mask} {}

  const history_options options;
  detail::loop_table loops;
  mutable detail::block_source blocks;
  detail::index_hasher hash;
  std::unique_ptr<detail::event_index> index;
  std::optional<detail::history_writer> writer;

  [[nodiscard]] result<loop_entry*> loop(loop_number number) const;
  struct found_event {
    stored_event event;
    std::size_t bytes = 0; ///< Encoded.
  };
  /// The event to which the index points, if `is_it` finds that it is meant.
  [[nodiscard]] result<std::optional<found_event>> resolve(
    const loop_entry& of, sequence seq,
    const std::function<bool(const event_head&)>& is_it) const;
  /// Visits the events that are meant; oldest first, until `visit` returns
  /// false.
  [[nodiscard]] result<void> lookup(
    const loop_entry& of, std::uint64_t hash, sequence after,
    const std::function<bool(const event_head&)>& is_it,
    const std::function<bool(stored_event, std::size_t bytes)>& visit) const;
};

history::history(std::unique_ptr<impl> state) : impl_(std::move(state)) {}

history::~history() {
  if (auto flushed = impl_->index->flush(); !flushed)
    log(
      log_level::warning, "index not written at the end",
      {{"reason", flushed.err().message}});
}

result<std::unique_ptr<history>>
history::open(store& from, history_options options) {
  auto state = std::make_unique<impl>(from, options);
  if (auto loaded = detail::load_loops(from, state->blocks, state->loops);
      !loaded)
    return loaded.err();
  auto index = detail::open_index(
    {from.directory() / "index", options.index_tail_entries}, state->loops,
    state->blocks, state->hash);
  if (!index)
    return index.err();
  state->index = std::move(*index);
  state->writer.emplace(detail::history_writer::parts{
    state->loops, state->blocks, *state->index, state->hash,
    options.block_bytes});
  return std::unique_ptr<history>{new history{std::move(state)}};
}

// Loops ---------------------------------------------------------------------

result<loop_entry*> history::impl::loop(loop_number number) const {
  auto* found = loops.find(number);
  if (found == nullptr)
    return error{
      errc::not_found, "no loop has number " + std::to_string(number.value)};
  return found;
}

result<loop_number> history::loop_number_of(std::string_view name) const {
  const auto* found = impl_->loops.find(name);
  if (found == nullptr)
    return error{errc::not_found, "no loop is named " + std::string{name}};
  return found->id.number;
}

result<loop_number>
history::register_loop(const std::string& name, write_batch& batch) {
  if (name.empty())
    return error{errc::invalid_argument, "a loop's name is empty; give it one"};
  if (const auto* found = impl_->loops.find(name))
    return found->id.number;
  const auto number = impl_->loops.next_number();
  if (number.value >= detail::max_loops)
    return error{
      errc::resource_limit,
      "loop " + name + " is one too many for this " +
        "shard, which has given out " + std::to_string(number.value) +
        " numbers"};
  batch.put(
    column::meta, loop_name_key{name}.encode(),
    detail::encode_loop_number(number));
  impl_->loops.add({number, name});
  return number;
}

std::vector<std::string> history::loops() const {
  std::vector<std::string> names;
  for (const auto* entry : impl_->loops.all())
    names.push_back(entry->id.name);
  return names;
}

// Writer --------------------------------------------------------------------

result<append_outcome> history::stage(event_batch&& batch) {
  return impl_->writer->stage(std::move(batch));
}

result<void>
history::retain(loop_number loop, sequence keep_from, write_batch& batch) {
  const auto entry = impl_->loop(loop);
  if (!entry)
    return entry.err();
  return impl_->writer->retain(**entry, keep_from, batch);
}

void history::seal(write_batch& batch) {
  impl_->writer->seal(batch);
}
void history::committed() {
  impl_->writer->committed();
}
void history::abandoned() {
  impl_->writer->abandoned();
}

// Readers -------------------------------------------------------------------

sequence history::end(loop_number loop) const {
  const auto* entry = impl_->loops.find(loop);
  return {entry == nullptr ? 0 : entry->end.load()};
}

sequence history::first(loop_number loop) const {
  const auto* entry = impl_->loops.find(loop);
  return {entry == nullptr ? 1 : entry->first.load()};
}

result<page_end> history::scan(
  loop_number loop, sequence after, page_limits limits,
  const std::function<bool(const encoded_event&)>& visit) const {
  const auto entry = impl_->loop(loop);
  if (!entry)
    return entry.err();
  const auto& of = **entry;
  const auto end = of.end.load();
  auto seq = std::max(after.value + 1, of.first.load());
  if (seq > end)
    return page_end{{std::max(after.value, seq - 1)}, true};

  std::size_t events = 0;
  std::size_t bytes = 0;
  const auto one = [&](const detail::block_view& block) {
    auto i = static_cast<std::uint32_t>(seq - block.first().value);
    for (; i < block.count() && seq <= end; ++i) {
      const auto encoded = block.event(i);
      if (
        events > 0 &&
        (events >= limits.events || bytes + encoded.size() > limits.bytes))
        return false;
      ++events;
      bytes += encoded.size();
      ++seq;
      if (!visit({{seq - 1}, block.received(i), encoded}))
        return false;
    }
    return seq <= end;
  };
  const auto scanned = impl_->blocks.scan(of.id, {seq}, one);
  // Retention may have been here since `first` was read; it moves on only.
  if (events == 0 && of.first.load() > seq)
    return scan(loop, after, limits, visit);
  if (!scanned)
    return scanned.err();
  if (events == 0)
    return error{
      errc::corruption,
      "history of loop " + of.id.name + ": no block holds sequence " +
        std::to_string(seq)};
  return page_end{{seq - 1}, seq > end};
}

result<event_page>
history::read(loop_number loop, sequence after, page_limits limits) const {
  event_page page;
  result<void> decoded;
  const auto end = scan(loop, after, limits, [&](const encoded_event& e) {
    auto content = decode_event(e.bytes);
    if (!content) {
      decoded = error{
        content.err().code,
        "history of loop " + impl_->loops.find(loop)->id.name + ": sequence " +
          std::to_string(e.seq.value) + ": " + content.err().message};
      return false;
    }
    page.events.push_back({e.seq, e.received, std::move(*content)});
    return true;
  });
  if (!end)
    return end.err();
  if (!decoded)
    return decoded.err();
  page.next = end->next;
  page.at_end = end->at_end;
  return page;
}

result<std::optional<history::impl::found_event>> history::impl::resolve(
  const loop_entry& of, sequence seq,
  const std::function<bool(const event_head&)>& is_it) const {
  const std::optional<found_event> none;
  if (seq.value > of.end.load() || seq.value < of.first.load())
    return none;
  const auto fail = [&](const error& e) {
    return error{
      e.code,
      "history of loop " + of.id.name + ": sequence " +
        std::to_string(seq.value) + ": " + e.message};
  };
  const auto block = blocks.holding(of.id, seq);
  if (!block) {
    // Retention may have been here between the check above and the read.
    if (seq.value < of.first.load())
      return none;
    return block.err();
  }
  const auto& view = (*block)->view;
  const auto i = static_cast<std::uint32_t>(seq.value - view.first().value);
  const auto head = decode_event_head(view.event(i));
  if (!head)
    return fail(head.err());
  if (!is_it(*head))
    return none;
  auto content = decode_event(view.event(i));
  if (!content)
    return fail(content.err());
  return std::optional{found_event{
    {seq, view.received(i), std::move(*content)}, view.event(i).size()}};
}

result<void> history::impl::lookup(
  const loop_entry& of, std::uint64_t hash_value, sequence after,
  const std::function<bool(const event_head&)>& is_it,
  const std::function<bool(stored_event, std::size_t bytes)>& visit) const {
  result<void> done;
  const auto one = [&](std::uint64_t place) {
    const auto seq = detail::sequence_of(place);
    if (detail::loop_of(place) != of.id.number || seq <= after)
      return true;
    auto found = resolve(of, seq, is_it);
    if (!found) {
      done = found.err();
      return false;
    }
    return !*found || visit(std::move((*found)->event), (*found)->bytes);
  };
  const auto visited =
    index->visit(hash_value, detail::make_place(of.id.number, after), one);
  return visited ? done : visited;
}

result<std::optional<stored_event>>
history::find(loop_number loop, event_kind kind, std::string_view id) const {
  const auto entry = impl_->loop(loop);
  if (!entry)
    return entry.err();
  std::optional<stored_event> found;
  const auto use = kind == event_kind::interaction ? index_use::interaction_id
                                                   : index_use::feedback_id;
  const auto looked = impl_->lookup(
    **entry, impl_->hash(use, loop, hash_event_id(kind, id)), {0},
    [&](const event_head& head) { return head.kind == kind && head.id == id; },
    [&](stored_event e, std::size_t) {
      found = std::move(e);
      return false;
    });
  if (!looked)
    return looked.err();
  return found;
}

result<std::vector<stored_event>> history::feedback_of(
  loop_number loop, std::string_view interaction_id, std::size_t limit) const {
  const auto entry = impl_->loop(loop);
  if (!entry)
    return entry.err();
  std::vector<stored_event> found;
  if (limit == 0)
    return found;
  const auto hash = impl_->hash(
    index_use::about_interaction, loop,
    hash_interaction_reference(interaction_id));
  const auto looked = impl_->lookup(
    **entry, hash, {0},
    [&](const event_head& head) {
      return head.kind == event_kind::feedback &&
        head.interaction_id == interaction_id;
    },
    [&](stored_event e, std::size_t) {
      found.push_back(std::move(e));
      return found.size() < limit;
    });
  if (!looked)
    return looked.err();
  return found;
}

result<void> history::find_many(
  loop_number loop, std::span<const history_query> queries, sequence up_to,
  const std::function<void(std::size_t which, stored_event)>& answer) const {
  const auto entry = impl_->loop(loop);
  if (!entry)
    return entry.err();
  const auto hash_of = [&](const history_query& q) {
    if (q.wanted == history_query::what::interaction)
      return impl_->hash(
        index_use::interaction_id, loop,
        hash_event_id(event_kind::interaction, q.interaction_id));
    return impl_->hash(
      index_use::about_interaction, loop,
      hash_interaction_reference(q.interaction_id));
  };
  std::vector<std::pair<std::uint64_t, std::size_t>> order;
  order.reserve(queries.size());
  for (std::size_t i = 0; i < queries.size(); ++i)
    order.emplace_back(hash_of(queries[i]), i);
  std::sort(order.begin(), order.end());
  std::vector<std::uint64_t> hashes;
  hashes.reserve(order.size());
  for (const auto& [hash, which] : order)
    hashes.push_back(hash);
  std::vector<detail::event_index::hit> hits;
  if (auto found =
        impl_->index->find_all(hashes, detail::make_place(loop, up_to), hits);
      !found)
    return found;
  std::sort(hits.begin(), hits.end(), [](const auto& a, const auto& b) {
    return a.place < b.place;
  });
  for (const auto& [position, place] : hits) {
    if (detail::loop_of(place) != loop)
      continue;
    const auto which = order[position].second;
    const auto& query = queries[which];
    auto found = impl_->resolve(
      **entry, detail::sequence_of(place), [&](const event_head& head) {
        return query.wanted == history_query::what::interaction
          ? head.kind == event_kind::interaction &&
            head.id == query.interaction_id
          : head.kind == event_kind::feedback &&
            head.interaction_id == query.interaction_id;
      });
    if (!found)
      return found.err();
    if (*found)
      answer(which, std::move((*found)->event));
  }
  return {};
}

result<event_page> history::of_subject(
  loop_number loop, std::string_view subject, sequence after,
  page_limits limits) const {
  const auto entry = impl_->loop(loop);
  if (!entry)
    return entry.err();
  event_page page;
  page.next = after;
  std::size_t total = 0;
  const auto looked = impl_->lookup(
    **entry, impl_->hash(index_use::of_subject, loop, hash_subject(subject)),
    after, [&](const event_head& head) { return head.subject == subject; },
    [&](stored_event e, std::size_t bytes) {
      total += bytes;
      if (
        !page.events.empty() &&
        (page.events.size() >= limits.events || total > limits.bytes)) {
        page.at_end = false;
        return false;
      }
      page.next = e.seq;
      page.events.push_back(std::move(e));
      return true;
    });
  if (!looked)
    return looked.err();
  return page;
}

// Retention's questions -----------------------------------------------------

result<sequence>
history::first_since(loop_number loop, time_point since) const {
  const auto entry = impl_->loop(loop);
  if (!entry)
    return entry.err();
  return detail::first_since(impl_->blocks, **entry, since);
}

result<sequence>
history::first_within(loop_number loop, std::uint64_t bytes) const {
  const auto entry = impl_->loop(loop);
  if (!entry)
    return entry.err();
  return detail::first_within(impl_->blocks, **entry, bytes);
}

result<std::uint64_t> history::stored_bytes(loop_number loop) const {
  const auto entry = impl_->loop(loop);
  if (!entry)
    return entry.err();
  return detail::stored_bytes(impl_->blocks, **entry);
}

result<history_hold> history::hold(loop_number loop) const {
  const auto entry = impl_->loop(loop);
  if (!entry)
    return entry.err();
  auto* of = *entry;
  const std::lock_guard lock{of->drop_mutex};
  ++of->holds;
  return history_hold{of->keep_from, {of, [](detail::loop_entry* held) {
                                        const std::lock_guard gone{
                                          held->drop_mutex};
                                        --held->holds;
                                      }}};
}

history_stats history::stats() const {
  const auto index = impl_->index->stats();
  return {
    index.runs, index.run_entries, index.tail_entries, index.filter_bytes};
}

} // namespace ratchet::storage
