#include "storage/detail/loop_table.hpp"

#include "base/assert.hpp"

#include <mutex>
#include <utility>

namespace ratchet::storage::detail {

loop_entry* loop_table::find(std::string_view name) const {
  const std::shared_lock lock{mutex_};
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? nullptr : found->second.get();
}

loop_entry* loop_table::find(loop_number number) const {
  const std::shared_lock lock{mutex_};
  const auto found = by_number_.find(number);
  return found == by_number_.end() ? nullptr : found->second;
}

loop_entry& loop_table::add(loop_id id) {
  const std::lock_guard lock{mutex_};
  auto entry = std::make_unique<loop_entry>(id);
  auto& added = *entry;
  by_number_.emplace(id.number, &added);
  const auto inserted = by_name_.emplace(id.name, std::move(entry)).second;
  RATCHET_ASSERT(inserted);
  return added;
}

loop_number loop_table::next_number() const {
  const std::shared_lock lock{mutex_};
  if (by_number_.empty())
    return {1};
  return by_number_.rbegin()->first.next();
}

std::vector<loop_entry*> loop_table::all() const {
  const std::shared_lock lock{mutex_};
  std::vector<loop_entry*> out;
  for (const auto& [number, entry] : by_number_)
    out.push_back(entry);
  return out;
}

} // namespace ratchet::storage::detail
