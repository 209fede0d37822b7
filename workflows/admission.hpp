#pragma once

#include "base/ids.hpp"
#include "workflows/definition.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

/// What feedback may become training data. Pure: a function of what was
/// recorded at the start of an iteration, so that each try of it, on any
/// machine, admits the same.

namespace ratchet::workflows {

struct iteration_started;

/// (from, to] of a loop's history.
struct sequence_range {
  sequence from;
  sequence to;

  [[nodiscard]] bool contains(sequence s) const { return from < s && s <= to; }
  friend bool
  operator==(const sequence_range&, const sequence_range&) = default;
};

/// Fixed at an iteration's start, and recorded with it.
struct admission_rule {
  /// The versions whose feedback is fresh enough: the champion, then the ones
  /// it followed. 0 is traffic of before the first, or of an unknown version.
  /// Absent: any.
  std::optional<std::vector<version_number>> versions{};
  /// Where the history grew while the feedback window was closed, as far as
  /// that is new to the iteration; by place.
  std::vector<sequence_range> closed{};

  friend bool
  operator==(const admission_rule&, const admission_rule&) = default;
};

/// All that is asked about one iteration's data set.
struct admission_terms {
  sequence data_from; ///< What joined up to here was others' to use.
  std::optional<std::vector<version_number>> versions{};
  std::vector<sequence_range> closed{}; ///< By place, without overlap.
  /// Ends of the data of iterations before, in order: feedback behind such an
  /// end on an interaction before it is late.
  std::vector<sequence> used_to{};
  late_policy late = late_policy::into_next_dataset;
};

/// The terms of the iteration that began with `start`. A data set of the whole
/// history needs the starts of all iterations before it too, in any order:
/// what was refused then is refused for ever. Any other needs none.
[[nodiscard]] admission_terms terms_of(
  const iteration_started& start, late_policy late,
  std::span<const iteration_started> before = {});

/// A piece of feedback and the interaction it is about, which have joined.
struct feedback_sample {
  sequence feedback;
  sequence interaction;
  version_number version; ///< That served the interaction.

  /// Where the two joined: before that there was nothing to train on, so this
  /// is when the sample arrived.
  [[nodiscard]] sequence place() const {
    return feedback < interaction ? interaction : feedback;
  }
};

enum class admission : std::uint8_t {
  admitted,
  window_closed, ///< It arrived while the loop updated itself.
  stale,         ///< Its version is too old, or not the champion.
  late,          ///< Its interaction's data was used, and late is dropped.
};
[[nodiscard]] std::string_view to_string(admission verdict);

/// Whether a sample may be trained on. Where several reasons speak against it,
/// it is the first in the order of the enum. Cost: two binary searches.
[[nodiscard]] admission
judge(const admission_terms& terms, const feedback_sample& sample);

/// Its interaction's data was used by an iteration before this one.
[[nodiscard]] bool
is_late(const admission_terms& terms, const feedback_sample& sample);

/// What became of the feedback of a data set's range: each piece that joined
/// there is counted under one of `admitted`, `stale`, `window_closed`, `late`
/// and `unusable`.
struct admission_counts {
  std::map<version_number, std::uint64_t> admitted; ///< By its version.
  /// Of the admitted: late, and taken into this data set.
  std::uint64_t carried_over = 0;
  /// Of the admitted: it joined before `data_from`, so it was for others to
  /// use before. Only in data sets of the whole history.
  std::uint64_t repeated = 0;
  std::map<version_number, std::uint64_t> stale; ///< By its version.
  std::uint64_t window_closed = 0;
  std::uint64_t late = 0;
  std::uint64_t unusable = 0; ///< Its interaction lacks what a row needs.

  friend bool
  operator==(const admission_counts&, const admission_counts&) = default;
};

[[nodiscard]] std::uint64_t
total(const std::map<version_number, std::uint64_t>& by_version);

/// Counts one sample whose verdict is `verdict`.
void count(
  admission_counts& counts, const admission_terms& terms,
  const feedback_sample& sample, admission verdict);

/// The counts as a stage's named values, for conditions and people: "admitted",
/// "admitted_v3", "dropped_stale", "dropped_stale_v1", "dropped_closed",
/// "dropped_late", "carried_over", "repeated". Of versions the newest
/// `counted_versions` have a value of their own.
inline constexpr std::size_t counted_versions = 50;
[[nodiscard]] std::map<std::string, std::string>
values_of(const admission_counts& counts);

} // namespace ratchet::workflows
