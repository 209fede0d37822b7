#include "storage/detail/event_index.hpp"

#include "base/background.hpp"
#include "base/log.hpp"

#include <algorithm>
#include <utility>

// The background thread's half of the index: tails to runs, runs to fewer
// runs, and the filter over all of them.

namespace ratchet::storage::detail {

namespace {

constexpr std::size_t prefetch_distance = 32;

/// Between two looks at whether a tail waits to be written.
constexpr std::size_t merge_step = 64UL * 1024;
constexpr std::uint64_t cover_step_pages = 256;

} // namespace

void event_index::cover::add(std::span<const index_entry> entries) {
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (i + prefetch_distance < entries.size())
      filter.prefetch(entries[i + prefetch_distance].hash);
    if (!is_filtered(entries[i].hash))
      continue;
    filter.add(entries[i].hash);
    ++count;
  }
}

void event_index::work() {
  run_in_background("index");
  std::unique_lock lock{mutex_};
  while (!stopping_) {
    result<void> done;
    if (frozen_ != nullptr) {
      lock.unlock();
      done = write_frozen();
    } else if (needs_cover()) {
      lock.unlock();
      done = make_cover();
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
  auto from = current().frozen;
  from->entries.sort_into(sorted_);
  const auto& entries = sorted_;
  const auto first_unfiltered = std::partition_point(
    entries.begin(), entries.end(),
    [](const index_entry& e) { return is_filtered(e.hash); });
  const auto number = manifest_.next_run++;
  auto out = index_run_writer::create(
    run_path(number),
    static_cast<std::uint64_t>(first_unfiltered - entries.begin()));
  if (!out)
    return out.err();
  for (const auto& entry : entries)
    out->add(entry);
  if (auto written = out->finish(); !written)
    return written;
  auto run = index_run::open(run_path(number));
  if (!run)
    return run.err();
  // Before anyone can see the run without its tail.
  if (cover_ != nullptr)
    cover_->add(entries);
  if (next_cover_ != nullptr)
    next_cover_->add(entries);

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

result<bool> event_index::between_steps() {
  std::unique_lock lock{mutex_};
  if (stopping_)
    return false;
  if (frozen_ == nullptr)
    return true;
  lock.unlock();
  if (auto written = write_frozen(); !written)
    return written.err();
  return true;
}

bool event_index::needs_cover() const {
  return cover_ == nullptr || cover_->count > cover_->capacity;
}

result<void> event_index::make_cover() {
  const auto runs = current().runs;
  std::uint64_t count = 0;
  for (const auto& run : *runs)
    count += run->filtered_count();
  // What is written meanwhile is added by `write_frozen`.
  next_cover_ = std::make_shared<cover>(
    count + std::max<std::uint64_t>(count / 2, 4 * options_.tail_entries));
  index_page page;
  for (const auto& run : *runs) {
    for (std::uint64_t number = 0; number < run->page_count(); ++number) {
      if (auto read = run->read_page(number, page); !read)
        return read;
      next_cover_->add({page.entries.data(), page.used});
      if (page.used > 0 && !is_filtered(page.entries[page.used - 1].hash))
        break;
      if (number % cover_step_pages != cover_step_pages - 1)
        continue;
      const auto go_on = between_steps();
      if (!go_on)
        return go_on.err();
      if (!*go_on)
        return {};
    }
  }
  const std::lock_guard lock{mutex_};
  cover_ = std::move(next_cover_);
  next_cover_ = nullptr;
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
    const auto go_on = between_steps();
    if (!go_on)
      return go_on.err();
    if (!*go_on)
      return {}; // The half-made file goes at the next opening.
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
