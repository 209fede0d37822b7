#pragma once

#include "analysis/drop_watch.hpp"
#include "analysis/metric_history.hpp"
#include "storage/detail/byte_archive.hpp"
#include "storage/detail/workflow_fields.hpp"

#include <cereal/types/array.hpp>
#include <cereal/types/chrono.hpp>
#include <cereal/types/map.hpp>
#include <cereal/types/optional.hpp>
#include <cereal/types/string.hpp>
#include <cereal/types/vector.hpp>

#include <cstdint>
#include <map>
#include <string>
#include <variant>

/// Which fields of a monitor's parts are stored, in which order. The order is
/// the format: docs/formats/control.md.

namespace ratchet::analysis {

template <class Archive>
void serialize(Archive& archive, metric_key& x) {
  archive(
    x.metric, x.version, storage::detail::in_range{x.scope, slice_scope::other},
    x.attribute, x.value);
}
template <class Archive>
void serialize(Archive& archive, moments& x) {
  archive(x.count, x.sum, x.squares);
}
template <class Archive>
void serialize(Archive& archive, decayed_moments& x) {
  archive(
    x.half_life, x.landmark, x.weight, x.squared_weight, x.mean, x.spread);
}
template <class Archive>
void serialize(Archive& archive, sketch_bins& x) {
  archive(x.first, x.counts);
}
template <class Archive>
void serialize(Archive& archive, sketch_contents& x) {
  archive(x.positive, x.negative, x.zeros, x.collapsed);
}
template <class Archive>
void save(Archive& archive, const quantile_sketch& x) {
  archive(x.contents());
}
template <class Archive>
void load(Archive& archive, quantile_sketch& x) {
  sketch_contents contents;
  archive(contents);
  x.restore(std::move(contents));
}
template <class Archive>
void serialize(Archive& archive, window_rule& x) {
  archive(x.size, x.slide, x.retention);
}
template <class Archive>
void serialize(Archive& archive, history_plan& x) {
  archive(x.windows, x.lateness, x.half_life);
}
template <class Archive>
void serialize(Archive& archive, history_marks& x) {
  archive(x.newest, x.late, x.lost, x.unusable);
}
template <class Archive>
void serialize(Archive& archive, live_cell& x) {
  archive(x.recent, x.values);
}
template <class Archive>
void serialize(Archive& archive, pane_cell& x) {
  archive(x.sums, x.values);
}
template <class Archive>
void serialize(Archive& archive, drop_limits& x) {
  archive(
    x.low, x.high, x.limit, x.rising, x.days, x.warn_days, x.observations);
}
template <class Archive>
void serialize(Archive& archive, watch_origin& x) {
  archive(x.record, x.version);
}
template <class Archive>
void serialize(Archive& archive, drop_detector& x) {
  archive(
    x.reference, storage::detail::in_range{x.form, detector_form::cusum},
    x.observations, x.evidence);
}
template <class Archive>
void serialize(Archive& archive, drop_finding& x) {
  archive(
    storage::detail::in_range{x.level, drop_level::alarm}, x.evidence,
    x.threshold, x.observations, x.mean, x.recent, x.recent_mean, x.since, x.at,
    x.covered.low, x.covered.high);
}
template <class Archive>
void serialize(Archive& archive, drop_watch& x) {
  archive(
    x.metric, x.limits, x.origin, x.detector, x.seen, x.slack, x.since_onset,
    x.onset, x.last, x.warned, x.alarmed, x.unusable);
}

} // namespace ratchet::analysis

namespace ratchet::storage::detail {

struct stored_totals {
  sequence cursor;
  std::map<std::string, std::uint64_t> joined;
};
template <class Archive>
void serialize(Archive& archive, stored_totals& x) {
  archive(x.cursor, x.joined);
}

/// What is kept of one metric, version and slice.
template <class Value>
struct stored_metric {
  analysis::metric_key key;
  Value value;
};
template <class Archive, class Value>
void serialize(Archive& archive, stored_metric<Value>& x) {
  archive(x.key, x.value);
}
using stored_cell = stored_metric<analysis::moments>;
using stored_live = stored_metric<analysis::live_cell>;

struct stored_marks {
  analysis::history_plan plan;
  analysis::history_marks marks;
};
template <class Archive>
void serialize(Archive& archive, stored_marks& x) {
  archive(x.plan, x.marks);
}

struct stored_pane {
  std::int64_t pane = 0;
  analysis::metric_key key;
  analysis::pane_cell value;
};
template <class Archive>
void serialize(Archive& archive, stored_pane& x) {
  archive(x.pane, x.key, x.value);
}

struct stored_drop {
  std::string condition;
  analysis::drop_watch watch;
};
template <class Archive>
void serialize(Archive& archive, stored_drop& x) {
  archive(x.condition, x.watch);
}

/// Stored by index: append only, never reorder. From the third on layout 2.
using monitor_part = std::variant<
  stored_totals, stored_cell, stored_marks, stored_live, stored_pane,
  stored_drop>;

} // namespace ratchet::storage::detail
