#include "storage/detail/event_index.hpp"

#include "base/log.hpp"

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

/// Between two looks at whether a tail waits to be written.
constexpr std::size_t merge_step = 64UL * 1024;

} // namespace

/// What a lookup reads: stays valid and unchanged (but for the active tail)
/// while the background thread goes on.
struct event_index::view {
  std::shared_ptr<const tail> active;
  std::shared_ptr<const tail> frozen; ///< May be null.
  std::shared_ptr<const run_list> runs;
};

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
  active_ = std::make_shared<tail>(options_.tail_entries);
  for (const auto& cursor : recovered_)
    active_->cursors[cursor.loop] = cursor;

  auto runs = std::make_shared<run_list>();
  std::set<fs::path> known{options_.directory / "manifest"};
  for (const auto& entry : manifest_.runs) {
    auto run = index_run::open(run_path(entry.number));
    if (!run)
      return error{errc::corruption, run.err().message};
    runs->push_back(std::move(*run));
    known.insert(run_path(entry.number));
  }
  runs_ = std::move(runs);

  // Left over by a crash between writing a run and saying so.
  std::error_code failed;
  for (const auto& file : fs::directory_iterator{options_.directory, failed})
    if (!known.contains(file.path()))
      fs::remove(file.path(), failed);
  return {};
}

