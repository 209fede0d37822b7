#include "storage/detail/event_index.hpp"

#include <algorithm>
#include <set>
#include <string>
#include <system_error>
#include <utility>

namespace ratchet::storage::detail {

namespace fs = std::filesystem;

namespace {

/// Far enough for the line to arrive, near enough for it to stay.
constexpr std::size_t prefetch_distance = 32;

/// How many lookups a reader makes in the active tail while the writer waits.
constexpr std::size_t locked_lookups = 128;

} // namespace

result<void> event_index::discard(const fs::path& directory) {
  std::error_code failed;
  fs::remove_all(directory, failed);
  if (failed)
    return error{
      errc::io_error,
      "remove index " + directory.string() + ": " + failed.message()};
  return {};
}

result<std::unique_ptr<event_index>> event_index::open(index_options options) {
  std::error_code failed;
  fs::create_directories(options.directory, failed);
  if (failed)
    return error{
      errc::io_error,
      "make index " + options.directory.string() + ": " + failed.message()};
  std::unique_ptr<event_index> self{new event_index{std::move(options)}};
  if (auto loaded = self->load(); !loaded)
    return loaded.err();
  self->worker_ = std::thread{[index = self.get()] { index->work(); }};
  return self;
}

event_index::~event_index() {
  {
    const std::lock_guard lock{mutex_};
    stopping_ = true;
  }
  changed_.notify_all();
  if (worker_.joinable())
    worker_.join();
}

fs::path event_index::run_path(std::uint64_t number) const {
  auto name = std::to_string(number);
  name.insert(0, name.size() < 6 ? 6 - name.size() : 0, '0');
  return options_.directory / (name + ".run");
}

result<void> event_index::load() {
  auto manifest = load_manifest(options_.directory);
  if (!manifest)
    return manifest.err();
  manifest_ = std::move(*manifest);
  recovered_ = manifest_.cursors;
  active_ = tail_pool::take(pool_, options_.tail_entries);
  for (const auto& cursor : recovered_)
    active_->cursors[cursor.loop] = cursor;

  auto runs = std::make_shared<run_list>();
  std::set<fs::path> known{options_.directory / "manifest"};
  for (const auto& entry : manifest_.runs) {
    auto run = index_run::open(run_path(entry.number));
    if (!run && run.err().code == errc::not_found)
      return error{errc::corruption, run.err().message};
    if (!run)
      return run.err();
    runs->push_back(std::move(*run));
    known.insert(run_path(entry.number));
  }
  if (runs->empty())
    cover_ = std::make_shared<cover>(4 * options_.tail_entries);
  runs_ = std::move(runs);

  // Left over by a crash between writing a run and saying so.
  std::error_code failed;
  for (const auto& file : fs::directory_iterator{options_.directory, failed})
    if (!known.contains(file.path()))
      fs::remove(file.path(), failed);
  return {};
}

std::shared_ptr<event_index::tail> event_index::tail_pool::take(
  const std::shared_ptr<tail_pool>& from, std::size_t expected) {
  std::unique_ptr<tail> taken;
  {
    const std::lock_guard lock{from->mutex_};
    taken = std::move(from->spare_);
  }
  if (taken == nullptr)
    taken = std::make_unique<tail>(expected);
  return {taken.release(), [from](tail* used) {
            used->entries.clear();
            used->cursors.clear();
            std::unique_ptr<tail> back{used};
            const std::lock_guard lock{from->mutex_};
            if (from->spare_ == nullptr)
              from->spare_ = std::move(back);
          }};
}

event_index::view event_index::current() const {
  const std::lock_guard lock{mutex_};
  return {active_, frozen_, runs_, cover_};
}

// The writer ----------------------------------------------------------------

void event_index::add(
  std::span<const index_entry> entries, std::span<const index_cursor> cursors) {
  std::unique_lock lock{mutex_};
  auto& to = active_->entries;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (i + prefetch_distance < entries.size())
      to.prefetch(entries[i + prefetch_distance].hash);
    to.insert(entries[i]);
  }
  for (const auto& cursor : cursors)
    active_->cursors[cursor.loop] = cursor;
  if (to.size() < options_.tail_entries)
    return;
  if (frozen_ != nullptr && to.size() < 2 * options_.tail_entries)
    return; // Grow a little before making the journal wait.
  freeze(lock);
}

void event_index::freeze(std::unique_lock<std::mutex>& lock) {
  changed_.wait(lock, [this] { return frozen_ == nullptr || !health_; });
  if (!health_)
    return; // The tail grows until the journal has looked at `health`.
  auto next = tail_pool::take(pool_, options_.tail_entries);
  next->cursors = active_->cursors;
  frozen_ = std::exchange(active_, std::move(next));
  changed_.notify_all();
}

result<void> event_index::flush() {
  std::unique_lock lock{mutex_};
  if (active_->entries.size() > 0)
    freeze(lock);
  changed_.wait(lock, [this] { return frozen_ == nullptr || !health_; });
  return health_;
}

