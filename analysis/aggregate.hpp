#pragma once

#include "analysis/detail/cell_map.hpp"
#include "analysis/metric_key.hpp"
#include "analysis/moments.hpp"
#include "base/event.hpp"
#include "base/ids.hpp"
#include "base/result.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ratchet::analysis {

/// One value of one metric, with the attributes it is to be split by, each at
/// most once.
struct observation {
  std::string metric;
  version_number version;
  double value = 0;
  std::vector<std::pair<std::string, std::string>> slices;
};

/// Feedback as a metric's number: true is 1. None for text.
[[nodiscard]] std::optional<double> numeric(const feedback_value& value);

/// Metrics by version and slice, exact and mergeable (analysis/moments.hpp).
///
/// An attribute whose values have no end (a user's id) must not grow the table
/// without end: for each metric, version and attribute, the first `max_values`
/// values get cells of their own and all others share the cell `other`, whose
/// count says how much that is. Which values come first depends on the order
/// of the history, which is the same on every replay; below the bound nothing
/// depends on order.
///
/// Threads: one at a time.
/// Cost:    a look-up by hash for each slice, about 60 ns.
class metric_table {
public:
  static constexpr std::size_t default_max_values = 256;

  explicit metric_table(std::size_t max_values = default_max_values)
      : max_values_(max_values) {}

  /// Counts `o` overall and in each of its slices.
  /// Errors: as `analysis::add`; nothing is changed.
  [[nodiscard]] result<void> add(const observation& o);
  /// The same; says where it was counted: overall, then each of its slices or
  /// what stands for it. The texts are the observation's.
  [[nodiscard]] result<std::vector<metric_place>> count(const observation& o);

  /// Takes back one `add` of an equal observation.
  /// Errors: `invalid_argument` if one of its cells has nothing to take back;
  ///         nothing is changed.
  [[nodiscard]] result<void> remove(const observation& o);

  void merge(const metric_table& other);

  /// Puts back a cell as `cells` gave it: loading what was stored. Not marked
  /// as changed.
  void restore(const metric_key& key, const moments& cell) {
    cells_.restore(key, cell);
  }

  [[nodiscard]] const std::map<metric_key, moments>& cells() const {
    return cells_.all();
  }
  /// Where `o` is counted, or was if it is counted already: overall, then each
  /// of its slices or what stands for it.
  [[nodiscard]] std::vector<metric_key> places(const observation& o) const;

  /// None if nothing was ever counted there.
  [[nodiscard]] const moments* find(const metric_key& key) const;

  /// The cells that differ from what they were at the last call: what to
  /// store, in one batch with the cursor that led here.
  [[nodiscard]] std::set<metric_key> take_changed();

private:
  [[nodiscard]] std::vector<metric_place> look_up(const observation& o) const;
  /// Where a slice's value is counted, given the cells there are.
  [[nodiscard]] metric_place place(
    const places_of_metric& places, std::string_view attribute,
    std::string_view value) const;
  /// Whether an attribute has as many values as get cells of their own.
  [[nodiscard]] bool is_full(const metric_place& slice) const;

  std::size_t max_values_;
  detail::cell_map<moments> cells_;
};

} // namespace ratchet::analysis
