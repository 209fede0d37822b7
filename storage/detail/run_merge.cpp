#include "storage/detail/run_merge.hpp"

#include <algorithm>
#include <utility>

namespace ratchet::storage::detail {

run_merge::run_merge(
  run_list inputs, index_run_writer output,
  std::function<bool(std::uint64_t place)> keep)
    : runs_(std::move(inputs)), output_(std::move(output)),
      keep_(std::move(keep)) {}

result<std::unique_ptr<run_merge>> run_merge::start(
  run_list inputs, const std::filesystem::path& output,
  std::function<bool(std::uint64_t place)> keep) {
  std::uint64_t filtered = 0;
  for (const auto& run : inputs)
    filtered += run->filtered_count();
  auto writer = index_run_writer::create(output, filtered);
  if (!writer)
    return writer.err();
  std::unique_ptr<run_merge> self{
    new run_merge{std::move(inputs), std::move(*writer), std::move(keep)}};
  for (const auto& run : self->runs_) {
    self->open_.push_back(std::make_unique<input>());
    self->open_.back()->run = run.get();
  }
  for (std::size_t i = self->open_.size(); i-- > 0;)
    if (auto filled = self->refill(i); !filled)
      return filled.err();
  return self;
}

result<void> run_merge::refill(std::size_t which) {
  auto& in = *open_[which];
  if (in.next_page == in.run->page_count()) {
    open_.erase(open_.begin() + static_cast<std::ptrdiff_t>(which));
    return {};
  }
  in.at = 0;
  return in.run->read_page(in.next_page++, in.page);
}

result<bool> run_merge::step(std::size_t entries) {
  for (; entries > 0 && !open_.empty(); --entries) {
    // A handful of inputs: looking at all of them beats a heap.
    std::size_t least = 0;
    for (std::size_t i = 1; i < open_.size(); ++i)
      if (
        open_[i]->page.entries[open_[i]->at] <
        open_[least]->page.entries[open_[least]->at])
        least = i;
    auto& in = *open_[least];
    const auto entry = in.page.entries[in.at++];
    if (keep_(entry.place))
      output_.add(entry);
    if (in.at == in.page.used)
      if (auto filled = refill(least); !filled)
        return filled.err();
  }
  return !open_.empty() && !output_.failed();
}

} // namespace ratchet::storage::detail
