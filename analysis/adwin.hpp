#pragma once

#include "base/result.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace ratchet::analysis {

/// The mean of the recent past, where "recent" reaches back as far as nothing
/// has changed: ADWIN2.
///
/// An estimator, not an alarm: `delta` bounds the chance of one cut by mistake,
/// not how often that happens over time. Alarms come from `drop_detector`.
///
/// The window is kept as sums of 1, 2, 4, ... values, at most five of a size,
/// the newest first. From time to time every cut between an older and a newer
/// part is tested, and the oldest sum is dropped while any two parts differ.
///
/// Shape:   any finite values; the bound was proven for [0, 1] and is
///          variance-aware, so others work as well.
/// Threads: one at a time.
/// Cost:    O(log window) every `clock` values, else O(1); 16 bytes for each
///          sum, at most 6 log2(window) of them.
/// Source:  Bifet, Gavalda (2007), Learning from time-changing data with
///          adaptive windowing, SDM. Unlike older versions of river and
///          scikit-multiflow the newest sum of each size counts as well (river
///          issue 1614).
class adwin {
public:
  /// `delta` in (0, 1); cuts are tested every `clock` values, 1 at least.
  explicit adwin(double delta = 0.002, std::uint32_t clock = 32);

  /// Takes in a value; true if the window was cut, because what is older
  /// differs.
  /// Errors: `invalid_argument` if the value is not finite; no change.
  [[nodiscard]] result<bool> observe(double value);

  /// How many values the window holds.
  [[nodiscard]] std::uint64_t width() const { return width_; }
  /// Of the window; 0 while it is empty.
  [[nodiscard]] double mean() const;
  /// The population variance of the window; 0 while it is empty.
  [[nodiscard]] double variance() const;

private:
  struct bucket {
    double sum = 0;
    double spread = 0; ///< Of squares around the bucket's mean.
  };

  void insert(double value);
  void compress();
  void drop_oldest();
  [[nodiscard]] bool parts_differ() const;
  [[nodiscard]] bool differ(std::uint64_t older, double older_sum) const;

  double delta_;
  std::uint32_t clock_;
  std::uint64_t observed_ = 0;
  std::uint64_t width_ = 0;
  double sum_ = 0;
  double spread_ = 0;
  /// Row i has buckets of 2^i values, the oldest first.
  std::vector<std::vector<bucket>> rows_{1};
};

} // namespace ratchet::analysis