event_index::view event_index::current() const {
  const std::lock_guard lock{mutex_};
  return {active_, frozen_, runs_};
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
  auto next = std::make_shared<tail>(options_.tail_entries);
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
  for (const auto& run : *now.runs) {
    const auto& filter = run->filter();
    for (std::size_t i = 0; i < std::min(prefetch_distance, hashes.size()); ++i)
      filter.prefetch(hashes[i]);
    for (std::size_t i = 0; i < hashes.size(); ++i) {
      if (i + prefetch_distance < hashes.size())
        filter.prefetch(hashes[i + prefetch_distance]);
      if (!filter.may_hold(hashes[i]))
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
  // The tails first: what moves from them to a run in between is then seen in
  // the view that was taken together with them.
  std::vector<std::uint64_t> newest_first;
  const auto collect = [&](std::uint64_t place) {
    if (place > after)
      newest_first.push_back(place);
    return true;
  };
  view now;
  {
    const std::lock_guard lock{mutex_};
    now = {active_, frozen_, runs_};
    now.active->entries.visit_newest_first(hash, collect);
  }
  if (now.frozen != nullptr)
    now.frozen->entries.visit_newest_first(hash, collect);

  bool more = true;
  for (const auto& run : *now.runs) {
    if (is_id(hash) && !run->filter().may_hold(hash))
      continue;
    auto visited = run->visit(hash, after, [&](std::uint64_t place) {
      more = visit(place);
      return more;
    });
    if (!visited || !more)
      return visited;
  }
  for (; more && !newest_first.empty(); newest_first.pop_back())
    more = visit(newest_first.back());
  return {};
}

result<void> event_index::health() const {
  const std::lock_guard lock{mutex_};
  return health_;
}

index_stats event_index::stats() const {
  index_stats out;
  std::shared_ptr<const run_list> runs;
  {
    const std::lock_guard lock{mutex_};
    out.tail_entries = active_->entries.size();
    if (frozen_ != nullptr)
      out.tail_entries += frozen_->entries.size();
    runs = runs_;
  }
  for (const auto& run : *runs) {
    ++out.runs;
    out.run_entries += run->entry_count();
    out.filter_bytes += run->filter().bytes().size();
  }
  return out;
}

// The background thread -----------------------------------------------------

void event_index::work() {
  std::unique_lock lock{mutex_};
  while (!stopping_) {
    result<void> done;
    if (frozen_ != nullptr) {
      lock.unlock();
      done = write_frozen();
    } else if (const auto first = level_to_merge()) {
      lock.unlock();
      done = merge_level(*first);
    } else {
      changed_.wait(lock);
      continue;
    }
    lock.lock();
    changed_.notify_all();
    if (!done) {
      log(
        log_level::error, "index cannot be written",
        {{"reason", done.err().message}});
      health_ = done;
      return;
    }
  }
}

result<void> event_index::save() {
  return save_manifest(options_.directory, manifest_);
}

result<void> event_index::write_frozen() {
  const auto from = current().frozen;
  const auto entries = from->entries.sorted();
  const auto first_link = std::partition_point(
    entries.begin(), entries.end(),
    [](const index_entry& e) { return is_id(e.hash); });
  const auto number = manifest_.next_run++;
  auto out = index_run_writer::create(
    run_path(number), static_cast<std::uint64_t>(first_link - entries.begin()));
  if (!out)
    return out.err();
  for (const auto& entry : entries)
    out->add(entry);
  if (auto written = out->finish(); !written)
    return written;
  auto run = index_run::open(run_path(number));
  if (!run)
    return run.err();

  manifest_.runs.push_back({number, 0});
  manifest_.cursors.clear();
  for (const auto& [loop, cursor] : from->cursors)
    manifest_.cursors.push_back(cursor);
  if (auto saved = save(); !saved)
    return saved;
  const std::lock_guard lock{mutex_};
  auto runs = std::make_shared<run_list>(*runs_);
  runs->push_back(std::move(*run));
  runs_ = std::move(runs);
  frozen_.reset();
  changed_.notify_all();
  return {};
}

std::optional<std::size_t> event_index::level_to_merge() const {
  // Levels only fall from the oldest run to the newest.
  const auto& runs = manifest_.runs;
  for (std::size_t end = runs.size(); end > 0;) {
    auto first = end;
    while (first > 0 && runs[first - 1].level == runs[end - 1].level)
      --first;
    if (end - first >= options_.merge_width)
      return first;
    end = first;
  }
  return std::nullopt;
}

result<void> event_index::merge_level(std::size_t first) {
  const auto level = manifest_.runs[first].level;
  auto last = first;
  while (last < manifest_.runs.size() && manifest_.runs[last].level == level)
    ++last;
  run_list inputs;
  std::map<loop_number, sequence> kept;
  {
    const std::lock_guard lock{mutex_};
    inputs.assign(
      runs_->begin() + static_cast<std::ptrdiff_t>(first),
      runs_->begin() + static_cast<std::ptrdiff_t>(last));
    kept = first_kept_;
  }
  const auto keep = [&](std::uint64_t place) {
    const auto found = kept.empty() ? kept.end() : kept.find(loop_of(place));
    return found == kept.end() || sequence_of(place) >= found->second;
  };
  const auto number = manifest_.next_run++;
  auto merge = run_merge::start(inputs, run_path(number), keep);
  if (!merge)
    return merge.err();
  for (;;) {
    const auto more = (*merge)->step(merge_step);
    if (!more)
      return more.err();
    if (!*more)
      break;
    std::unique_lock lock{mutex_};
    if (stopping_)
      return {}; // The half-made file goes at the next opening.
    if (frozen_ != nullptr) {
      lock.unlock();
      if (auto written = write_frozen(); !written)
        return written;
    }
  }
  if (auto finished = (*merge)->finish(); !finished)
    return finished;
  auto run = index_run::open(run_path(number));
  if (!run)
    return run.err();

  // Runs written meanwhile are behind the inputs, whose positions hold.
  const auto replace = [&](auto& list, auto with) {
    const auto at = list.begin() + static_cast<std::ptrdiff_t>(first);
    *at = std::move(with);
    list.erase(at + 1, at + static_cast<std::ptrdiff_t>(last - first));
  };
  replace(manifest_.runs, run_entry{number, level + 1});
  if (auto saved = save(); !saved)
    return saved;
  const std::lock_guard lock{mutex_};
  auto runs = std::make_shared<run_list>(*runs_);
  replace(*runs, std::move(*run));
  runs_ = std::move(runs);
  for (const auto& input : inputs)
    input->retire();
  return {};
}

} // namespace ratchet::storage::detail
