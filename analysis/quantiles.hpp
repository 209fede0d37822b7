#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace ratchet::analysis {

/// Counts by bin, the bins numbered without gaps from `first`. Canonical: no
/// empty bin at either end, so equal contents are equal data.
struct sketch_bins {
  std::int32_t first = 0;
  std::vector<std::uint64_t> counts;

  friend bool operator==(const sketch_bins&, const sketch_bins&) = default;
};

/// What a sketch holds: what is stored of it.
struct sketch_contents {
  sketch_bins positive;
  sketch_bins negative; ///< By magnitude.
  std::uint64_t zeros = 0;
  /// Small magnitudes were counted together for want of bins: quantiles that
  /// fall there are too far from zero. Never set while the largest magnitude
  /// is below 6e17 times the smallest (at 1 %).
  bool collapsed = false;

  friend bool
  operator==(const sketch_contents&, const sketch_contents&) = default;
};

/// Quantiles of one numeric channel (latency, cost, length), each within a
/// chosen relative error of the true one: DDSketch.
///
/// Values are counted in bins whose bounds grow by a constant factor. Counts
/// make it exactly mergeable, free of order, and able to take values back,
/// none of which a t-digest is, whose error moreover has no bound.
///
/// Shape:   values of any sign; magnitudes up to 1e-9 count as zero. At most
///          2,048 bins a sign; beyond, the smallest magnitudes share a bin.
/// Replay:  a value's bin depends on no library function's last bit, so every
///          machine counts it alike.
/// Threads: one at a time.
/// Cost:    `add` about 20 ns and no allocation once the bins are there;
///          8 bytes a bin: 275 for 1 ms to 1 min at 2 %.
/// Source:  Masson, Rim, Lee (2019), DDSketch, PVLDB 12.
class quantile_sketch {
public:
  static constexpr double default_accuracy = 0.01;
  static constexpr double zero_magnitude = 1e-9;
  static constexpr std::size_t max_bins = 2'048;

  /// `accuracy` is the relative error, in [0.0001, 0.5].
  explicit quantile_sketch(double accuracy = default_accuracy);

  /// Errors: `invalid_argument` if the value is not finite; no change.
  [[nodiscard]] result<void> add(double value, std::uint64_t times = 1);

  /// Takes back `times` additions of a value.
  /// Errors: as `add`, and `invalid_argument` if its bin holds fewer: no
  ///         change.
  [[nodiscard]] result<void> remove(double value, std::uint64_t times = 1);

  /// Adds all that `other` counted.
  /// Errors: `invalid_argument` if the accuracies differ; no change.
  [[nodiscard]] result<void> merge(const quantile_sketch& other);

  /// The value of rank `q * (count() - 1)`, counted from 0: within
  /// `accuracy()` times itself. None if the sketch is empty.
  /// Shape: q in [0, 1].
  [[nodiscard]] std::optional<double> quantile(double q) const;

  /// Where that quantile of the distribution lies, whenever one looks, with a
  /// probability of `1 - alpha`: the ranks of analysis/mixture.hpp, and beyond
  /// them the sketch's own error. An end is none as long as the values bound it
  /// not yet.
  struct bounds {
    std::optional<double> low;
    std::optional<double> high;
  };
  [[nodiscard]] bounds
  quantile_bounds(double q, double alpha, double best_at) const;

  [[nodiscard]] std::uint64_t count() const;
  [[nodiscard]] double accuracy() const { return accuracy_; }
  [[nodiscard]] const sketch_contents& contents() const { return contents_; }
  /// Puts back what `contents` gave, for the same accuracy.
  void restore(sketch_contents contents) { contents_ = std::move(contents); }

  /// The bin of a positive magnitude: bin k holds (g^(k-1), g^k].
  [[nodiscard]] std::int32_t bin_of(double magnitude) const;
  /// What a value in bin k is taken for: no value of the bin is further from
  /// it than `accuracy()` times that value.
  [[nodiscard]] double value_of(std::int32_t bin) const;

  friend bool
  operator==(const quantile_sketch&, const quantile_sketch&) = default;

private:
  double accuracy_;
  double growth_;
  double log_growth_;
  sketch_contents contents_;
};

} // namespace ratchet::analysis
