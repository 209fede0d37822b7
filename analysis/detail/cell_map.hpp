#pragma once

#include "analysis/metric_key.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

namespace ratchet::analysis::detail {

/// Cells by their keys: listed in the keys' order, found by hash, and each
/// knows whether it has changed. A monitor looks up some forty of them for each
/// event and lists them when somebody asks, so both matter. Cells are never
/// erased one by one.
///
/// Threads: one at a time; any number that only read.
/// Cost:    24 to 48 bytes a cell beside the map's own.
template <class Cell>
class cell_map {
public:
  using cells = std::map<metric_key, Cell>;

  cell_map() = default;
  cell_map(const cell_map& other)
      : cells_(other.cells_), slots_(other.slots_), changed_(other.changed_) {
    for (auto& each : slots_)
      if (each.cell != nullptr)
        each.cell = &*cells_.find(each.cell->first);
  }
  cell_map& operator=(const cell_map& other) { return *this = cell_map{other}; }
  // A map that is moved takes its nodes along.
  cell_map(cell_map&&) noexcept = default;
  cell_map& operator=(cell_map&&) noexcept = default;
  ~cell_map() = default;

  [[nodiscard]] const cells& all() const { return cells_; }
  [[nodiscard]] auto begin() const { return cells_.begin(); }
  [[nodiscard]] auto end() const { return cells_.end(); }

  /// Null if there is none.
  [[nodiscard]] const Cell* find(const metric_place& place) const {
    if (slots_.empty())
      return nullptr;
    const auto* found = slots_[slot_of(place)].cell;
    return found == nullptr ? nullptr : &found->second;
  }

  /// The cell to be changed; an empty one if there was none.
  [[nodiscard]] Cell& change(const metric_place& place) {
    return changed(slot_for(place));
  }
  /// The same, but null if there is none.
  [[nodiscard]] Cell* change_known(const metric_place& place) {
    if (slots_.empty())
      return nullptr;
    auto& found = slots_[slot_of(place)];
    return found.cell == nullptr ? nullptr : &changed(found);
  }
  template <class Change>
  void change_all(Change change) {
    for (auto& each : slots_)
      if (each.cell != nullptr) {
        change(each.cell->second);
        each.changed = true;
      }
    changed_ = cells_.size();
  }

  /// Puts a cell back as it was; not noted as a change.
  void restore(const metric_key& key, Cell cell) {
    slot_for(place_of(key)).cell->second = std::move(cell);
  }

  /// Tells the keys of what has changed since the last call, in any order.
  template <class Take>
  void take_changed(Take take) {
    if (changed_ == 0)
      return;
    for (auto& each : slots_)
      if (std::exchange(each.changed, false))
        take(each.cell->first);
    changed_ = 0;
  }

private:
  /// One place in a table of 2^n, at most half of which are taken. A cell is
  /// in the first free one from where its hash points.
  struct slot {
    std::uint64_t hash = 0;
    typename cells::value_type* cell = nullptr;
    bool changed = false;
  };

  /// Where the cell is, or would be. There is a table.
  [[nodiscard]] std::size_t slot_of(const metric_place& place) const {
    const auto mask = slots_.size() - 1;
    auto at = place.hash & mask;
    while (slots_[at].cell != nullptr &&
           !(slots_[at].hash == place.hash && slots_[at].cell->first == place))
      at = (at + 1) & mask;
    return at;
  }

  slot& slot_for(const metric_place& place) {
    if (slots_.size() < 2 * (cells_.size() + 1))
      grow();
    auto& found = slots_[slot_of(place)];
    if (found.cell == nullptr)
      found = {place.hash, &*cells_.try_emplace(key_of(place)).first, false};
    return found;
  }

  Cell& changed(slot& found) {
    changed_ += found.changed ? 0U : 1U;
    found.changed = true;
    return found.cell->second;
  }

  void grow() {
    std::vector<slot> before(slots_.empty() ? 8 : 2 * slots_.size());
    before.swap(slots_);
    const auto mask = slots_.size() - 1;
    for (const auto& moved : before) {
      if (moved.cell == nullptr)
        continue;
      auto at = moved.hash & mask;
      while (slots_[at].cell != nullptr)
        at = (at + 1) & mask;
      slots_[at] = moved;
    }
  }

  cells cells_;
  std::vector<slot> slots_;
  std::size_t changed_ = 0;
};

} // namespace ratchet::analysis::detail