void event_index::keep_from(loop_number loop, sequence first) {
  const std::lock_guard lock{mutex_};
  first_kept_[loop] = first;
}

result<void> event_index::find_ids(
  std::span<const std::uint64_t> hashes, std::vector<hit>& out) const {
  const auto now = current();
  for (const auto* part : {now.active.get(), now.frozen.get()}) {
    if (part == nullptr)
      continue;
    for (std::size_t i = 0; i < hashes.size(); ++i) {
      if (i + prefetch_distance < hashes.size())
        part->entries.prefetch(hashes[i + prefetch_distance]);
      part->entries.visit_newest_first(hashes[i], [&](std::uint64_t place) {
        out.push_back({i, place});
        return true;
      });
    }
  }
  if (now.runs->empty())
    return {};
  for (std::size_t i = 0; i < hashes.size(); ++i) {
    if (now.covered != nullptr && i + prefetch_distance < hashes.size())
      now.covered->filter.prefetch(hashes[i + prefetch_distance]);
    if (!now.in_runs(hashes[i]))
      continue;
    for (const auto& run : *now.runs) {
      if (!run->filter().may_hold(hashes[i]))
        continue;
      auto visited = run->visit(hashes[i], 0, [&](std::uint64_t place) {
        out.push_back({i, place});
        return true;
      });
      if (!visited)
        return visited;
    }
  }
  return {};
}

// Readers -------------------------------------------------------------------

result<void> event_index::visit(
  std::uint64_t hash, std::uint64_t after,
  const std::function<bool(std::uint64_t place)>& visit) const {
  std::vector<std::uint64_t> newest_first;
  const auto collect = [&](std::uint64_t place) {
    if (place > after)
      newest_first.push_back(place);
    return true;
  };
  view now;
  {
    const std::lock_guard lock{mutex_};
    now = {active_, frozen_, runs_, cover_};
    now.active->entries.visit_newest_first(hash, collect);
  }
  if (now.frozen != nullptr)
    now.frozen->entries.visit_newest_first(hash, collect);

  bool more = true;
  const auto visit_tails = [&] {
    for (; more && !newest_first.empty(); newest_first.pop_back())
      more = visit(newest_first.back());
  };
  // There is one event of an id, and most are asked for while it is young.
  if (is_id(hash))
    visit_tails();
  if (more && now.in_runs(hash))
    for (const auto& run : *now.runs) {
      if (is_filtered(hash) && !run->filter().may_hold(hash))
        continue;
      auto visited = run->visit(hash, after, [&](std::uint64_t place) {
        more = visit(place);
        return more;
      });
      if (!visited || !more)
        return visited;
    }
  visit_tails();
  return {};
}

result<void> event_index::find_all(
  std::span<const std::uint64_t> hashes, std::uint64_t up_to,
  std::vector<hit>& out) const {
  const auto now = current();
  const auto collect = [&](std::size_t i) {
    return [&out, up_to, i](std::uint64_t place) {
      if (place <= up_to)
        out.push_back({i, place});
      return true;
    };
  };
  // What the view's tail held when the view was taken it still holds, though
  // it may have been frozen since. The writer goes on between two shares.
  for (std::size_t i = 0; i < hashes.size();) {
    const std::lock_guard lock{mutex_};
    const auto end = std::min(hashes.size(), i + locked_lookups);
    for (; i < end; ++i) {
      if (i + prefetch_distance < hashes.size())
        now.active->entries.prefetch(hashes[i + prefetch_distance]);
      now.active->entries.visit_newest_first(hashes[i], collect(i));
    }
  }
  if (now.frozen != nullptr)
    for (std::size_t i = 0; i < hashes.size(); ++i)
      now.frozen->entries.visit_newest_first(hashes[i], collect(i));
  index_run::page_in_hand page;
  for (const auto& run : *now.runs) {
    page.number.reset();
    for (std::size_t i = 0; i < hashes.size(); ++i) {
      if (
        !now.in_runs(hashes[i]) ||
        (is_filtered(hashes[i]) && !run->filter().may_hold(hashes[i])))
        continue;
      if (auto visited = run->visit(hashes[i], 0, page, collect(i)); !visited)
        return visited;
    }
  }
  return {};
}

result<void> event_index::health() const {
  const std::lock_guard lock{mutex_};
  return health_;
}

index_stats event_index::stats() const {
  index_stats out;
  std::shared_ptr<const run_list> runs;
  std::shared_ptr<const cover> covered;
  {
    const std::lock_guard lock{mutex_};
    covered = cover_;
    out.tail_entries = active_->entries.size();
    if (frozen_ != nullptr)
      out.tail_entries += frozen_->entries.size();
    runs = runs_;
  }
  if (covered != nullptr)
    out.filter_bytes += covered->filter.bytes().size();
  for (const auto& run : *runs) {
    ++out.runs;
    out.run_entries += run->entry_count();
    out.filter_bytes += run->filter().bytes().size();
  }
  return out;
}

} // namespace ratchet::storage::detail
