#pragma once

#include "base/result.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// Where is a metric worse than elsewhere, and so much that it matters? One
/// look at the interactions there are: areas are searched for in one half of
/// the units, and only what the other half confirms is an area.

namespace ratchet::analysis {

/// An interaction, and what came of it.
struct area_row {
  std::string interaction;
  std::string subject; ///< Empty: it is a unit of its own.
  double error = 0;    ///< In [0, 1].
  /// Of the attributes, in their order; empty: it has none.
  std::vector<std::string> values;

  friend bool operator==(const area_row&, const area_row&) = default;
};

/// As many rows as memory is meant for, out of any number: all of them, or half
/// of them, or a quarter, ..., by a hash of the interaction's id.
///
/// The same rows in any order leave the same ones behind.
class area_sample {
public:
  /// Shape: `most_rows` of 1 at least.
  area_sample(std::string salt, std::size_t most_rows)
      : salt_(std::move(salt)), most_rows_(most_rows) {}

  /// False: it would not be kept, so nothing need be asked about it.
  [[nodiscard]] bool wants(std::string_view interaction) const;
  void add(area_row row);

  /// In the order in which they were added.
  [[nodiscard]] const std::vector<area_row>& rows() const { return rows_; }
  /// Of the interactions: 1, 0.5, 0.25, ...
  [[nodiscard]] double share() const;

private:
  std::string salt_;
  std::size_t most_rows_;
  unsigned halvings_ = 0;
  std::vector<area_row> rows_;
};

struct look_rule {
  std::string salt; ///< Of the halves; the same in every look.
  std::vector<std::string> attributes;
  double min_volume = 0.01; ///< Of the rows that an area has at least.
  double min_gap = 0.02;    ///< Above the mean error that matters.
  double false_share = 0.1; ///< Of confirmed areas that are none.
  std::size_t max_predicates = 2;
  std::size_t most = 5;     ///< Areas that are put to the test.
  std::size_t examples = 5; ///< Of each area.
  /// Of a subject's interactions only the first confirms.
  bool one_per_subject = true;
};

/// On disk: never renumber.
enum class value_kind : std::uint8_t {
  text = 1,    ///< It is that text.
  missing = 2, ///< The interaction has no such attribute.
  range = 3,   ///< It is a number from `low` to below `high`.
};

/// What an area says of one attribute.
struct value_test {
  std::string attribute;
  value_kind kind = value_kind::text;
  std::string text;
  std::optional<double> low;  ///< None: no bound.
  std::optional<double> high; ///< None: no bound.

  friend bool operator==(const value_test&, const value_test&) = default;
};

/// A number with the interval that holds it.
struct estimate {
  double value = 0;
  double low = 0;
  double high = 0;

  friend bool operator==(const estimate&, const estimate&) = default;
};

struct confirmed_area {
  std::vector<value_test> tests; ///< All of them hold.
  std::uint64_t rows = 0;        ///< Of all that were looked at.
  std::uint64_t tested = 0;      ///< Of those that confirm.
  estimate volume;               ///< Its share of the rows.
  estimate error;                ///< Mean, in [0, 1].
  estimate rest_error;           ///< Of all other rows.
  estimate gap;                  ///< The one less the other.
  /// How much lower the error of all would be, were the area's the mean of all:
  /// volume x (1 - volume) x gap.
  estimate impact;
  double error_low = 0; ///< One-sided, at 95 % for this area alone.
  double ln_e = 0;      ///< Evidence of an error above the look's bound.
  std::vector<std::string> examples; ///< Interactions with an error.

  friend bool
  operator==(const confirmed_area&, const confirmed_area&) = default;
};

struct area_look {
  std::uint64_t rows = 0;
  std::uint64_t searched = 0;    ///< Rows of the half that was searched.
  std::uint64_t tested = 0;      ///< Rows that confirm.
  std::optional<estimate> error; ///< Mean over all rows; none without any.
  /// That an area's error is to be above: the mean of the half that was
  /// searched and the gap that matters. 0: nothing was put to the test.
  double bound = 0;
  std::uint64_t candidates = 0;      ///< Combinations that were counted.
  std::uint64_t nominated = 0;       ///< Of these, put to the test.
  std::vector<confirmed_area> areas; ///< By impact, the largest first.
  std::uint64_t digest = 0;          ///< Of the rows, in their order.

  friend bool operator==(const area_look&, const area_look&) = default;
};

/// Looks once. An attribute whose values are all numbers, more than ten
/// different ones, is cut into ten ranges of about as many rows each.
///
/// Promise: of the areas that a look confirms, a share of at most
///   `false_share` has no error above the bound, on average, however areas
///   overlap (analysis/slice_confirm.hpp has the terms). Each look by itself:
///   looks at the same rows are as good as one.
///
/// Numbers of an area are those of the half that confirms, which it was not
/// chosen by; its volume, and the examples, are of all rows. The intervals of
/// one area hold together with a probability of 95 %.
///
/// Shape:  rows in any order that is the same at every repetition; each with as
///         many values as there are attributes.
/// Errors: `invalid_argument` as of `find_slices` and `confirm_slices`.
/// Replay: the same rows and rule give the same bits.
/// Cost:   a search for each area (analysis/slices.hpp), some passes over the
///         rows.
[[nodiscard]] result<area_look>
look_for_areas(std::span<const area_row> rows, const look_rule& rule);

} // namespace ratchet::analysis
