#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

namespace ratchet::analysis {

/// An item and its bounds: `count - error <= true count <= count`.
struct heavy_hitter {
  std::string item;
  std::uint64_t count = 0;
  std::uint64_t error = 0;

  friend bool operator==(const heavy_hitter&, const heavy_hitter&) = default;
};

/// The most frequent values of an attribute that has no end of them, in a
/// fixed number of counters: Space-Saving.
///
/// After N additions with m counters no error is above N / m, and every item
/// that came more than N / m times is there.
///
/// Replay:  the same additions in the same order give the same state; another
///          order gives other counters within the same bounds. Items cannot be
///          taken back.
/// Threads: one at a time.
/// Cost:    O(log m) for each addition.
/// Source:  Metwally, Agrawal, El Abbadi (2005), ICDT; merge: Agarwal et al.
///          (2012), Mergeable summaries, PODS.
class heavy_hitters {
public:
  /// `counters` of 1 at least.
  explicit heavy_hitters(std::size_t counters);

  void add(const std::string& item, std::uint64_t times = 1);

  /// Adds all that `other` counted; the error bounds add up. What is merged
  /// with what does not matter: a + b equals b + a.
  void merge(const heavy_hitters& other);

  /// All items held, most frequent first, then by name.
  [[nodiscard]] std::vector<heavy_hitter> items() const;

  [[nodiscard]] std::uint64_t total() const { return total_; }
  [[nodiscard]] std::size_t counters() const { return counters_; }

  /// Puts back what `items` and `total` gave.
  void restore(const std::vector<heavy_hitter>& items, std::uint64_t total);

private:
  /// What an item without a counter may have been counted at most.
  [[nodiscard]] std::uint64_t unseen() const;
  [[nodiscard]] const heavy_hitter* find(const std::string& item) const;
  [[nodiscard]] bool before(std::size_t a, std::size_t b) const;
  void insert(heavy_hitter item);
  void raise(std::size_t slot, std::uint64_t times);
  void swap(std::size_t a, std::size_t b);

  std::size_t counters_;
  std::uint64_t total_ = 0;
  std::vector<heavy_hitter> slots_;
  std::unordered_map<std::string, std::size_t> slot_of_;
  /// A heap of slots: the first has the least count, and of these the smallest
  /// name. Each slot knows its place in it.
  std::vector<std::size_t> heap_;
  std::vector<std::size_t> place_;
};

} // namespace ratchet::analysis
